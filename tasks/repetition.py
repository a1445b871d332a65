"""How much of a text says again what it has said."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Runs: TypeAlias = NDArray[np.uint64]

_N = 20  # characters: long enough that language itself does not repeat it
_SHORTEST = 4 * _N
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def repetition(text: str) -> float:
    """Share of the text's runs of 20 characters that have been there before, in [0, 1]; 0 for texts
    that are too short to tell.

    >>> repetition("first we add, then we check the sum, and then we write it down: it is 449.")
    0.0
    >>> round(repetition("the answer is 4. " * 50), 2)
    0.98
    """
    if len(text) < _SHORTEST:
        return 0.0
    runs = _runs(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32))
    runs.sort()
    return int((runs[1:] == runs[:-1]).sum()) / len(runs)


def _runs(of: NDArray[np.uint32]) -> Runs:
    """A number of 64 bits for each run of 20 characters, by runs of 2, 4, 8 and 16."""
    runs: Runs = of.astype(np.uint64)
    for length in (1, 2, 4, 8):
        runs = _joined(runs, runs, length)
        if length == 2:
            four = runs
    return _joined(runs, four, 16)


def _joined(first: Runs, then: Runs, length: int) -> Runs:
    """Numbers for runs of ``first`` and, ``length`` characters later, ``then``."""
    count = min(len(first), len(then) - length)
    joined: Runs = first[:count] * _FACTOR
    joined ^= joined >> _SHIFT
    joined += then[length : length + count]
    return joined
