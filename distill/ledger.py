"""The ledger: for each dropped trace the filter and the reason; and the funnel, how many each left.

>>> funnel = Funnel(["verdict", "exact"])
>>> for step in (0, None, 1, 0, None):
...     funnel.count(step)
>>> funnel.given, funnel.left(), funnel.kept
(5, [3, 2], 2)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from distill.chain import Step, Told
from distill.filters.base import Notices
from runs.files import written_whole


class Funnel:
    """How many traces were given, and how many each filter dropped."""

    def __init__(self, names: Sequence[str], notices: Sequence[str] = ()) -> None:
        self.names = tuple(names)
        self.notices = tuple(notices)
        self.dropped = [0] * len(names)
        self.given = 0

    def count(self, step: int | None) -> None:
        self.given += 1
        if step is not None:
            self.dropped[step] += 1

    @property
    def kept(self) -> int:
        return self.given - sum(self.dropped)

    def left(self) -> list[int]:
        """How many were there after each filter."""
        return [self.given - sum(self.dropped[: n + 1]) for n in range(len(self.dropped))]

    def last(self) -> str:
        """The first filter that left nothing, or else the last of all."""
        emptied = (name for name, left in zip(self.names, self.left(), strict=True) if not left)
        return next(emptied, self.names[-1])

    def as_json(self, steps: Sequence[Step]) -> dict[str, Any]:
        rows = zip(steps, self.dropped, self.left(), strict=True)
        return {
            "schema_version": 1,
            "given": self.given,
            "filters": [
                {"name": step.name, **step.use.model_dump(), "dropped": dropped, "left": left}
                for step, dropped, left in rows
            ],
            "kept": self.kept,
            "notices": list(self.notices),
        }


def notices(steps: Sequence[Step]) -> list[str]:
    """What the filters say of themselves."""
    return [n for step in steps if isinstance(step.filter, Notices) for n in step.filter.notices()]


class Ledger:
    """Lines ``{"id", "filter", "reason"}``."""

    def __init__(self, file: IO[str], names: Sequence[str]) -> None:
        self._file = file
        self._names = names

    def write(self, told: Told) -> None:
        if told.step is not None:
            row = {"id": told.trace.id, "filter": self._names[told.step], "reason": told.reason}
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")


@contextmanager
def written_ledger(path: Path, names: Sequence[str]) -> Iterator[Ledger]:
    """The ledger, whole when the block ends well. Raises UserError where it cannot be written."""
    with (
        written_whole(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace") as file,
    ):
        yield Ledger(file, names)
