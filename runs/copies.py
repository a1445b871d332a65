"""Samples that are copies of one another: a server that gives every request the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from runs.store import Store

_LIKELY = 0.99
"""That two samples agree in a token where they have agreed so far, supposed to be: more than real
models do at temperature 0.6 over a long text, so that what exceeds it is no chance."""
_FEW = 32  # tokens; shorter texts are often equal
_PER_TOKEN = 4  # characters, where tokens are not counted
_CHANCE = 1e-6


def copies(store: Store, protocol: Mapping[str, Any]) -> list[str]:
    """A sentence for each task whose samples are equal more often than chance would have it."""
    if protocol["temperature"] == 0 or protocol["samples"] < 2:
        return []
    texts: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for sample in store.samples():
        tokens = sample.generated
        length = len(sample.text) // _PER_TOKEN if tokens is None else tokens
        texts[sample.task][sample.problem_id].append((hash(sample.text), length))
    return [
        f"{task}: of {pairs} pairs of samples of one problem {equal} are equal to the letter: the "
        "server seems to give them one seed (or the model is all but sure of every token), and "
        "they count as fewer than they are"
        for task, of_task in texts.items()
        for equal, pairs in [suspicious(of_task.values())]
        if equal
    ]


def suspicious(problems: Iterable[Sequence[tuple[Hashable, int]]]) -> tuple[int, int]:
    """How many pairs of neighbours among a problem's (text, tokens) are equal, of how many; (0, 0)
    where that so many or more are has a chance above one in a million, when each token agrees by
    0.99. No sample is in two pairs, so pairs are independent. Texts of up to 32 tokens are left
    out.

    >>> long = " ".join(map(str, range(400)))
    >>> suspicious([[(long, 400)] * 8, [(long + "!", 400), (long + "?", 400)]])
    (4, 5)
    >>> suspicious([[("4", 1)] * 8]), suspicious([[(long, 400), (long + "!", 400)]])
    ((0, 0), (0, 0))
    """
    chances, equal = [], 0
    for samples in problems:
        longer = [(text, tokens) for text, tokens in samples if tokens > _FEW]
        for (one, tokens), (other, others) in zip(longer[::2], longer[1::2], strict=False):
            chances.append(_LIKELY ** min(tokens, others))
            equal += one == other
    return (equal, len(chances)) if equal and _tail(equal, chances) < _CHANCE else (0, 0)


def _tail(count: int, chances: Sequence[float]) -> float:
    """The chance that ``count`` or more of independent events come true.

    >>> round(_tail(2, [0.5, 0.5, 0.5]), 6), round(_tail(3, [0.5, 0.1, 0.1]), 6)
    (0.5, 0.005)
    """
    exactly = np.zeros(len(chances) + 1)
    exactly[0] = 1.0
    for chance in chances:
        exactly[1:] = exactly[1:] * (1 - chance) + exactly[:-1] * chance
        exactly[0] *= 1 - chance
    return float(exactly[count:].sum())
