"""Samples that are copies of one another: a server that gives every request the same seed."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    texts: dict[str, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    for sample in store.samples():
        tokens = sample.generated
        length = len(sample.text) // _PER_TOKEN if tokens is None else tokens
        texts[sample.task][sample.problem_id].append((sample.text, length))
    return [
        f"{task}: {equal} of {pairs} pairs of samples of one problem are equal to the letter: the "
        "server seems to give them one seed, so they count as fewer than they are"
        for task, of_task in texts.items()
        for equal, pairs in [suspicious(of_task.values())]
        if equal
    ]


def suspicious(problems: Iterable[Sequence[tuple[str, int]]]) -> tuple[int, int]:
    """How many pairs of a problem's (text, tokens) are equal, of how many; (0, 0) where chance may
    have done it, with 0.99 for each token: the tail of a Poisson distribution of that mean is then
    above one in a million. Texts of up to 32 tokens do not count.

    >>> long = " ".join(map(str, range(400)))
    >>> suspicious([[(long, 400)] * 4, [(long + "!", 400), (long + "?", 400)]])
    (6, 7)
    >>> suspicious([[("4", 1)] * 4]), suspicious([[(long, 400), (long + "!", 400)]])
    ((0, 0), (0, 0))
    """
    equal = pairs = 0
    expected = 0.0
    for samples in problems:
        longer = [(text, tokens) for text, tokens in samples if tokens > _FEW]
        pairs += math.comb(len(longer), 2)
        equal += sum(math.comb(n, 2) for n in Counter(text for text, _ in longer).values())
        lengths = sorted(tokens for _, tokens in longer)
        # two texts are equal only if the shorter one is: each is the shorter of those after it
        expected += sum(
            _LIKELY**tokens * (len(lengths) - 1 - i) for i, tokens in enumerate(lengths)
        )
    return (equal, pairs) if equal and _tail(equal, expected) < _CHANCE else (0, 0)


def _tail(count: int, mean: float) -> float:
    """The chance of ``count`` or more, of a Poisson distribution: at most (Chernoff).

    >>> round(_tail(10, 2.0), 5), _tail(1, 2.0)
    (0.00031, 1.0)
    """
    if count <= mean:
        return 1.0
    if mean == 0:
        return 0.0
    return math.exp(count - mean - count * math.log(count / mean))
