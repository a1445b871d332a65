"""What sampling until an interval is narrow does to the mean, by simulation.

    python -m benchmarks.adaptive [--repeats 2000] [--out FILE]

Three worlds of 30 problems and one of 3, with known chances: as on a hard benchmark, some never
solved, some always, the rest anywhere. `evals.adaptive` decides what to draw next, until ± 2
points; beside it the same without halves (samples that decide how often they are repeated, all of
them counted), and drawing every problem alike until as narrow. Bias with its 95 % interval, how
often the interval holds the truth, and how many samples it took.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from evals.adaptive import Counts, Halves, Round, half_width, next_round, pass_at_1
from evals.metrics import Figure, figure, pass_estimate
from runs.files import written_whole

MOST = 4096
Drawn = tuple[Figure, int]


@click.command()
@click.option("--repeats", default=2000, show_default=True)
@click.option("--pilot", default=16, show_default=True)
@click.option("--target", default=0.02, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(repeats: int, pilot: int, target: float, out: Path | None) -> None:
    """Print bias, coverage and samples as markdown."""
    lines = [
        "# Sampling until ± 2 points: what it does to the mean\n",
        f"    python -m benchmarks.adaptive --repeats {repeats} --pilot {pilot} "
        f"--target {target}\n",
        "| world | how | bias, points | interval holds the truth | samples | beside alike |",
        "|---|---|---|---|---|---|",
    ]
    ways: dict[str, Callable[..., Drawn]] = {
        "every problem alike": _alike,
        "halves (ours)": _halves,
        "not halved, all counted": _pooled,
    }
    for number, chances in enumerate(_worlds(), start=1):
        alike = 0.0
        for name, way in ways.items():
            draw = np.random.default_rng(number)
            told = [way(chances, pilot, target, draw) for _ in range(repeats)]
            truth = float(chances.mean())
            errors = np.array([(one.value or 0.0) - truth for one, _ in told])
            held = np.mean([_holds(one, truth) for one, _ in told])
            samples = float(np.mean([count for _, count in told]))
            alike = alike or samples
            reach = 1.96 * errors.std() / repeats**0.5
            lines.append(
                f"| {number}, truth {100 * truth:.1f} % | {name} | {100 * errors.mean():+.3f} ± "
                f"{100 * reach:.3f} | {100 * held:.1f} % | {samples:.0f} | {samples / alike:.2f} |"
            )
            print(lines[-1], flush=True)
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def simulate(
    chances: np.ndarray,
    pilot: int,
    target: float,
    draw: np.random.Generator,
    halved: bool = True,
) -> tuple[dict[str, Halves], int]:
    """One run of `evals.adaptive` on problems of known chances: all halves, and the samples.

    Not ``halved``, the first samples of both halves say how often each is drawn.
    """
    names = [str(i) for i in range(len(chances))]
    chance = dict(zip(names, chances, strict=True))
    before = Round(pilot / 2, dict.fromkeys(names, (pilot // 2, pilot // 2)))
    first = {
        name: _more(Halves((0, 0), (0, 0)), before.asked[name], chance[name], draw)
        for name in names
    }
    now = dict(first)
    if not halved:
        first = {name: _both(halves) for name, halves in first.items()}
    while (after := next_round(first, now, before, target, MOST)) is not None:
        now = {name: _more(now[name], after.asked[name], chance[name], draw) for name in names}
        before = after
    return now, sum(map(sum, before.asked.values()))


def _halves(chances: np.ndarray, pilot: int, target: float, draw: np.random.Generator) -> Drawn:
    now, samples = simulate(chances, pilot, target, draw)
    return pass_at_1(list(now.values())), samples


def _alike(chances: np.ndarray, pilot: int, target: float, draw: np.random.Generator) -> Drawn:
    n = np.full(len(chances), pilot)
    c = draw.binomial(n, chances)
    while True:
        one = _pooled_figure(n, c)
        if (half_width(one) or 1.0) <= target:
            return one, int(n.sum())
        c = c + draw.binomial(1, chances)
        n = n + 1


def _pooled(chances: np.ndarray, pilot: int, target: float, draw: np.random.Generator) -> Drawn:
    now, samples = simulate(chances, pilot, target, draw, halved=False)
    return _pooled_figure(*(np.array([sum(h) for h in of]) for of in _columns(now))), samples


def _columns(now: dict[str, Halves]) -> tuple[list[Counts], list[Counts]]:
    return [h.usable for h in now.values()], [h.correct for h in now.values()]


def _pooled_figure(n: np.ndarray, c: np.ndarray) -> Figure:
    return figure([pass_estimate(int(a), int(b), 1) for a, b in zip(n, c, strict=True)])


def _more(have: Halves, asked: Counts, chance: float, draw: np.random.Generator) -> Halves:
    right = [
        c + int(draw.binomial(wanted - n, chance))
        for n, c, wanted in zip(have.usable, have.correct, asked, strict=True)
    ]
    return Halves(asked, (right[0], right[1]))


def _both(halves: Halves) -> Halves:
    usable, correct = sum(halves.usable), sum(halves.correct)
    return Halves((usable, usable), (correct, correct))


def _holds(one: Figure, truth: float) -> bool:
    return one.ci95_seeds is not None and one.ci95_seeds[0] <= truth <= one.ci95_seeds[1]


def _worlds() -> list[np.ndarray]:
    draw = np.random.default_rng(7)
    return [
        np.concatenate([np.zeros(5), np.ones(5), draw.beta(0.6, 0.6, 20)]),
        np.concatenate([np.zeros(15), draw.beta(0.5, 2.0, 15)]),
        draw.beta(2.0, 2.0, 30),
        np.array([0.05, 0.1, 0.3]),
    ]


if __name__ == "__main__":
    main()
