"""Sampling until an interval is narrow: more samples for the problems that blur the mean most.

Samples that decide how often they are repeated bias the mean: a problem that failed four times out
of four is then believed. So each problem's samples are two halves, by even and odd index, and the
first samples of one half say how often the *other* is drawn; how often a half is drawn, beside
others, is then independent of what it gives. A problem's figure is the mean of its two halves'
figures. (Cross-fitting; drawing in proportion to the standard deviation is Neyman 1934's
allocation.) Only how many are drawn in all, and so when to stop, is read off the same samples, as
in any sequential sampling. `benchmarks/adaptive.py` simulates what that does to the mean: little in
runs of some size, not little with a handful of problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any

from evals.load import every_grade
from evals.metrics import Estimate, Figure, figure, pass_estimate
from evals.outcomes import USABLE
from runs import record
from runs.draw import indices
from runs.record import sole_writer
from runs.store import Store
from runs.stored import SampleKey
from tasks.grading.verdict import Grade, Verdict

Counts = tuple[int, int]
"""How many samples, or how many of them correct, there are of even and of odd index."""

_STEP, _MOST_GROWTH = 1.01, 2.0  # of the samples, from one round to the next


@dataclass(frozen=True)
class Halves:
    """A problem's usable samples and its correct ones, by half."""

    usable: Counts
    correct: Counts


@dataclass(frozen=True)
class Round:
    """How many samples of each half are asked of each problem: its share times ``scale``, and at
    least what was asked before.
    """

    scale: float
    asked: Mapping[str, Counts]


def read_halves(
    grades: Mapping[SampleKey, Grade], task: str, asked: Iterable[str], below: int | None = None
) -> dict[str, Halves]:
    """A task's halves by problem, of the samples whose index is ``below`` this if it is given."""
    usable = {problem: [0, 0] for problem in asked}
    correct = {problem: [0, 0] for problem in usable}
    for (of_task, problem, index), grade in grades.items():
        if of_task != task or problem not in usable or (below is not None and index >= below):
            continue
        usable[problem][index % 2] += grade.verdict in USABLE
        correct[problem][index % 2] += grade.verdict is Verdict.CORRECT
    return {p: Halves(_pair(usable[p]), _pair(correct[p])) for p in usable}


def plan_round(folder: Path, grader: str, target: float, most: int) -> bool:
    """Note in the run's record what is to be asked next. False when nothing is: ``ci95_seeds`` of
    every task's pass@1 is within ± ``target``, or there are ``most`` samples of each problem.
    """
    with sole_writer(folder):
        return _plan_round(folder, grader, target, most)


