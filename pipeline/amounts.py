"""How many problems, traces and rows the stages of a pipeline will have, and how long they are.

What is expected is believed first; then what is already there is counted; then what an earlier
stage can make at most. Characters of text stand for tokens at four to one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from distill.generate import Generation
from distill.mix import Mix, shares
from distill.traces import is_function, read_traces
from pipeline.expected import Expected
from pipeline.recipe import Filtered, Stage
from rl.preferences import Turns, read_pairs, read_rated
from rl.reward_model import RewardRecipe
from runs.recipe import where
from tasks.errors import UserError
from tasks.load import load_task

_CHARACTERS = 4
Amount = tuple[float, float]
"""How many, and tokens of each."""


class Amounts:
    def __init__(self, stages: Sequence[Stage], expected: Mapping[str, Expected]) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._expected = expected

    def of(self, stage: str) -> Expected:
        return self._expected.get(stage, Expected())

    def base(self, model: str) -> str:
        """The model that a chain of ``@name`` begins with."""
        while model.startswith("@"):
            model = self._stages[model[1:].partition("/")[0]].recipe["model"]
        return model

    def problems(self, stage: Stage, tasks: Sequence[str], limit: int | None) -> int:
        if (told := self.of(stage.name).problems) is not None:
            return told
        try:
            loaded = [load_task(where(task), limit=limit, needs_gold=False) for task in tasks]
        except UserError as error:
            raise UserError(
                f"how many problems it has cannot be counted ({error}): "
                f"--expect {stage.name}.problems=…"
            ) from error
        return sum(len(task.problems) for task in loaded)

    def traces(self, stage: Stage, files: Sequence[Path]) -> Amount:
        """Of all files, or as expected of the stage."""
        told = self.of(stage.name)
        if told.traces is not None and told.trace_tokens is not None:
            return told.traces, told.trace_tokens
        if not files:
            raise UserError(_how(stage, "traces"))
        found = [self._of(stage, str(file)) for file in files]
        rows = sum(count for count, _ in found)
        length = sum(count * each for count, each in found) / rows if rows else 0.0
        return told.traces or rows, told.trace_tokens or length

    def preferences(self, stage: Stage, recipe: RewardRecipe) -> Amount:
        told = self.of(stage.name)
        if told.traces is not None and told.trace_tokens is not None:
            return told.traces, told.trace_tokens
        if ".py:" not in recipe.train and not Path(recipe.train).is_file():
            raise UserError(_how(stage, "rows"))
        lengths: list[float]
        if recipe.data == "pairs":
            pairs = read_pairs(recipe.train)
            lengths = [_long(p.prompt) + (len(p.chosen) + len(p.rejected)) / 2 for p in pairs]
        else:
            lengths = [_long(r.prompt) + len(r.reply) for r in read_rated(recipe.train)]
        each = sum(lengths) / len(lengths) / _CHARACTERS
        return told.traces or len(lengths), told.trace_tokens or each

    def _of(self, asking: Stage, file: str) -> Amount:
        if not file.startswith("@"):
            return self._count(asking, Path(file))
        stage = self._stages[file[1:].partition("/")[0]]
        told = self.of(stage.name)
        if told.traces is not None and told.trace_tokens is not None:
            return told.traces, told.trace_tokens
        recipe = stage.form.recipe.model_validate(stage.recipe)
        match recipe:
            case Generation():
                rows: float = self.problems(stage, recipe.tasks, recipe.limit) * recipe.samples
                each = told.completion_tokens or recipe.max_tokens
                if each is None:
                    raise UserError(_how(stage, "traces"))
                return told.traces or rows, told.trace_tokens or told.prompt_tokens + each
            case Filtered():
                rows, length = self._of(asking, str(recipe.traces))
                return told.traces or rows, told.trace_tokens or length
            case Mix():
                parts = [self._of(asking, str(part.traces)) for part in recipe.parts]
                there = [int(count) for count, _ in parts]
                taken = shares([part.share for part in recipe.parts], there, recipe.total)
                rows = sum(taken)
                long = sum(n * each for n, (_, each) in zip(taken, parts, strict=True))
                return told.traces or rows, told.trace_tokens or long / max(1, rows)
        raise UserError(f"{file} is no file of traces: {stage.name} makes none")

    def _count(self, stage: Stage, file: Path) -> Amount:
        if not is_function(file) and not file.is_file():
            raise UserError(f"{file} is not there, and {_how(stage, 'traces')}")
        rows, characters = 0, 0
        for trace in read_traces(file):
            rows += 1
            characters += sum(len(turn["content"]) for turn in (*trace.prompt, *trace.completion))
        return rows, characters / max(1, rows) / _CHARACTERS


def _long(turns: Turns) -> int:
    return sum(len(turn.content) for turn in turns)


def _how(stage: Stage, what: str) -> str:
    return (
        f"how many {what} it trains on is not known: --expect {stage.name}.traces=… "
        f"--expect {stage.name}.trace_tokens=…"
    )
