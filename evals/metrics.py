"""pass@k and cons@k of a task, each with its intervals and its n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import fsum
from typing import Any

import numpy as np

from evals.intervals import Interval, ci95, ci95_seeds
from evals.outcomes import ProblemOutcome
from evals.votes import Ballots, ballots, cons_at_k, vote_variance


@dataclass(frozen=True)
class Figure:
    """A mean over ``problems``, as a fraction of 1.

    ``ci95``: other problems of this kind; ``ci95_seeds``: these problems, new samples; ``None``
    where there is nothing to estimate it from. ``excluded`` problems had too few usable samples.
    """

    value: float | None
    ci95: Interval | None
    ci95_seeds: Interval | None
    problems: int
    excluded: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"value": None if self.value is None else round(self.value, 12)}


@dataclass(frozen=True)
class Estimate:
    """One problem's figure, its estimated variance over new samples (``None``: cannot be estimated)
    and the number of draws of k samples that its samples could be cut into."""

    value: float
    variance: float | None
    trials: int


def pass_at_k(n: int, c: int, k: int) -> float:
    """1 - C(n-c, k)/C(n, k): the chance that k of n samples, c of them correct, hold a correct one.

    Unbiased for the chance that k new samples do (Chen et al. 2021, arXiv 2107.03374, eq. 1). Of
    the six pairs among four samples, one of them correct, three hold it:

    >>> pass_at_k(4, 1, 2)
    0.5
    >>> pass_at_k(64, 16, 1)
    0.25

    Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    return 1.0 - all_wrong(n, c, k)


@lru_cache(maxsize=65536)
def all_wrong(n: int, c: int, k: int) -> float:
    """C(n-c, k)/C(n, k): the chance that k of n samples, c of them correct, hold no correct one.

    A product of min(c, k) factors, so that n = 10,000 neither overflows nor loses digits.

    >>> all_wrong(4, 1, 2)
    0.5
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"cannot draw {k} of {n} samples, {c} of them correct")
    if n - c < k:
        return 0.0
    fewer, more = sorted((c, k))
    return float(np.prod(1.0 - more / np.arange(n, n - fewer, -1.0)))


def pass_estimate(n: int, c: int, k: int) -> Estimate | None:
    """pass@k of a problem with n usable samples, c of them correct; ``None`` when n < k.

    With q the chance of a wrong sample, the variance is E[(estimate of q^k)^2] - q^2k; 2k samples
    estimate the second term without bias. At k = 1 that is c (n-c) / (n^2 (n-1)):

    >>> pass_estimate(2, 1, 1)
    Estimate(value=0.5, variance=0.25, trials=2)
    """
    if n < k:
        return None
    wrong = all_wrong(n, c, k)
    return Estimate(1.0 - wrong, wrong**2 - all_wrong(n, c, 2 * k) if 2 * k <= n else None, n // k)


def cons_estimate(cast: Ballots, k: int) -> Estimate | None:
    """cons@k of a problem; ``None`` when it has fewer than k usable samples.

    The variance is the jackknife's, which errs upwards, where the samples hold two draws of k.
    """
    n = cast.drawn_from
    if n < k:
        return None
    variance = vote_variance(cast, k) if 2 * k <= n else None
    return Estimate(cons_at_k(cast, k), variance, n // k)


def reported_ks(n: int) -> tuple[int, ...]:
    """The powers of two up to n, and n.

    >>> reported_ks(12), reported_ks(1), reported_ks(0)
    ((1, 2, 4, 8, 12), (1,), ())
    """
    return tuple(sorted({1 << i for i in range(n.bit_length())} | {n} - {0}))


def task_metrics(outcomes: Sequence[ProblemOutcome]) -> dict[str, Figure]:
    """Every figure of one task: ``pass@k``, then ``cons@k``, for each reported k.

    n is the number of samples asked for. Two problems of two samples, one always solved, one half:

    >>> from tasks.grading.verdict import Verdict as V
    >>> sure = ProblemOutcome("sure", (V.CORRECT, V.CORRECT), (0, 0))
    >>> half = ProblemOutcome("half", (V.CORRECT, V.WRONG), (0, 1))
    >>> {name: figure.value for name, figure in task_metrics([sure, half]).items()}
    {'pass@1': 0.75, 'pass@2': 1.0, 'cons@1': 0.75, 'cons@2': 0.75}
    """
    ks = reported_ks(max((len(outcome.verdicts) for outcome in outcomes), default=0))
    tallies = [(outcome.usable, outcome.correct) for outcome in outcomes]
    cast = [ballots(outcome) for outcome in outcomes]
    passed = {f"pass@{k}": figure([pass_estimate(n, c, k) for n, c in tallies]) for k in ks}
    voted = {f"cons@{k}": figure([cons_estimate(votes, k) for votes in cast]) for k in ks}
    return passed | voted


def figure(estimates: Sequence[Estimate | None]) -> Figure:
    """The mean over problems, with both intervals; ``None`` marks an excluded problem.

    >>> mean = figure([Estimate(1.0, 0.0, 8), Estimate(0.5, 1 / 28, 8), None])
    >>> mean.value, mean.problems, mean.excluded
    (0.75, 2, 1)
    """
    kept = [estimate for estimate in estimates if estimate is not None]
    excluded = len(estimates) - len(kept)
    if not kept:
        return Figure(None, None, None, 0, excluded)
    values = [estimate.value for estimate in kept]
    return Figure(
        value=fsum(values) / len(values),
        ci95=ci95(values),
        ci95_seeds=ci95_seeds(
            values, [estimate.variance for estimate in kept], sum(e.trials for e in kept)
        ),
        problems=len(kept),
        excluded=excluded,
    )
