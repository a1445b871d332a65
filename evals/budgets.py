"""Accuracy against thinking tokens: a run's figures at each budget, all from the same samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.compare import Difference, difference
from evals.load import content, votes
from evals.metrics import cons_estimate, figure, pass_estimate, task_metrics
from evals.outcomes import ProblemOutcome, outcome_counts
from evals.votes import ballots
from runs import record
from runs.forcing import Forcing
from runs.grade_budgets import answer_allowance
from runs.store import Store
from runs.stored import BudgetGrade

Graded = Mapping[tuple[str, str, int], BudgetGrade]


@dataclass(frozen=True)
class Point:
    """A task at one budget: its problems, and what its samples took."""

    mode: str
    budget: int
    outcomes: list[ProblemOutcome]
    grades: list[BudgetGrade]


def budget_results(folder: Path, grader: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """For each task of a run ``budgets``, a row for every mode and budget that was graded, and
    ``equal_tokens``, majority votes of short samples beside one long one.

    ``finished`` is the share of the graded samples that came to their own end, ``tokens`` the mean
    a sample took there, forced answers apart; ``gain`` compares pass@1 with the budget before,
    paired by problem.
    """
    run = record.read(folder)
    results: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with Store(folder) as store:
        for curve in map(Forcing.from_json, run.curves):
            graded = {b: store.budget_grades(grader, curve.mode, b) for b in curve.budgets}
            for task in run.tasks:
                points = _points(store, task["name"], run.protocol["samples"], curve.mode, graded)
                if not points:
                    continue
                of_task = results.setdefault(task["name"], {"budgets": [], "equal_tokens": []})
                of_task["budgets"] += _rows(task["name"], points, run.protocol)
                of_task["equal_tokens"] += equal_tokens(task["name"], points)
    return results


def equal_tokens(task: str, points: Sequence[Point]) -> list[dict[str, Any]]:
    """One sample of B tokens beside a majority vote over m of B / m tokens, for each B and m there
    are: ``difference`` is the vote's gain, paired by problem. Only the thought is
    equal: answers come on top.
    """
    n = max((len(o.verdicts) for point in points for o in point.outcomes), default=0)
    rows = []
    for long in points:
        alone = [pass_estimate(o.usable, o.correct, 1) for o in long.outcomes]
        for short in points:
            m, rest = divmod(long.budget, short.budget)
            if rest or not 1 < m <= n:
                continue
            voted = [cons_estimate(ballots(o), m) for o in short.outcomes]
            gain = difference(task, f"cons@{m}", list(zip(alone, voted, strict=True)))
            row = {"mode": long.mode, "tokens": long.budget, "m": m, "budget": short.budget}
            row |= {"pass@1": figure(alone).as_json(), f"cons@{m}": figure(voted).as_json()}
            rows.append(row | _gain(gain))
    return rows


def _points(
    store: Store, task: str, samples: int, mode: str, graded: Mapping[int, Graded]
) -> list[Point]:
    problems = [p for p in store.problems() if p.task == task]
    points = []
    for budget, grades in graded.items():
        outcomes, given = [], []
        for problem in problems:
            keys = [(task, problem.problem_id, index) for index in range(samples)]
            of_problem = [grades.get(key) for key in keys]
            given += [one for one in of_problem if one is not None]
            verdicts = [None if one is None else one.grade for one in of_problem]
            outcomes.append(
                ProblemOutcome(
                    problem.problem_id,
                    tuple(None if grade is None else grade.verdict for grade in verdicts),
                    votes(verdicts),
                    content(problem.question, problem.gold),
                )
            )
        if given:
            points.append(Point(mode, budget, outcomes, given))
    return points


def _rows(task: str, points: Sequence[Point], protocol: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    before = None
    for point in points:
        estimates = [pass_estimate(o.usable, o.correct, 1) for o in point.outcomes]
        gain = None
        if before is not None:
            gain = _gain(difference(task, "pass@1", list(zip(before, estimates, strict=True))))
        before = estimates
        tokens = [one.tokens for one in point.grades]
        forced = [one.forced_tokens for one in point.grades]
        rows.append(
            {
                "budget": point.budget,
                "mode": point.mode,
                "metrics": {k: f.as_json() for k, f in task_metrics(point.outcomes).items()},
                "finished": float(np.mean([one.finished for one in point.grades])),
                "outcomes": outcome_counts(point.outcomes),
                "answer_allowance": answer_allowance(protocol, task, point.budget),
                "tokens": {
                    "mean": round(float(np.mean(tokens)), 2),
                    "forced_mean": round(float(np.mean(forced)), 2),
                    "forced": int(sum(forced)),
                },
                "gain": gain,
            }
        )
    return rows


def _gain(gain: Difference) -> dict[str, Any]:
    return {"difference": gain.difference, "ci95": gain.ci95, "p_value": gain.p_value}
