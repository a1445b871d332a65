"""The grading pass: verdicts for every sample of a run, without asking the model again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Literal, cast

from runs.store import Store
from runs.stored import Sample, StoredProblem
from tasks.errors import UserError
from tasks.grading import Grade, Verdict, extract_answer, grade_completion
from tasks.grading.peers import by_math_verify, by_string
from tasks.problem import AnswerType
from tasks.schema import nearest
from tasks.usercode import call, load_function

OURS = "ours"
MATH_VERIFY = "math-verify"
STRING = "string"
PUBLISHED = "published"
UNKNOWN_END = "unknown"
"""The finish reason of an imported sample of which nobody said how it ended."""
GRADERS = (OURS, MATH_VERIFY, STRING, PUBLISHED)

_AT_ONCE = 128  # samples in memory

Grader = Callable[[StoredProblem, Sample], Grade]
NONE: Mapping[str, Grader] = {}


def grade_run(store: Store, grader: str = OURS, given: Mapping[str, Grader] = NONE) -> None:
    """Grade all samples with one of ``GRADERS``, or the user's ``file.py:function``.

    All verdicts of that grader are replaced at once. Raises UserError on a grader that is not
    there, that raises, or that returns neither a verdict nor a bool.
    """
    grade = find_grader(grader, store, given)
    problems = {(p.task, p.problem_id): p for p in store.problems()}

    def graded(sample: Sample) -> tuple[str, str, int, Grade]:
        problem = problems[sample.task, sample.problem_id]
        return sample.task, sample.problem_id, sample.index, grade(problem, sample)

    def all_graded() -> Iterator[tuple[str, str, int, Grade]]:
        samples = store.samples()
        while part := list(islice(samples, _AT_ONCE)):
            yield from pool.map(graded, part)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # symbolic grading waits on processes
        store.set_grades(grader, all_graded())


def find_grader(name: str, store: Store, given: Mapping[str, Grader] = NONE) -> Grader:
    """The grader of this name for the samples of ``store``; ``given`` are those that live higher.
    Raises UserError when there is none.
    """
    if name in given:
        return given[name]
    if name == OURS:
        return ours
    if name == MATH_VERIFY:
        return _by_math_verify
    if name == STRING:
        return _by_string
    if name == PUBLISHED:
        return _published(store)
    if ".py:" not in name:
        near = nearest(name, GRADERS)
        hint = f"did you mean {near[0]}?" if near else f"{', '.join(GRADERS)}, or file.py:function"
        raise UserError(f"unknown grader {name!r}: {hint}")
    function = load_function(name)

    def theirs(problem: StoredProblem, sample: Sample) -> Grade:
        returned = call(function, name, problem.gold, sample.text)
        if isinstance(returned, Grade):
            return returned
        verdict = _as_verdict(returned, name)
        answered = verdict in (Verdict.CORRECT, Verdict.WRONG)
        return Grade(verdict, _answer(problem, sample) if answered else None, name)

    return theirs


def ours(problem: StoredProblem, sample: Sample) -> Grade:
    return grade_completion(
        gold=problem.gold,
        completion=sample.text,
        question=problem.question,
        finish_reason=None if sample.finish_reason == UNKNOWN_END else sample.finish_reason,
        thought=_thought(problem),
        answer_type=cast(AnswerType, problem.answer_type),
    )


def _by_math_verify(problem: StoredProblem, sample: Sample) -> Grade:
    return by_math_verify(gold=problem.gold, completion=sample.text)


def _by_string(problem: StoredProblem, sample: Sample) -> Grade:
    return by_string(gold=problem.gold, completion=sample.text, otherwise=_answer(problem, sample))


def _published(store: Store) -> Grader:
    """The verdicts that came with an imported run. A sample without one is ``unsure``."""
    grades = store.grades(PUBLISHED)
    if not grades:
        raise UserError("this run has no published verdicts: they come with imported runs")
    none = Grade(Verdict.UNSURE, None, "no verdict was published")

    def published(problem: StoredProblem, sample: Sample) -> Grade:
        return grades.get((sample.task, sample.problem_id, sample.index), none)

    return published


def _answer(problem: StoredProblem, sample: Sample) -> str | None:
    """The answer that a sample states: what it votes for when the grader names none."""
    return extract_answer(
        completion=sample.text,
        finish_reason=None if sample.finish_reason == UNKNOWN_END else sample.finish_reason,
        thought=_thought(problem),
        answer_type=cast(AnswerType, problem.answer_type),
    )


def _thought(problem: StoredProblem) -> Literal["auto", "prefilled"]:
    return "prefilled" if problem.thought_prefilled else "auto"


def _as_verdict(returned: Any, name: str) -> Verdict:
    """What a user's grader returned: a bool, or one of the five verdicts."""
    if isinstance(returned, bool):
        return Verdict.CORRECT if returned else Verdict.WRONG
    try:
        return Verdict(returned)
    except ValueError as error:
        raise UserError(
            f"{name} returned {returned!r}: a grader returns a bool or one of "
            f"{', '.join(v.value for v in Verdict)}"
        ) from error
