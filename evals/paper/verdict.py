"""Does a measured share agree with a printed one? Figures here are fractions of 1.

Both sides are noisy because samples were drawn, over the same problems; which problems those are
blurs neither. The run's variance is measured. The paper prints none, so its is bounded: with T
problems solved with chances q_i, k samples each, it is mean(q_i (1 - q_i)) / (T k), and the mean of
q (1 - q) is never above x (1 - x) at the mean x (Jensen). The bound is reached when all problems
are equally hard; real problems are not, so it errs towards `inconclusive` and away from `differs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, erfc, sqrt
from typing import Literal

_Z90 = 1.6448536269514722
_Z95 = 1.959963984540054


def paper_variance(value: float, problems: int, samples: int) -> float:
    """The most that sampling can vary a mean of ``samples`` of each of so many problems.

    AIME24, k = 64, at 50 %: at most 1.1 points of standard deviation.

    >>> round(100 * paper_variance(0.5, 30, 64) ** 0.5, 2)
    1.14
    """
    return value * (1 - value) / (problems * samples)


@dataclass(frozen=True)
class Comparison:
    """``agrees``: the 90 % interval lies within the margin. ``differs``: the 95 % interval excludes
    0, with ``p`` two-sided. Both may hold; ``inconclusive`` when neither does, and then
    ``more_samples`` of each problem, beside those there are, would settle it one way or the other
    if the difference stays as it is; ``None`` when no number would, for the paper's own noise.
    """

    difference: float
    ci90: tuple[float, float]
    ci95: tuple[float, float]
    p: float
    agrees: bool
    differs: bool
    more_samples: int | None

    @property
    def verdict(self) -> Literal["agrees", "differs", "agrees and differs", "inconclusive"]:
        if self.agrees and self.differs:
            return "agrees and differs"
        return "agrees" if self.agrees else "differs" if self.differs else "inconclusive"


def compare_with_paper(
    measured: float,
    variance: float,
    samples: int,
    printed: float,
    printed_variance: float,
    margin: float = 0.03,
) -> Comparison:
    """``variance`` is that of ``measured`` over new samples, ``samples`` of each problem.

    Raises ValueError when neither side has any variance: nothing was estimated then.

    >>> noise = paper_variance(0.555, 30, 64)
    >>> compare_with_paper(0.55, 0.01**2, 64, 0.555, noise).verdict
    'agrees'
    >>> far = compare_with_paper(0.45, 0.01**2, 64, 0.555, noise)
    >>> far.verdict, round(far.difference, 3)
    ('differs', -0.105)
    >>> compare_with_paper(0.55, 0.04**2, 4, 0.555, noise).more_samples
    59
    """
    spread = sqrt(variance + printed_variance)
    if spread == 0:
        raise ValueError("neither figure has a variance to judge the difference by")
    difference = measured - printed
    ci90 = (difference - _Z90 * spread, difference + _Z90 * spread)
    ci95 = (difference - _Z95 * spread, difference + _Z95 * spread)
    agrees = -margin <= ci90[0] and ci90[1] <= margin
    differs = ci95[0] > 0 or ci95[1] < 0
    most = max((margin - abs(difference)) / _Z90, abs(difference) / _Z95)  # that would settle it
    room = most**2 - printed_variance
    more = None
    if not (agrees or differs) and room > 0:
        more = max(ceil(samples * variance / room) - samples, 1)
    p = erfc(abs(difference) / spread / sqrt(2))
    return Comparison(difference, ci90, ci95, p, agrees, differs, more)
