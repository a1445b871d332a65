"""What each filter costs and gives: alone on all that was given, and the chain without it.

A filter that drops much alone and whose absence changes little only repeats the others; one whose
absence lets in what is wrong is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from distill.chain import Filtering, Looked, Step, judge, make_steps
from distill.filter import by_problem
from runs.files import write_json
from tasks.errors import UserError


@dataclass(frozen=True)
class Outcome:
    """``accuracy``: the share of correct ones among what is kept and has a verdict."""

    kept: int
    dropped: int
    accuracy: float | None


@dataclass(frozen=True)
class Ablated:
    """``filter`` is "all" in the first row: the whole chain, and nothing alone."""

    filter: str
    alone: Outcome | None
    without: Outcome


class _Count:
    """A chain of its own that forgets which traces it was, and counts."""

    def __init__(self, steps: Mapping[int, Step]) -> None:
        self._steps = steps
        self._given = self._kept = self._known = self._correct = 0

    def add(self, problem: list[Looked]) -> None:
        for told in judge(self._steps, problem):
            self._given += 1
            if told.step is None:
                self._kept += 1
                self._known += told.trace.correct is not None
                self._correct += told.trace.correct is True

    def outcome(self) -> Outcome:
        accuracy = self._correct / self._known if self._known else None
        return Outcome(self._kept, self._given - self._kept, accuracy)


def ablate(path: Path, recipe: Filtering, out: Path, processes: int | None = None) -> list[Ablated]:
    """Write the rows to ``out``. Every trace is looked at once, by all filters; what compares
    traces remembers for each of the 2 n + 1 chains apart. Raises UserError on a line that is none.
    """
    steps = make_steps(recipe.filters)
    places = range(len(steps))

    def chain(*used: int) -> _Count:
        return _Count({place: steps[place].anew() for place in used})

    whole = chain(*places)
    alone = [chain(place) for place in places]
    without = [chain(*(p for p in places if p != place)) for place in places]
    for problem in by_problem(path, steps, processes, everything=True):
        for count in (whole, *alone, *without):
            count.add(problem)
    rows = [Ablated("all", None, whole.outcome())]
    for step, one, rest in zip(steps, alone, without, strict=True):
        rows.append(Ablated(step.name, one.outcome(), rest.outcome()))
    if not rows[0].without.kept + rows[0].without.dropped:
        raise UserError(f"{path} holds no traces")
    write_json(out, {"schema_version": 1, "rows": [asdict(row) for row in rows]})
    return rows
