"""A figure of a training's log as a curve: where it began, its best, where it is, and its noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

WINDOW = 8
"""Steps that a median is taken over, and the fewest that anything must last: dips of half as many
steps are common in trainings that end well.
"""

FALLEN = 0.2  # of the way from its best to its floor: enough to say, with another sign, it fell
_NOISE = 3.0  # times a step's standard deviation: the best of many medians is itself some noise up
_GAIN = 0.05  # of the value: what has risen by less has not risen


@dataclass(frozen=True)
class Series:
    """The finite values of a key, at least two windows of them."""

    steps: Sequence[int]
    values: NDArray[np.float64]
    medians: NDArray[np.float64]

    @property
    def start(self) -> float:
        return float(self.medians[0])

    @property
    def best(self) -> float:
        return float(self.medians.max())

    @property
    def now(self) -> float:
        return float(self.medians[-1])

    @property
    def noise(self) -> float:
        """A step's standard deviation, from the mean difference between neighbours (2/√π of it)."""
        return float(np.abs(np.diff(self.values)).mean()) / 1.128

    def fallen_below(self, part: float) -> float:
        """What is ``part`` of the way down from the best, and below the noise. The floor is 0, or
        the start where rewards are negative.
        """
        way = self.best - min(0.0, self.start)
        return self.best - max(part * way, _NOISE * self.noise)

    @property
    def fell(self) -> bool:
        return self.now < self.fallen_below(FALLEN)

    @property
    def gained(self) -> bool:
        """Beyond what two medians over a window differ by: twice 1.25 √(2 / WINDOW) of a step."""
        of_medians = 2 * 1.25 * sqrt(2 / WINDOW) * self.noise
        return self.now - self.start > max(of_medians, _GAIN * abs(self.now))

    def since(self, bad: NDArray[np.bool_], least: int = WINDOW) -> int | None:
        """The first step of those at the end that are mostly bad; None when fewer than ``least``.

        A good step weighs as much as two bad ones, so the stretch with the largest sum is bad in
        more than two thirds of its steps, wherever it is cut.
        """
        sums = np.cumsum(np.where(bad, 1, -2)[::-1])[::-1]
        first = int(sums.argmax())
        if len(bad) - first < least or bad[-WINDOW:].mean() < 0.75:
            return None
        return self.steps[first]


def series(rows: Sequence[Mapping[str, Any]], key: str) -> Series | None:
    known = [row for row in rows if is_number(row.get(key))]
    if len(known) < 2 * WINDOW:
        return None
    values = np.array([row[key] for row in known], dtype=np.float64)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(values, WINDOW), axis=1)
    return Series([row["step"] for row in known], values, medians)


def is_number(value: Any) -> bool:
    return value is not None and isfinite(value)
