"""cons@k: the expected result of a majority vote over k of a problem's n samples.

The k samples are drawn without replacement. Every sample that reached an answer votes for it;
the others are drawn but cast no vote. The answer with most votes wins, a tie is split equally among
the tied answers, and a vote that nobody casts scores 0. With k = n = 64 it is the paper's cons@64
(arXiv 2501.12948, after Wang et al. 2022, arXiv 2203.11171). The expectation is computed, not
sampled: evals/elections.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from evals.elections import win
from evals.outcomes import USABLE, ProblemOutcome
from tasks.grading.verdict import Verdict


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


def cons_at_k(cast: Ballots, k: int) -> float:
    """Expected result of a majority vote over k of the samples in ``cast``.

    Two samples say 5 and are right, one says 8, one is unfinished. All four: 5 wins. Of the six
    pairs, {5,5} and twice {5,unfinished} win, {5,8} ties twice, {8,unfinished} loses:

    >>> four = Ballots(groups=((2, 1.0), (1, 0.0)), silent=1)
    >>> cons_at_k(four, 4)
    1.0
    >>> round(cons_at_k(four, 2), 12) == round((1 + 2 + 2 / 2) / 6, 12)
    True

    Raises ValueError unless 1 <= k <= n.
    """
    n = cast.drawn_from
    if not 1 <= k <= n:
        raise ValueError(f"cannot draw {k} of {n} samples")
    return _whole_vote(cast) if k == n else _moments(cast, k)[0]


def vote_variance(cast: Ballots, k: int) -> float:
    """Estimated variance of ``cons_at_k(cast, k)`` over new samples, biased upwards; needs k < n.

    The jackknife: leave out each sample in turn. Its bias is upwards (Efron & Stein 1981). Leaving
    sample i out shifts cons@k by -cov(i is drawn, result) / (1 - k/n), so no vote is held again
    (Wager & Athey 2018, arXiv 1510.04342). At k = 1 it is the mean's, c (n-c) / (n^2 (n-1)):

    >>> round(vote_variance(Ballots(groups=((2, 1.0), (5, 0.0)), silent=1), 1), 12)
    0.026785714286
    >>> round(2 * 6 / (8**2 * 7), 12)
    0.026785714286
    """
    if not 1 <= k < cast.drawn_from:
        raise ValueError(f"the variance of cons@{k} needs more than {cast.drawn_from} samples")
    return _moments(cast, k)[1]


def _whole_vote(cast: Ballots) -> float:
    most = max((size for size, _ in cast.groups), default=0)
    tied = [credit for size, credit in cast.groups if size == most]
    return sum(tied) / len(tied) if tied else 0.0


@lru_cache(maxsize=4096)
def _moments(cast: Ballots, k: int) -> tuple[float, float]:
    """cons@k and its jackknife variance."""
    n = cast.drawn_from
    kinds = Counter(cast.groups)
    sizes = Counter(size for size, _ in cast.groups)
    wins = {(s, credit): win(s, sizes - Counter([s]), n, k) for s, credit in kinds if credit > 0}
    expected = sum(kinds[kind] * kind[1] * won.share for kind, won in wins.items())

    def drawn_and_right(of: tuple[int, float]) -> float:
        """E[result, if a given sample of this kind of answer is drawn, else 0]."""
        total = sum(
            (kinds[kind] - (kind == of)) * kind[1] * won.with_rival(of[0])
            for kind, won in wins.items()
        )
        return total + (of[1] * wins[of].own if of in wins else 0.0)

    silent = sum(kinds[kind] * kind[1] * won.others for kind, won in wins.items())
    squares = cast.silent * (silent - expected * k / n) ** 2 + sum(
        count * kind[0] * (drawn_and_right(kind) - expected * k / n) ** 2
        for kind, count in kinds.items()
    )
    return min(expected, 1.0), squares * n * (n - 1) / (n - k) ** 2
