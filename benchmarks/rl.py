"""A training step beside plain TRL's: `make bench-rl`.

    python -m benchmarks.rl [--steps 8] [--repeats 2] [--out FILE]

The same recipe, data, seeds, grader and threads, gradient checkpointing off in both, in turns.
Plain TRL draws by `generate`, pads every row to the longest of the rollout, and is given the better
of two batch sizes. Seconds are the median step's after the first; since the two draw other random
numbers, seconds for a thousand tokens drawn stand beside them. `later` begins with the thought
opened, where completions are as long as they become in training.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from datasets import Dataset
from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from trl import GRPOTrainer

from benchmarks.sampling import machine, table
from rl.graded import grade_samples
from rl.load import Loaded, load_recipe
from rl.recipe import RLRecipe
from rl.rewards import accuracy
from rl.train import config_of, make_trainer
from runs.files import written_whole
from runs.recipe import merge, read_recipe

STAGES = {"beginning": {}, "later": {"template": "r1"}}
BATCHES = ((32, 8), (128, 2))


class _Steps(TrainerCallback):  # type: ignore[misc]
    """Seconds and tokens of every step."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.tokens: list[float] = []
        self._began = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = self._began or time.perf_counter()

    def on_log(self, *_: Any, logs: Mapping[str, Any] | None = None, **__: Any) -> None:
        if logs and "reward" in logs:
            now = time.perf_counter()
            self.seconds.append(now - self._began)
            self.tokens.append(256 * float(logs["completions/mean_length"]))
            self._began = now


def ours(recipe: RLRecipe, steps: _Steps) -> None:
    loaded = load_recipe(recipe)
    with tempfile.TemporaryDirectory() as place:
        trainer = make_trainer(loaded, config_of(recipe, Path(place)), callbacks=[steps])
        trainer.train()


def plain(recipe: RLRecipe, steps: _Steps) -> None:
    loaded = load_recipe(recipe)
    rows = [{"prompt": one.prompt, "asked": n} for n, one in enumerate(loaded.problems)]
    with tempfile.TemporaryDirectory() as place:
        trainer = GRPOTrainer(
            model=loaded.model,
            reward_funcs=[_graded(loaded)],
            args=config_of(recipe, Path(place)),
            train_dataset=Dataset.from_list(rows),
            processing_class=loaded.tokenizer,
            callbacks=[steps],
        )
        for callback in (PrinterCallback, ProgressCallback):
            trainer.remove_callback(callback)
        trainer.train()


def _graded(loaded: Loaded) -> Callable[..., list[float | None]]:
    def rewarded(
        completions: list[str], completion_ids: list[list[int]], asked: list[int], **_: Any
    ) -> list[float | None]:
        ends = ["stop" if ids[-1] in loaded.end_ids else "length" for ids in completion_ids]
        problems = [loaded.problems[n] for n in asked]
        lengths = [len(ids) for ids in completion_ids]
        return accuracy(grade_samples(problems, completions, ends, lengths))  # type: ignore[arg-type]

    return rewarded


@click.command()
@click.option("--steps", default=8, show_default=True)
@click.option("--repeats", default=2, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(steps: int, repeats: int, out: Path | None) -> None:
    """Print seconds a step and ratios as markdown."""
    base = {"grpo": {"max_steps": steps, "save_strategy": "no"}, "report_to": []}
    page = [f"# A training step beside plain TRL's\n\n{machine()}\n"]
    for stage, change in STAGES.items():
        recipe = merge(base, change)
        ways: dict[str, tuple[Callable[[RLRecipe, _Steps], None], dict[str, Any]]] = {
            f"plain TRL, batches of {size}": (
                plain,
                _with(recipe, size, number),
            )
            for size, number in BATCHES
        }
        ways["ours"] = (ours, recipe)
        ways["ours, skip_signalless"] = (
            ours,
            merge(recipe, {"rollouts": {"skip_signalless": True}}),
        )
        found = {name: _Steps() for name in ways}
        for _ in range(repeats):
            for name, (run, given) in ways.items():
                once = _Steps()
                run(read_recipe("r1-zero-nano", RLRecipe, "rl", (), given), once)
                found[name].seconds += once.seconds[1:]
                found[name].tokens += once.tokens[1:]
        page.append(f"## nano, {stage}\n\n{_table(found)}\n")
        print(page[-1], flush=True)
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join(page), encoding="utf-8")


def _with(recipe: Mapping[str, Any], size: int, number: int) -> dict[str, Any]:
    return merge(
        recipe,
        {"grpo": {"per_device_train_batch_size": size, "gradient_accumulation_steps": number}},
    )


def _table(found: Mapping[str, _Steps]) -> str:
    step = {name: statistics.median(of.seconds) for name, of in found.items()}
    token = {name: 1000 * sum(of.seconds) / sum(of.tokens) for name, of in found.items()}
    peers = [name for name in found if name.startswith("plain")]
    best = min(peers, key=lambda name: token[name])
    rows = [("", "s a step", "tokens a step", "s for 1,000 tokens", "plain TRL takes, a token")]
    for name, of in found.items():
        rows.append(
            (
                name,
                f"{step[name]:.2f}",
                f"{statistics.mean(of.tokens):,.0f}",
                f"{token[name]:.3f}",
                "" if name in peers else f"{token[best] / token[name]:.2f} ×",
            )
        )
    return "\n".join(table(rows))


if __name__ == "__main__":
    main()
