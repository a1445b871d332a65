"""cons@k: the expected result of a majority vote over k of a problem's n samples.

The k samples are drawn without replacement. Every sample that reached an answer votes for it;
the others are drawn but cast no vote. The answer with most votes wins, a tie is split equally among
the tied answers, and a vote that nobody casts scores 0 (the paper's cons@64, section 4, after Wang
et al. 2022, arXiv 2203.11171). The expectation is computed, not sampled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, log, log1p, pi, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, roots_legendre

from evals.outcomes import USABLE, ProblemOutcome
from tasks.grading.verdict import Verdict

Floats: TypeAlias = NDArray[np.float64]

_TAIL = 39.0  # -log of the probability left out: e^-39 = 1e-17


@dataclass(frozen=True)
class Ballots:
    """One problem's usable samples as votes, none of them in a particular order.

    ``groups`` lists (votes, credit) of every answer given; credit is the share of the answer's
    samples that were graded correct, 1 or 0 unless grader and grouping disagree. ``silent`` samples
    cast no vote.
    """

    groups: tuple[tuple[int, float], ...]
    silent: int

    @property
    def drawn_from(self) -> int:
        return self.silent + sum(size for size, _ in self.groups)


def ballots(outcome: ProblemOutcome) -> Ballots:
    """Count the votes of the usable samples.

    >>> V = Verdict
    >>> ballots(ProblemOutcome("p", (V.CORRECT, V.WRONG, V.CORRECT, V.TRUNCATED), (7, 3, 7, None)))
    Ballots(groups=((1, 0.0), (2, 1.0)), silent=1)
    """
    votes: Counter[int] = Counter()
    right: Counter[int] = Counter()
    silent = 0
    for verdict, vote in zip(outcome.verdicts, outcome.votes, strict=True):
        if verdict not in USABLE:
            continue
        if vote is None:
            silent += 1
            continue
        votes[vote] += 1
        right[vote] += verdict is Verdict.CORRECT
    return Ballots(tuple(sorted((votes[g], right[g] / votes[g]) for g in votes)), silent)


@lru_cache(maxsize=4096)
def cons_at_k(cast: Ballots, k: int) -> float:
    """Expected result of a majority vote over k of the samples in ``cast``.

    Two samples say 5 and are right, one says 8, one is unfinished. All four: 5 wins. Of the six
    pairs, {5,5} and twice {5,unfinished} win, {5,8} ties twice, {8,unfinished} loses:

    >>> four = Ballots(groups=((2, 1.0), (1, 0.0)), silent=1)
    >>> cons_at_k(four, 4)
    1.0
    >>> round(cons_at_k(four, 2), 12) == round((1 + 2 + 2 / 2) / 6, 12)
    True

    Exact to about 1e-12. Raises ValueError unless 1 <= k <= n.
    """
    n = cast.drawn_from
    if not 1 <= k <= n:
        raise ValueError(f"cons@{k} of {n} samples")
    if k == n:
        most = max((size for size, _ in cast.groups), default=0)
        tied = [credit for size, credit in cast.groups if size == most]
        return sum(tied) / len(tied) if tied else 0.0
    expected = 0.0
    for (size, credit), alike in Counter(cast.groups).items():
        if credit > 0:
            rivals = Counter(votes for votes, _ in cast.groups) - Counter([size])
            expected += alike * credit * _share_won(size, sorted(rivals.items()), n, k)
    return min(expected, 1.0)


def _share_won(size: int, rivals: list[tuple[int, int]], n: int, k: int) -> float:
    """Expected share of the win of one answer with ``size`` of n votes, when k are drawn.

    ``rivals`` lists (votes, number of other answers with that many). Drawing without replacement is
    drawing each sample by itself with probability p = k/n, given that k came up. So, with z marking
    a draw and y a rival level with the w votes of ours, the coefficient of z^k in

        P(ours = w) z^w * product over rivals [ sum_{j<w} P(j) z^j + y P(w) z^w ] * (1-p+pz)^rest

    holds the chance of winning alone (y^0), of a tie with one rival (y^1), and so on; a tie with t
    rivals pays 1/(t+1), the integral of y^t from 0 to 1. Every term is positive: nothing cancels.
    """
    p = k / n
    low, high = _plausible(size, n, k)
    reach = {votes: _plausible(votes, n, k) for votes, _ in rivals}
    low = max([low, 1] + [least for least, _ in reach.values()])
    if low > high:
        return 0.0
    contenders = [(votes, count) for votes, count in rivals if reach[votes][1] >= low]
    first = min([low] + [reach[votes][0] for votes, _ in contenders])
    angles, shares = _half_circle(n, p)
    powers = np.exp(1j * angles * np.arange(first, high + 1)[:, None])
    w = np.arange(low, high + 1)
    at, y, weights = _tie_nodes(w, contenders, k)
    row = (w - first)[at]
    product = _binomial(size, p, first, high)[row, None] * powers[row] * weights[:, None]
    rest = n - size
    for votes, count in contenders:
        terms = _binomial(votes, p, first, high)[:, None] * powers
        fewer = np.cumsum(terms, axis=0) - terms
        product *= (fewer[row] + y[:, None] * terms[row]) ** count
        rest -= votes * count
    total = product.sum(axis=0) * (1 - p + p * np.exp(1j * angles)) ** rest
    coefficient = float(np.sum(shares * (total * np.exp(-1j * k * angles)).real))
    return max(coefficient, 0.0) / float(_binomial(n, p, k, k)[0])


def _plausible(size: int, n: int, k: int) -> tuple[int, int]:
    """Which numbers of votes an answer may have among k drawn; others have probability < 1e-16.

    Hoeffding (1963, section 6): P(off the mean by d) <= 2 exp(-2 d^2 / m), where m is the number
    of drawn, undrawn, this answer's or all other samples, whichever is smallest.
    """
    reach = sqrt(0.5 * _TAIL * min(k, n - k, size, n - size))
    mean = size * k / n
    return max(0, k + size - n, floor(mean - reach)), min(k, size, ceil(mean + reach))


def _tie_nodes(
    wins: NDArray[np.intp], contenders: list[tuple[int, int]], k: int
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Gauss-Legendre nodes in [0, 1] for every w in ``wins``: (index into wins, node, weight).

    With at most t rivals level, t//2 + 1 nodes integrate y^0 .. y^t exactly, and so do, to 1e-15,
    3 sqrt(t) + 1 (y^t is that close to a polynomial of degree 6 sqrt(t): Newman & Rivlin 1976).
    """
    at, nodes, weights = [], [], []
    for i, w in enumerate(wins):
        level = min(k // w - 1, sum(count for votes, count in contenders if votes >= w))
        y, weight = _legendre(min(level // 2 + 1, ceil(3 * sqrt(level)) + 1))
        at.append(np.full(len(y), i))
        nodes.append(y)
        weights.append(weight)
    return np.concatenate(at), np.concatenate(nodes), np.concatenate(weights)


@lru_cache
def _legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = roots_legendre(count)
    return (nodes + 1) / 2, weights / 2


@lru_cache
def _half_circle(n: int, p: float) -> tuple[Floats, Floats]:
    """Angles a and weights: ``sum(weights * Re(f(e^ia) e^-ika))`` is the coefficient of z^k in f.

    The upper half of N roots of unity: the coefficients of z^(k+N) and z^(k-N) are added in, which
    for N beyond Bernstein's bound are negligible, as f stays below the generating function of n
    draws of probability p = k/n.
    """
    spread = _TAIL / 3 + sqrt(_TAIL**2 / 9 + 2 * _TAIL * n * p * (1 - p))
    half = ceil(min(n, spread)) // 2 + 1
    points = 2 * half + 1
    weights = np.full(half + 1, 2 / points)
    weights[0] = 1 / points
    return 2 * pi * np.arange(half + 1) / points, weights


@lru_cache(maxsize=1024)
def _binomial(n: int, p: float, first: int, last: int) -> Floats:
    """P(j of n) for j = first .. last."""
    j = np.arange(first, last + 1)
    inside = np.minimum(j, n)
    logs = gammaln(n + 1) - gammaln(inside + 1) - gammaln(n - inside + 1)
    logs += inside * log(p) + (n - inside) * log1p(-p)
    return np.where(j <= n, np.exp(logs), 0.0)
