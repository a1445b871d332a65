"""How much of a text says again what it has said."""

from __future__ import annotations

_N = 20  # characters: long enough that language itself does not repeat it
_SHORTEST = 4 * _N


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
    runs = [text[start : start + _N] for start in range(len(text) - _N + 1)]
    return 1 - len(set(runs)) / len(runs)