def _plan_round(folder: Path, grader: str, target: float, most: int) -> bool:
    run = record.read(folder)
    with Store(folder) as store:
        grades = every_grade(folder, store, grader)
        lacking = {(task, problem) for task, problem, _ in store.missing()}
        problems = [p for p in store.problems() if (p.task, p.problem_id) not in lacking]
    first = run.protocol["samples"]
    last = run.rounds[-1] if run.rounds else {}
    asks = False
    following: dict[str, Any] = {}
    for task in run.tasks:
        name = task["name"]
        asked = {p.problem_id: (first // 2, first // 2) for p in problems if p.task == name}
        before = Round(first / 2, asked)
        if name in last:
            counts = {problem: _pair(both) for problem, both in last[name]["asked"].items()}
            before = Round(last[name]["scale"], counts)
        if not asked:
            continue
        pilot = read_halves(grades, name, asked, first)
        after = next_round(pilot, read_halves(grades, name, asked), before, target, most)
        asks |= after is not None
        kept = after or before
        following[name] = {
            "scale": kept.scale,
            "asked": {problem: list(both) for problem, both in kept.asked.items()},
        }
    if asks:
        run.rounds.append(following)
        run.save(folder)
    return asks


def adaptive_result(
    run: record.RunRecord, task: str, problems: Iterable[str], grades: Mapping[SampleKey, Grade]
) -> dict[str, Any] | None:
    """pass@1 over all samples that rounds asked of a task's problems, how many those were, and
    their outcomes; ``None`` for a task without such rounds. A problem that no round asks, its
    prompt being too long, lacks the first samples.
    """
    if not run.rounds or "scale" not in run.rounds[-1].get(task, ()):
        return None  # rounds that end on correct samples would bias it
    of_round = {p: _pair(both) for p, both in run.rounds[-1][task]["asked"].items()}
    half = run.protocol["samples"] // 2
    asked = {problem: of_round.get(problem, (half, half)) for problem in problems}
    one = pass_at_1(list(read_halves(grades, task, asked).values()))
    verdicts = [grades.get((task, *key)) for key in indices(asked)]
    counts = Counter("missing" if grade is None else grade.verdict.value for grade in verdicts)
    totals = [sum(both) for both in of_round.values()]
    return {
        "pass@1": one.as_json(),
        "outcomes": {name: counts[name] for name in [*(v.value for v in Verdict), "missing"]},
        "adaptive": {
            "half_width": half_width(one),
            "samples": sum(totals),
            "least": min(totals),
            "most": max(totals),
            "rounds": len(run.rounds),
        },
    }


def _pair(both: Sequence[int]) -> Counts:
    even, odd = both
    return even, odd


def halves_estimate(halves: Halves) -> Estimate | None:
    """pass@1 of a problem as the mean of its halves; ``None`` while a half is empty.

    >>> halves_estimate(Halves(usable=(4, 2), correct=(2, 2))).value
    0.75
    """
    parts = [pass_estimate(n, c, 1) for n, c in zip(halves.usable, halves.correct, strict=True)]
    one, other = parts
    if one is None or other is None:
        return None
    variances = [0.25 if part.variance is None else part.variance for part in (one, other)]
    trials = one.trials + other.trials
    return Estimate((one.value + other.value) / 2, sum(variances) / 4, trials)


def pass_at_1(problems: Sequence[Halves]) -> Figure:
    """pass@1 of a task whose problems were sampled differently often."""
    return figure([halves_estimate(halves) for halves in problems])


def half_width(one: Figure) -> float | None:
    return None if one.ci95_seeds is None else (one.ci95_seeds[1] - one.ci95_seeds[0]) / 2


def next_round(
    pilot: Mapping[str, Halves],
    now: Mapping[str, Halves],
    before: Round,
    target: float,
    most: int,
) -> Round | None:
    """What to ask next; ``None`` when ``ci95_seeds`` of pass@1 is within ± ``target``, or every
    problem has ``most`` samples.

    ``pilot``: what the first samples gave, ``now``: what all of them gave.
    """
    width = half_width(pass_at_1(list(now.values())))
    if width is not None and width <= target:
        return None
    shares = _shares(pilot)
    spread = {problem: _variance(sum(h.usable), sum(h.correct)) for problem, h in now.items()}
    cap = most // 2
    scale = before.scale
    while True:
        scale *= _STEP
        asked = {
            problem: _grown(before.asked[problem], shares[problem], scale, cap)
            for problem in before.asked
        }
        if all(min(count) >= cap for count in asked.values()):
            return None if asked == before.asked else Round(scale, asked)
        if asked == before.asked:
            continue
        narrower = sqrt(_blur(asked, spread) / _blur(before.asked, spread))
        far = _total(asked) >= _MOST_GROWTH * _total(before.asked)
        if far or (width is not None and width * narrower <= target):
            return Round(scale, asked)


def _total(asked: Mapping[str, Counts]) -> int:
    return sum(map(sum, asked.values()))


def _blur(asked: Mapping[str, Counts], spread: Mapping[str, float]) -> float:
    """The variance of the mean that so many samples of such problems leave, times a constant."""
    return sum(spread[p] * (1 / even + 1 / odd) for p, (even, odd) in asked.items())


def _variance(n: int, c: int) -> float:
    """Of one sample, supposed to be a little less sure than c of n say."""
    share = (c + 0.5) / (n + 1)
    return share * (1 - share)


def _shares(pilot: Mapping[str, Halves]) -> dict[str, tuple[float, float]]:
    """How much of each half is drawn, by the other half's first samples and nothing else: 1 for a
    problem that is solved half of the time, less for others.
    """
    return {
        problem: (
            2 * sqrt(_variance(halves.usable[1], halves.correct[1])),
            2 * sqrt(_variance(halves.usable[0], halves.correct[0])),
        )
        for problem, halves in pilot.items()
    }


def _grown(asked: Counts, shares: tuple[float, float], scale: float, cap: int) -> Counts:
    even, odd = (
        max(have, min(cap, ceil(share * scale))) for have, share in zip(asked, shares, strict=True)
    )
    return even, odd
