"""Supervised training on traces beside plain TRL's: `make bench-sft`.

    python -m benchmarks.sft [--models nano:student-base,smollm2] [--steps 6] [--out FILE]

The same traces (worked sums of the miniature, of very unlike length), the same number of examples
an optimiser step, the same threads, in turns. Plain TRL is asked as its documentation does, rows of
prompt and completion with its default values, and once more with gradient checkpointing off as we
have it. Counted are the tokens of completions, which alone are trained on.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from datasets import Dataset
from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from benchmarks.sampling import machine, table
from distill.recipe import DistilRecipe
from distill.sft import Student, config_of, load_student, make_trainer
from distill.traces import Trace, write_traces
from nano.language import reply
from nano.problems import generate
from nano.solver import Habits, work
from runs.files import written_whole

EXAMPLES = {"nano:student-base": (24, 2), "smollm2": (8, 2)}  # a batch, batches a step


class _Steps(TrainerCallback):  # type: ignore[misc]
    """When each optimiser step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.ends.append(time.perf_counter())

    @property
    def seconds(self) -> float:
        """Of all steps but the first."""
        return self.ends[-1] - self.ends[0]


def solved(count: int) -> list[Trace]:
    """One to six additions each, in turn."""
    rng = random.Random(0)
    made = []
    for problem in generate("train", count):
        said = reply(problem.answer, work(problem.addends, Habits(), rng))
        asked = [{"role": "user", "content": problem.question}]
        made.append(Trace(asked, [{"role": "assistant", "content": said}]))
    return made


def ours(student: Student, place: Path, traces: Sequence[Trace], steps: _Steps) -> None:
    _train(make_trainer(student, config_of(student.recipe, place), callbacks=[steps]))


def plain(checkpointing: bool) -> Callable[[Student, Path, Sequence[Trace], _Steps], None]:
    def trained(student: Student, place: Path, traces: Sequence[Trace], steps: _Steps) -> None:
        asked = student.recipe.sft
        rows = [{"prompt": trace.prompt, "completion": trace.completion} for trace in traces]
        trainer = SFTTrainer(
            model=student.model,
            args=SFTConfig(
                output_dir=str(place),
                report_to=[],
                use_cpu=True,
                bf16=False,
                save_strategy="no",
                logging_steps=1,
                disable_tqdm=True,
                gradient_checkpointing=checkpointing,
                **{k: asked[k] for k in ("max_steps", "seed", "per_device_train_batch_size")},
                gradient_accumulation_steps=asked["gradient_accumulation_steps"],
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=student.tokenizer,
            callbacks=[steps],
        )
        _train(trainer)

    return trained


def _train(trainer: Any) -> None:
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    trainer.train()


WAYS = {
    "plain TRL": plain(checkpointing=True),
    "plain TRL, no gradient checkpointing": plain(checkpointing=False),
    "ours": ours,
}


@click.command()
@click.option("--models", default=",".join(EXAMPLES), show_default=True)
@click.option("--steps", default=6, show_default=True)
@click.option("--repeats", default=2, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(models: str, steps: int, repeats: int, out: Path | None) -> None:
    """Print trained tokens a second and ratios as markdown."""
    page = [f"# Training on traces beside plain TRL's\n\n{machine()}\n"]
    for model in models.split(","):
        size, number = EXAMPLES[model]
        traces = solved(size * number * (steps + 1))
        seconds = dict.fromkeys(WAYS, 0.0)
        with tempfile.TemporaryDirectory() as folder:
            write_traces(Path(folder, "traces.jsonl"), traces)
            recipe = _recipe(model, Path(folder, "traces.jsonl"), steps + 1)
            for _ in range(repeats):
                for name, run in WAYS.items():
                    watched = _Steps()
                    run(load_student(recipe), Path(folder, "out"), traces, watched)
                    seconds[name] += watched.seconds
            rows = load_student(recipe).rows
        tokens = sum(len(row.completion) for row in rows) / (steps + 1) * steps * repeats
        lengths = [len(row) for row in rows]
        page.append(
            f"## {model}\n\n{size * number} examples a step, {min(lengths)} to {max(lengths)} "
            f"tokens, {repeats} × {steps} steps\n\n{_table(seconds, tokens)}\n"
        )
        print(page[-1], flush=True)
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join(page), encoding="utf-8")


def _recipe(model: str, traces: Path, steps: int) -> DistilRecipe:
    size, number = EXAMPLES[model]
    sft = {
        "max_steps": steps,
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": number,
        "gradient_checkpointing": False,
        "save_strategy": "no",
        "seed": 0,
        "logging_steps": 1,
    }
    given = {"model": model, "traces": [traces], "sft": sft, "report_to": []}
    return DistilRecipe.model_validate(given)


def _table(seconds: dict[str, float], tokens: float) -> str:
    rows = [("", "trained tokens a second", "ours is")]
    for name, spent in seconds.items():
        ratio = "" if name == "ours" else f"{spent / seconds['ours']:.2f} ×"
        rows.append((name, f"{tokens / spent:,.0f}", ratio))
    return "\n".join(table(rows))


if __name__ == "__main__":
    main()
