"""From a run folder to what the metrics read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from evals.outcomes import ProblemOutcome
from runs import record
from runs.grade import OURS
from runs.store import Store
from tasks.errors import UserError
from tasks.grading import Grade, Verdict, group_equivalent


def outcomes(folder: Path, grader: str = OURS) -> dict[str, list[ProblemOutcome]]:
    """Each task's problems with the verdicts and votes of all samples that were asked for.

    Raises UserError when the folder is not a run or ``grader`` did not grade all of its samples.
    """
    samples = record.read(folder).protocol["samples"]
    with Store(folder) as store:
        grades = every_grade(folder, store, grader)
        problems = store.problems()
    by_task: dict[str, list[ProblemOutcome]] = {}
    for problem in problems:
        of_problem = [
            grades.get((problem.task, problem.problem_id, index)) for index in range(samples)
        ]
        by_task.setdefault(problem.task, []).append(
            ProblemOutcome(
                problem.problem_id,
                tuple(g.verdict if g else None for g in of_problem),
                votes(of_problem),
                content(problem.question, problem.gold),
            )
        )
    return by_task


def every_grade(folder: Path, store: Store, grader: str) -> dict[tuple[str, str, int], Grade]:
    """Grades by (task, problem id, index). Raises UserError when a stored sample has none."""
    grades = store.grades(grader)
    keys = store.keys()
    if ungraded := len(keys - grades.keys()):
        raise UserError(
            f"{folder}: {ungraded} of {len(keys)} samples have no verdict of {grader}: "
            f"r1eval rescore {folder} --grader {grader}"
        )
    return grades


def content(question: str, gold: str) -> str:
    """What tells a problem from another of the same id.

    >>> content("1+1?", "2")
    '82831a5898978c02'
    """
    return hashlib.sha256(json.dumps([question, gold]).encode()).hexdigest()[:16]


def votes(grades: Sequence[Grade | None]) -> tuple[int | None, ...]:
    """Which answer each sample votes for; unfinished, unanswered and undecided ones abstain.

    All correct samples vote for one answer, the gold one; wrong ones are grouped by equivalence. A
    wrong one in which no answer was found abstains too.

    >>> right = Grade(Verdict.CORRECT, "1/2", "")
    >>> also = Grade(Verdict.CORRECT, "0.5", "")
    >>> wrong = Grade(Verdict.WRONG, "2", "")
    >>> votes([right, wrong, also, Grade(Verdict.WRONG, None, ""), None])
    (0, 1, 0, None, None)
    """
    answers = {
        i: grade.extracted
        for i, grade in enumerate(grades)
        if grade is not None and grade.verdict is Verdict.WRONG and grade.extracted is not None
    }
    wrong = dict(zip(answers, group_equivalent(list(answers.values())), strict=True))
    return tuple(
        0
        if g is not None and g.verdict is Verdict.CORRECT
        else wrong[i] + 1
        if i in wrong
        else None
        for i, g in enumerate(grades)
    )
