"""95 % intervals for a mean of per-problem figures: over other problems, and over new samples.

Both come from one idea. A mean x of T independent figures between 0 and 1, whose variance is
estimated as v, is as uncertain as a share of ``x (1 - x) / v`` coin tosses. That *effective number
of trials* goes into the interval for a binomial share: it is skewed near 0 and 1, stays inside
[0, 1], and is never empty. (Korn & Graubard 1998 do so for surveys; the binomial interval is
Jeffreys', drawn out to Clopper-Pearson's as the mean nears 0 or 1, after Brown, Cai & DasGupta
2001, section 4.1.2.) Variances of samples that happen to agree are too small, so a fraction of one
imagined failure and one imagined success is added to v; how large was chosen by simulation
(docs/results/coverage.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from scipy.special import betaincinv, stdtrit

Interval = tuple[float, float]

IMAGINED_PROBLEMS = 0.1
IMAGINED_SAMPLES = 1.0
_Z = 1.959963984540054


def share_interval(x: float, trials: float) -> Interval:
    """95 % interval for a share x seen in so many trials; neither needs to be whole.

    Jeffreys' interval, and Clopper-Pearson's where no trial failed or none succeeded:

    >>> [round(end, 3) for end in share_interval(0.5, 30)]
    [0.328, 0.672]
    >>> [round(end, 3) for end in share_interval(0.0, 30)], round(1 - 0.025 ** (1 / 30), 3)
    ([0.0, 0.116], 0.116)
    """
    successes, failures = trials * x, trials * (1 - x)
    inside = 0.5 * min(1.0, successes, failures)
    low = betaincinv(successes + inside, failures + 1 - inside, 0.025) if x > 0 else 0.0
    high = betaincinv(successes + 1 - inside, failures + inside, 0.975) if x < 1 else 1.0
    return float(low), float(high)


def ci95(statistics: Sequence[float]) -> Interval | None:
    """Other problems of this kind: what the mean would be over another draw of as many problems.

    ``statistics`` holds one figure in [0, 1] per problem, each computed from all its samples: what
    is uncertain is which problems were drawn. With 30 problems solved always or never this is
    the interval of 30 tosses of a coin:

    >>> low, high = ci95([1.0] * 12 + [0.0] * 18)
    >>> round(low, 2), round(high, 2)
    (0.24, 0.58)

    ``None`` for fewer than two problems, which say nothing about others.
    """
    problems = len(statistics)
    if problems < 2:
        return None
    mean = _mean(statistics)
    spread = fsum((value - mean) ** 2 for value in statistics) / (problems - 1)
    student = (_Z / float(stdtrit(problems - 1, 0.975))) ** 2
    return mean_interval(mean, spread / problems, problems, IMAGINED_PROBLEMS, student)


def ci95_seeds(
    statistics: Sequence[float], variances: Sequence[float | None], trials: int
) -> Interval | None:
    """These problems, new samples: what the mean would be if every sample were drawn again.

    ``variances[i]`` estimates the variance of ``statistics[i]`` over new samples, without bias and
    so perhaps below 0; ``None`` where it cannot be estimated, which counts as the largest possible,
    1/4. ``trials`` is how many draws of k the samples could be cut into, the sum of ``n // k``.
    ``None`` when no variance can be estimated. Two problems, 64 samples each, half of them correct:

    >>> [round(end, 3) for end in ci95_seeds([0.5, 0.5], [1 / 252, 1 / 252], 128)]
    [0.414, 0.586]
    """
    if all(variance is None for variance in variances):
        return None
    total = fsum(0.25 if variance is None else variance for variance in variances)
    return mean_interval(
        _mean(statistics), max(total, 0.0) / len(statistics) ** 2, trials, IMAGINED_SAMPLES
    )


def mean_interval(
    mean: float, variance: float, trials: int, imagined: float, student: float = 1.0
) -> Interval:
    """95 % interval for a mean of ``trials`` figures in [0, 1] whose estimated variance is given.

    ``imagined`` is the weight of the imagined failure and success, ``student`` the factor by which
    a variance estimated from few problems is trusted less. No figure in [0, 1] varies more than a
    coin toss, so the effective number of trials is never below ``trials``.
    """
    if trials < 2:
        return share_interval(mean, trials)
    variance += imagined * (mean**2 + (1 - mean) ** 2) / (trials * (trials - 1))
    return share_interval(mean, max(trials, student * mean * (1 - mean) / variance))


def _mean(values: Sequence[float]) -> float:
    return min(max(fsum(values) / len(values), 0.0), 1.0)
