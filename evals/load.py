"""From a run folder to what the metrics read."""

from __future__ import annotations

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

    Raises UserError when the folder is not a run or was not graded by ``grader``.
    """
    samples = record.read(folder).protocol["samples"]
    with Store(folder) as store:
        grades = store.grades(grader)
        problems = store.problems()
        if not grades and store.keys():
            raise UserError(
                f"{folder} holds no verdicts of {grader}: r1eval rescore {folder} --grader {grader}"
            )
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
            )
        )
    return by_task


def votes(grades: Sequence[Grade | None]) -> tuple[int | None, ...]:
    """Which answer each sample votes for; unfinished, unanswered and undecided ones abstain.

    All correct samples vote for one answer, the gold one; wrong ones are grouped by equivalence.

    >>> right = Grade(Verdict.CORRECT, "1/2", "")
    >>> also = Grade(Verdict.CORRECT, "0.5", "")
    >>> wrong = Grade(Verdict.WRONG, "2", "")
    >>> votes([right, wrong, also, Grade(Verdict.TRUNCATED, None, ""), None])
    (0, 1, 0, None, None)
    """
    voting = [i for i, g in enumerate(grades) if g is not None and g.verdict is Verdict.WRONG]
    groups = group_equivalent([_answer(grades[i]) for i in voting])
    cast: dict[int, int] = dict(zip(voting, groups, strict=True))
    return tuple(
        0 if g is not None and g.verdict is Verdict.CORRECT else cast[i] + 1 if i in cast else None
        for i, g in enumerate(grades)
    )


def _answer(grade: Grade | None) -> str:
    return "" if grade is None or grade.extracted is None else grade.extracted
