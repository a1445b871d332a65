"""The grading pass: verdicts for every sample of a run, without asking the model again."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from runs.store import Sample, Store, StoredProblem
from tasks.errors import UserError
from tasks.grading import Grade, Verdict, grade_completion
from tasks.problem import AnswerType
from tasks.usercode import load_function

OURS = "ours"

Grader = Callable[[StoredProblem, Sample], Grade]


def grade_run(store: Store, grader: str = OURS) -> None:
    """Grade all samples with ``grader``: ``"ours"``, or the user's ``file.py:function``.

    All verdicts of that grader are replaced at once. Raises UserError on a grader that is not there
    or that returns neither a verdict nor a bool.
    """
    grade = find_grader(grader)
    problems = {(p.task, p.problem_id): p for p in store.problems()}

    def graded(sample: Sample) -> tuple[str, str, int, Grade]:
        problem = problems[sample.task, sample.problem_id]
        return sample.task, sample.problem_id, sample.index, grade(problem, sample)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # symbolic grading waits on processes
        store.set_grades(grader, list(pool.map(graded, list(store.samples()))))


def find_grader(name: str) -> Grader:
    """The grader of this name. Raises UserError when there is none."""
    if name == OURS:
        return _ours
    if ".py:" not in name:
        raise UserError(f"unknown grader {name!r}: {OURS}, or file.py:function")
    function = load_function(name)

    def theirs(problem: StoredProblem, sample: Sample) -> Grade:
        return _as_grade(function(problem.gold, sample.text), name)

    return theirs


def _ours(problem: StoredProblem, sample: Sample) -> Grade:
    return grade_completion(
        gold=problem.gold,
        completion=sample.text,
        question=problem.question,
        finish_reason=sample.finish_reason,
        thought="prefilled" if problem.thought_prefilled else "auto",
        answer_type=cast(AnswerType, problem.answer_type),
    )


def _as_grade(returned: Any, name: str) -> Grade:
    """What a user's grader returned: a bool, one of the five verdicts, or a `Grade`."""
    if isinstance(returned, Grade):
        return returned
    if isinstance(returned, bool):
        return Grade(Verdict.CORRECT if returned else Verdict.WRONG, None, name)
    try:
        return Grade(Verdict(returned), None, name)
    except ValueError as error:
        raise UserError(
            f"{name} returned {returned!r}: a grader returns a bool or one of "
            f"{', '.join(v.value for v in Verdict)}"
        ) from error
