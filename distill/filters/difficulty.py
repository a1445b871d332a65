"""Only problems that are neither too easy nor too hard, by how often they were solved.

>>> Difficulty(at_most=0.5).reasons(["correct", "correct", "wrong"])
['solved 2 of 3 times', 'solved 2 of 3 times', 'solved 2 of 3 times']
>>> Difficulty().reasons(["correct", "wrong", "unsure"]), Difficulty().reasons([None])
([None, None, None], [None])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from pydantic import model_validator

from distill.filters.base import Reason
from distill.filters.language import Share
from distill.traces import Trace
from tasks.schema import Strict


class Difficulty(Strict):
    """The share of a problem's traces that are correct is from ``at_least`` to ``at_most``. All
    that were given count, whatever another filter says of them, but for those that the grader could
    not decide; a problem without any verdict is kept. The bound is ours: what is solved nearly
    every time teaches little (s1, arXiv 2501.19393, drops what a smaller model solves).
    """

    counts_all: ClassVar[bool] = True

    at_least: Share = 0.0
    at_most: Share = 0.9

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least:g} is more than at_most {self.at_most:g}")
        return self

    def note(self, trace: Trace) -> str | None:
        return None if trace.verdict is None else trace.verdict.value

    def reasons(self, notes: Sequence[str | None]) -> list[Reason | None]:
        usable = [verdict for verdict in notes if verdict not in (None, "unsure")]
        correct = usable.count("correct")
        if not usable or self.at_least <= correct / len(usable) <= self.at_most:
            return [None] * len(notes)
        return [f"solved {correct} of {len(usable)} times"] * len(notes)
