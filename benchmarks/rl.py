"""A training step beside plain TRL's: `make bench-rl`.

    python -m benchmarks.rl [--models nano,smollm2] [--steps 8] [--repeats 2] [--out FILE]

The same recipe, data, seeds, grader and threads, gradient checkpointing off in both, in turns.
Plain TRL draws by `generate`, pads every row to the longest of the rollout, and is given the better
of two batch sizes. Seconds are the median step's after the first; since the two draw other random
numbers, seconds for a thousand tokens drawn stand beside them. `later` begins with the thought
opened, where completions are as long as they become in training. SmolLM2 goes through three steps,
once.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from math import prod
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
from rl.train import config_of, found_by_trl, make_trainer
from runs.files import written_whole
from runs.recipe import merge, read_recipe

RECIPES = {"nano": ("r1-zero-nano", ()), "smollm2": ("r1-zero", ("smollm2",))}
STAGES = {"nano": {"beginning": {}, "later": {"template": "r1"}}, "smollm2": {"beginning": {}}}
BATCHES = {"nano": ((32, 8), (128, 2)), "smollm2": ((16, 4), (32, 2))}


class Steps(TrainerCallback):  # type: ignore[misc]
    """Seconds, tokens and reward of every step of so many ``rows``."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.rewards: list[float] = []
        self.seconds: list[float] = []
        self.tokens: list[float] = []
        self._began = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = self._began or time.perf_counter()

    def on_log(self, *_: Any, logs: Mapping[str, Any] | None = None, **__: Any) -> None:
        if logs and "reward" in logs:
            now = time.perf_counter()
            self.seconds.append(now - self._began)
            self.tokens.append(self._rows * float(logs["completions/mean_length"]))
            self.rewards.append(float(logs["reward"]))
            self._began = now


def ours(recipe: RLRecipe, steps: Steps) -> None:
    loaded = load_recipe(recipe)
    with tempfile.TemporaryDirectory() as place:
        _train(make_trainer(loaded, config_of(recipe, Path(place)), callbacks=[steps]))


def plain(recipe: RLRecipe, steps: Steps) -> None:
    loaded = load_recipe(recipe)
    rows = [{"prompt": one.prompt, "asked": n} for n, one in enumerate(loaded.problems)]
    with tempfile.TemporaryDirectory() as place:
        config = config_of(recipe, Path(place))
        with found_by_trl(loaded, config):
            trainer = GRPOTrainer(
                model=loaded.model,
                reward_funcs=[_graded(loaded)],
                args=config,
                train_dataset=Dataset.from_list(rows),
                processing_class=loaded.tokenizer,
                callbacks=[steps],
            )
        _train(trainer)


def _train(trainer: Any) -> None:
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
@click.option("--models", default="nano,smollm2", show_default=True)
@click.option("--steps", default=8, show_default=True)
@click.option("--repeats", default=2, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(models: str, steps: int, repeats: int, out: Path | None) -> None:
    """Print seconds a step and ratios as markdown."""
    page = [f"# A training step beside plain TRL's\n\n{machine()}\n"]
    for model in models.split(","):
        tiny = model == "nano"
        grpo = {"max_steps": steps if tiny else 3, "save_strategy": "no"}
        base = {"grpo": grpo, "eval": None, "report_to": []}
        for stage, change in STAGES[model].items():
            found = _stage(model, merge(base, change), repeats if tiny else 1)
            page.append(f"## {model}, {stage}\n\n{_table(found)}\n")
            print(page[-1], flush=True)
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join(page), encoding="utf-8")


def _stage(model: str, changes: dict[str, Any], repeats: int) -> dict[str, Steps]:
    """Every way in turns, ``repeats`` times."""
    ways: dict[str, tuple[Callable[[RLRecipe, Steps], None], dict[str, Any]]] = {
        f"plain TRL, batches of {size}": (plain, _with(changes, size, number))
        for size, number in BATCHES[model]
    }
    ways["ours"] = (ours, changes)
    skips = {"rollouts": {"skip_signalless": True}}
    ways["ours, skip_signalless"] = (ours, merge(changes, skips))
    rows = prod(BATCHES[model][0])
    found = {name: Steps(rows) for name in ways}
    for _ in range(repeats):
        for name, (run, given) in ways.items():
            once = Steps(rows)
            run(read_recipe(RECIPES[model][0], RLRecipe, "rl", RECIPES[model][1], given), once)
            found[name].seconds += once.seconds[1:]
            found[name].tokens += once.tokens[1:]
    return found


def _with(recipe: Mapping[str, Any], size: int, number: int) -> dict[str, Any]:
    return merge(
        recipe,
        {"grpo": {"per_device_train_batch_size": size, "gradient_accumulation_steps": number}},
    )


def _table(found: Mapping[str, Steps]) -> str:
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
