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
from numpy.typing import NDArray
from pydantic import PositiveInt

from distill.filters.base import Reason
from distill.minhash import signature
from distill.traces import Trace
from distill.words import hashes, runs
from tasks.schema import Strict

_RUN = 3  # words
_PLACES = 128


class PerProblem(Strict):
    """``shortest`` by tokens where all have a count, else by characters; ``random`` by ``seed``,
    the same whatever the order; ``diverse`` begins with the first and goes on with whatever shares
    the least with those chosen (Jaccard's measure of runs of three words, estimated by MinHash).
    The number is ours.
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
        return signature(runs(words, _RUN) if len(words) >= _RUN else words, _PLACES)

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
    every = np.stack(notes)
    chosen = [0]
    nearest: NDArray[np.int64] = np.zeros(len(notes), dtype=np.int64)
    while len(chosen) < most:
        nearest = np.maximum(nearest, np.count_nonzero(every == every[chosen[-1]], axis=1))
        nearest[chosen] = _PLACES + 1
        chosen.append(int(nearest.argmin()))
    return chosen
