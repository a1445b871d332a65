"""95 % intervals for a mean of per-problem figures: over other problems, and over new samples.

Both come from one idea. A mean x of T independent figures between 0 and 1, whose variance is
estimated as v, is as uncertain as a share of ``x (1 - x) / v`` coin tosses. That *effective number
of trials* goes into the interval for a binomial share: it is skewed near 0 and 1, stays inside
[0, 1], and is never empty. (Korn & Graubard 1998 do so for surveys; the binomial interval is
Jeffreys', drawn out to Clopper-Pearson's as the mean nears 0 or 1, after Brown, Cai & DasGupta
2001.) Figures that happen to agree make v too small, so a failure and a success are imagined beside
them, each of a small weight chosen by simulation (docs/results/coverage.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt

from scipy.special import betaincinv, stdtrit

Interval = tuple[float, float]

_IMAGINED_PROBLEMS = 0.1
_IMAGINED_SAMPLES = 1.0
_IMAGINED_CHANGES = 0.03
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
    return over_problems(mean, _spread(statistics, mean) / problems, problems)


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
    return over_samples(_mean(statistics), max(total, 0.0) / len(statistics) ** 2, trials)


def ci95_difference(differences: Sequence[float]) -> Interval | None:
    """Other problems of this kind: the mean of paired differences, one in [-1, 1] per problem.

    The gains and the losses are each a mean of figures in [0, 1], with an interval like ``ci95``'s;
    the interval of their difference is put together from the two (MOVER: Zou & Donner 2008).
    Thirty problems without a difference still leave room for a rare one:

    >>> [round(end, 3) for end in ci95_difference([0.0] * 30)]
    [-0.116, 0.116]
    """
    gains = [max(difference, 0.0) for difference in differences]
    losses = [max(-difference, 0.0) for difference in differences]
    problems = len(differences)
    if problems < 2:
        return None
    gain, loss = _mean(gains), _mean(losses)
    gain_spread, loss_spread = _spread(gains, gain), _spread(losses, loss)
    gain_low, gain_high = over_problems(gain, gain_spread / problems, problems, _IMAGINED_CHANGES)
    loss_low, loss_high = over_problems(loss, loss_spread / problems, problems, _IMAGINED_CHANGES)
    # No problem is both a gain and a loss: their covariance is minus the product of the means.
    spread = sqrt(gain_spread * loss_spread)
    correlation = -gain * loss * problems / (problems - 1) / spread if spread else 0.0

    def reach(one: float, other: float) -> float:
        return sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0))

    low = gain - loss - reach(gain - gain_low, loss_high - loss)
    high = gain - loss + reach(gain_high - gain, loss - loss_low)
    return max(low, -1.0), min(high, 1.0)


def over_problems(
    mean: float, variance: float, problems: int, imagined: float = _IMAGINED_PROBLEMS
) -> Interval:
    """95 % interval for a mean over problems whose ``variance`` was estimated from as many."""
    student = (_Z / float(stdtrit(problems - 1, 0.975))) ** 2
    return _mean_interval(mean, variance / student, problems, imagined)


def over_samples(mean: float, variance: float, trials: int) -> Interval:
    """95 % interval for a mean over samples that make ``trials`` draws of k."""
    return _mean_interval(mean, variance, trials, _IMAGINED_SAMPLES)


def _mean_interval(mean: float, variance: float, trials: int, imagined: float) -> Interval:
    """The interval of ``mean (1 - mean) / variance`` tosses.

    No figure in [0, 1] varies more than a coin toss, so there are never fewer than ``trials``.
    """
    if trials < 2:
        return share_interval(mean, trials)
    variance += imagined * (mean**2 + (1 - mean) ** 2) / (trials * (trials - 1))
    return share_interval(mean, max(trials, mean * (1 - mean) / variance))


def _mean(values: Sequence[float]) -> float:
    return min(max(fsum(values) / len(values), 0.0), 1.0)


def _spread(values: Sequence[float], mean: float) -> float:
    return fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
