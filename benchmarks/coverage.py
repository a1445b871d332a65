"""How often the 95 % intervals hold the truth, by simulation: ``python -m benchmarks.coverage``.

Models are made up whose chance of solving each problem is known, so the true figures are too. A
sample is right with probability p, drawn for each problem from the regime's Beta distribution;
else it is silent (cut off) or gives one of five wrong answers, one of them tempting. ``ci95``
should hold the mean over all problems of the kind, ``ci95_seeds`` the expectation on those at
hand. Of two models compared, the second has the first's log odds plus 0.3 on average, give or
take 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import click
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import beta

from evals.intervals import Interval, ci95_difference
from evals.metrics import Estimate, cons_estimate, figure, pass_estimate
from evals.votes import Ballots, cons_at_k

REGIMES = {
    "AIME-like": (0.4, 0.4),
    "all or nothing": (0.05, 0.05),
    "middling": (2.0, 2.0),
    "hard": (0.15, 1.5),
    "very hard": (0.05, 1.0),
    "easy": (3.0, 0.3),
    "very easy": (1.0, 0.05),
}
METRICS = {
    8: ("pass@1", "pass@4", "pass@8", "cons@4", "cons@8"),
    64: ("pass@1", "pass@8", "pass@32", "cons@8", "cons@32"),
}
OTHERWISE = np.array([0.2, 0.32, 0.16, 0.16, 0.08, 0.08])  # silent, then five wrong answers
GRID = np.linspace(0, 1, 1001)


@dataclass
class Coverage:
    """How many intervals there were, how many held the truth, and their summed width."""

    intervals: int = 0
    held: int = 0
    width: float = 0.0

    def add(self, interval: Interval | None, truth: float) -> None:
        if interval is not None:
            low, high = interval
            self.intervals += 1
            self.held += low <= truth <= high
            self.width += high - low

    def __str__(self) -> str:
        if not self.intervals:
            return "–"
        return f"{100 * self.held / self.intervals:.1f} (±{50 * self.width / self.intervals:.1f})"


@dataclass(frozen=True)
class Row:
    """One metric in one regime: the true mean over all problems, and both intervals' coverage."""

    truth: float
    ci95: Coverage
    ci95_seeds: Coverage


def simulate(
    regime: tuple[float, float], problems: int, samples: int, metric: str, repeats: int, seed: int
) -> Row:
    """Draw problems and samples anew ``repeats`` times and see which intervals hold the truth."""
    rng = np.random.default_rng(seed)
    quantiles = beta.ppf((np.arange(20_000) + 0.5) / 20_000, *regime)
    row = Row(float(expected(metric, quantiles).mean()), Coverage(), Coverage())
    for _ in range(repeats):
        p = rng.beta(*regime, size=problems)
        counts = rng.multinomial(samples, np.column_stack([p, np.outer(1 - p, OTHERWISE)]))
        mean = figure([estimate(metric, tuple(map(int, count))) for count in counts])
        row.ci95.add(mean.ci95, row.truth)
        row.ci95_seeds.add(mean.ci95_seeds, float(expected(metric, p).mean()))
    return row


def estimate(metric: str, counts: tuple[int, ...]) -> Estimate | None:
    """The metric of one problem from how many samples were right, silent, and wrong in each way."""
    kind, k = metric.split("@")
    if kind == "pass":
        return pass_estimate(sum(counts), counts[0], int(k))
    return cons_estimate(as_ballots(counts), int(k))


def expected(metric: str, p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The metric's true value on problems solved with chance p."""
    kind, k = metric.split("@")
    if kind == "pass":
        return 1 - (1 - p) ** int(k)
    return np.interp(p, GRID, vote_curve(int(k)))


@cache
def vote_curve(k: int) -> NDArray[np.float64]:
    """cons@k of new samples along GRID: k draws from a pool so large that it hardly shrinks."""
    pool = 1_000_000
    mixes = [np.rint(pool * np.array([p, *(1 - p) * OTHERWISE])).astype(int) for p in GRID]
    return np.array([cons_at_k(as_ballots(tuple(map(int, mix))), k) for mix in mixes])


def as_ballots(counts: tuple[int, ...]) -> Ballots:
    right, silent, *wrong = counts
    groups = [(right, 1.0), *((votes, 0.0) for votes in wrong)]
    return Ballots(tuple(sorted(group for group in groups if group[0])), silent)


def simulate_pairs(
    regime: tuple[float, float], problems: int, samples: int, metric: str, repeats: int, seed: int
) -> tuple[float, Coverage]:
    """The same for two models on the same problems: (true difference, coverage of its interval)."""
    rng = np.random.default_rng(seed)
    every = rng.beta(*regime, size=500_000)
    truth = float((expected(metric, better(every, rng)) - expected(metric, every)).mean())
    coverage = Coverage()
    for _ in range(repeats):
        p = rng.beta(*regime, size=problems)
        values = []
        for chances in (p, better(p, rng)):
            mix = np.column_stack([chances, np.outer(1 - chances, OTHERWISE)])
            counts = [tuple(map(int, row)) for row in rng.multinomial(samples, mix)]
            values.append([e.value for row in counts if (e := estimate(metric, row)) is not None])
        a, b = values
        coverage.add(ci95_difference([y - x for x, y in zip(a, b, strict=True)]), truth)
    return truth, coverage


def better(p: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    return expit(logit(np.clip(p, 1e-15, 1 - 1e-15)) + rng.normal(0.3, 1.0, p.shape))


@click.command()
@click.option("--problems", default=30, show_default=True)
@click.option("--repeats", default=2000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(problems: int, repeats: int, seed: int) -> None:
    """Print markdown tables: coverage in per cent and, in brackets, mean half-width in points."""
    print("| regime: Beta | samples | metric | true mean | ci95 | ci95_seeds |")
    print("|---|---|---|---|---|---|")
    for name, regime in REGIMES.items():
        for samples, metrics in METRICS.items():
            for metric in metrics:
                row = simulate(regime, problems, samples, metric, repeats, seed)
                print(
                    f"| {name}: {regime[0]}, {regime[1]} | {problems} × {samples} | {metric} "
                    f"| {100 * row.truth:.1f} | {row.ci95} | {row.ci95_seeds} |",
                    flush=True,
                )
    print("\n| regime: Beta | samples | metric | true difference | ci95 of the difference |")
    print("|---|---|---|---|---|")
    for name, regime in REGIMES.items():
        for samples, metric in ((8, "pass@1"), (8, "cons@4"), (64, "pass@1"), (64, "pass@8")):
            truth, held = simulate_pairs(regime, problems, samples, metric, repeats, seed)
            print(
                f"| {name}: {regime[0]}, {regime[1]} | {problems} × {samples} | {metric} "
                f"| {100 * truth:.1f} | {held} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
