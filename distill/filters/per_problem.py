"""At most so many traces of a problem: the shortest, some at random, or those least alike.

>>> from distill.traces import Trace
>>> texts = ["2 and 2 are 4", "2 and 2 are four", "2 and 2 are 4 !", "on my fingers I count four"]
>>> group = [Trace([], [{"role": "assistant", "content": t}], {"id": t}) for t in texts]
>>> for keep in ("shortest", "diverse"):
...     few = PerProblem(most=2, keep=keep)
...     [reason is None for reason in few.reasons([few.note(trace) for trace in group])]
[True, False, True, False]
[True, False, False, True]
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import PositiveInt

from distill.filters.base import Reason
from distill.traces import Trace
from distill.words import hashes, runs
from tasks.schema import Strict

_RUN = 3  # words


class PerProblem(Strict):
    """``shortest`` by tokens where all have a count, else by characters; ``random`` by ``seed``,
    the same whatever the order; ``diverse`` begins with the first and goes on with whatever shares
    the least with those chosen (Jaccard's measure of runs of three words). The number is ours.
    """

    counts_all: ClassVar[bool] = False

    most: PositiveInt = 4
    keep: Literal["shortest", "random", "diverse"] = "shortest"
    seed: int = 0

    def note(self, trace: Trace) -> Any:
        if self.keep == "shortest":
            return trace.meta.get("tokens"), len(trace.text)
        if self.keep == "random":
            name = f"{self.seed}/{trace.id}".encode("utf-8", "surrogatepass")
            return blake2b(name, digest_size=8).digest()
        words = hashes(trace.text)
        return np.unique(runs(words, _RUN) if len(words) >= _RUN else words)

    def reasons(self, notes: Sequence[Any]) -> list[Reason | None]:
        if len(notes) <= self.most:
            return [None] * len(notes)
        chosen = set(self._chosen(notes)[: self.most])
        why = f"not among the {self.most} {'most ' * (self.keep == 'diverse')}{self.keep}"
        return [None if n in chosen else f"{why} of {len(notes)}" for n in range(len(notes))]

    def _chosen(self, notes: Sequence[Any]) -> list[int]:
        if self.keep == "diverse":
            return _least_alike(notes, self.most)
        if self.keep == "shortest":
            counted = all(isinstance(tokens, int) for tokens, _ in notes)
            notes = [tokens if counted else characters for tokens, characters in notes]
        return sorted(range(len(notes)), key=notes.__getitem__)


def _least_alike(notes: Sequence[Any], most: int) -> list[int]:
    """Each next one is the farthest from the nearest of those before."""
    chosen = [0]
    nearest = [_alike(notes[0], note) for note in notes]
    while len(chosen) < most:
        left = [n for n in range(len(notes)) if n not in chosen]
        chosen.append(min(left, key=nearest.__getitem__))
        nearest = [max(nearest[n], _alike(notes[chosen[-1]], note)) for n, note in enumerate(notes)]
    return chosen


def _alike(one: Any, other: Any) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(1, len(one) + len(other) - both)
