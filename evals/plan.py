"""How many samples for pass@1 within ±x, and when it takes more problems instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from evals.intervals import Interval, over_problems, over_samples
from evals.metrics import pass_estimate
from evals.outcomes import ProblemOutcome

MOST = 10**9


@dataclass(frozen=True)
class Plan:
    """What it takes to know pass@1 within ``half_width`` (a fraction, like all the figures here).

    ``samples`` of each of these problems bring ``ci95_seeds`` down to it. ``floor`` is the
    half-width that ``ci95`` keeps however many samples these problems get; ``problems`` of this
    kind, sampled as often as now, bring it down. ``None``: more than a billion, or, for the last
    two, only one problem to go by.
    """

    half_width: float
    samples: int | None
    floor: float | None
    problems: int | None
    sentence: str


def plan_samples(outcomes: Sequence[ProblemOutcome], half_width: float) -> Plan:
    """Plan from a pilot run. Raises ValueError without usable samples, or for a half-width
    outside (0, 0.5).

    Ten problems, each solved half of the time, so that only sampling blurs the mean:

    >>> from tasks.grading.verdict import Verdict as V
    >>> half = (V.CORRECT, V.WRONG) * 4
    >>> pilot = [ProblemOutcome(str(i), half, tuple([0, 1] * 4)) for i in range(10)]
    >>> plan_samples(pilot, 0.05).samples
    39
    """
    if not 0 < half_width < 0.5:
        raise ValueError(f"half-width {half_width}: give a fraction between 0 and 0.5")
    tallies = [(o.usable, o.correct) for o in outcomes]
    estimates = [(n, e) for n, c in tallies if (e := pass_estimate(n, c, 1)) is not None]
    if not estimates:
        raise ValueError("no usable samples to plan from")
    values = [estimate.value for _, estimate in estimates]
    noises = [0.25 / n if e.variance is None else e.variance for n, e in estimates]
    mean, problems = fmean(values), len(values)
    noise_of_one = fmean(n * noise for (n, _), noise in zip(estimates, noises, strict=True))

    def seeds(samples: int) -> Interval:
        return over_samples(mean, noise_of_one / samples / problems, samples * problems)

    samples = _fewest(lambda count: _half(seeds(count)) <= half_width, least=1)
    if problems < 2:
        return Plan(half_width, samples, None, None, _sentence(half_width, samples, 1, None, None))
    spread = variance(values)
    between = max(spread - fmean(noises), 0.0)
    floor = _half(over_problems(mean, between / problems, problems))
    more = _fewest(
        lambda count: _half(over_problems(mean, spread / count, count)) <= half_width, least=2
    )
    sentence = _sentence(half_width, samples, problems, floor, more)
    return Plan(half_width, samples, floor, more, sentence)


def _sentence(
    half_width: float, samples: int | None, now: int, floor: float | None, more: int | None
) -> str:
    within = f"±{100 * half_width:g} points"
    times = "once" if samples == 1 else f"{_count(samples)} times"
    first = f"To know pass@1 of these {now} problems within {within}, sample each {times}."
    if floor is None:
        return f"{first} One problem says nothing about others of its kind."
    if floor <= half_width:
        return f"{first} For other problems of this kind, samples alone can reach it too."
    return (
        f"{first} For other problems of this kind it stays within ±{100 * floor:.1f} however many "
        f"samples these get: that takes {_count(more)} problems."
    )


def _count(number: int | None) -> str:
    return f"more than {MOST:,}" if number is None else f"{number:,}"


def _half(interval: Interval) -> float:
    return (interval[1] - interval[0]) / 2


def _fewest(enough: Callable[[int], bool], least: int) -> int | None:
    """The smallest count from ``least`` that is enough, if it is at most MOST; more never hurts."""
    most = least
    while not enough(most):
        if most >= MOST:
            return None
        least, most = most + 1, min(2 * most, MOST)
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle + 1, most)
    return most
