"""A chain of filters: what each trace is told by them, in their order.

What reads the text (`look`) may be done in any process; what compares traces (`Chain.judge`) is
done in one, problem by problem. Both together give the same as one filter after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import Field

from distill.filters.base import AnyFilter, Filter, GroupFilter, Memory, Reason
from distill.filters.find import find_filter
from distill.traces import Trace
from tasks.grading import Verdict
from tasks.schema import Strict


class Use(Strict):
    """One filter of a recipe: a name of `distill.filters.find`, or ``file.py:function``."""

    use: str
    args: Mapping[str, Any] = Field(default_factory=dict)


class Filtering(Strict):
    """A recipe of filters, in the order in which they judge."""

    title: str = ""
    filters: tuple[Use, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Step:
    """A filter by the name that the ledger calls it, and as what judges by itself, by those before,
    or by the problem: one of the three is there.
    """

    name: str
    use: Use
    filter: AnyFilter

    def anew(self) -> Step:
        """The same, remembering nothing."""
        if self.memory is None:
            return self
        return replace(self, filter=find_filter(self.use.use, self.use.args))

    @cached_property
    def alone(self) -> Filter | None:
        return self.filter if isinstance(self.filter, Filter) else None

    @cached_property
    def memory(self) -> Memory | None:
        return self.filter if isinstance(self.filter, Memory) else None

    @cached_property
    def group(self) -> GroupFilter | None:
        return self.filter if isinstance(self.filter, GroupFilter) else None

    @cached_property
    def notes_all(self) -> bool:
        return self.group is not None and self.group.counts_all


class Looked(NamedTuple):
    """What was found in one trace by itself. ``drops``: reasons of filters, by their place in the
    chain; ``notes``: for those that compare. Without ``everything`` nothing is looked at behind
    the first drop. ``line``: the trace as it is written.
    """

    id: str
    problem: str
    correct: bool | None
    drops: Mapping[int, Reason]
    notes: Mapping[int, Any]
    line: str


class Told(NamedTuple):
    """Which filter dropped a trace and why; ``None`` where it is kept."""

    trace: Looked
    step: int | None
    reason: Reason | None


def make_steps(filters: Sequence[Use]) -> list[Step]:
    """The filters anew, remembering nothing. One that is used again is called ``length 2``.

    Raises UserError on a name or an argument that is not known.
    """
    steps: list[Step] = []
    for one in filters:
        name = one.use.rpartition(":")[2]
        again = 1 + sum(step.use.use == one.use for step in steps)
        called = name if again == 1 else f"{name} {again}"
        steps.append(Step(called, one, find_filter(one.use, one.args)))
    return steps


def look(steps: Sequence[Step], trace: Trace, line: str, everything: bool = False) -> Looked:
    """What the filters find in a trace by itself; ``line`` is written where it is kept."""
    drops: dict[int, Reason] = {}
    notes: dict[int, Any] = {}
    for place, step in enumerate(steps):
        needed = everything or not drops
        if step.alone:
            if needed and (reason := step.alone.reason(trace)) is not None:
                drops[place] = reason
        elif needed or step.notes_all:
            comparing = step.memory or step.group
            assert comparing is not None
            notes[place] = comparing.note(trace)
    verdict = trace.verdict if everything else None
    known = verdict is not None and verdict is not Verdict.UNSURE
    correct = verdict is Verdict.CORRECT if known else None
    return Looked(trace.id, trace.problem, correct, drops, notes, "" if drops else line)


def judge(steps: Mapping[int, Step], problem: Sequence[Looked]) -> Iterator[Told]:
    """What these filters, by their place in the chain, say to the traces of one problem, or to a
    single trace where none of them compares those.
    """
    told: dict[int, Told] = {}
    for place, step in steps.items():
        left = [n for n in range(len(problem)) if n not in told]
        for n, reason in _reasons(place, step, problem, left):
            if reason is not None:
                told[n] = Told(problem[n], place, reason)
    for n, trace in enumerate(problem):
        yield told.get(n) or Told(trace, None, None)


def _reasons(
    place: int, step: Step, problem: Sequence[Looked], left: Sequence[int]
) -> Iterator[tuple[int, Reason | None]]:
    """For those that are left, by their number, why they are dropped."""
    if step.memory:
        for n in left:
            yield n, step.memory.seen(problem[n].notes[place])
    elif step.group:
        shown = range(len(problem)) if step.group.counts_all else left
        reasons = step.group.reasons([problem[n].notes[place] for n in shown])
        told = dict(zip(shown, reasons, strict=True))
        yield from ((n, told[n]) for n in left)
    else:
        yield from ((n, problem[n].drops.get(place)) for n in left)
