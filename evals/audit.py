"""Several graders on one run: what each makes of the figure, and the samples they dispute."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

from evals.compare import Difference, difference
from evals.load import every_grade
from evals.metrics import Figure, figure, pass_estimate
from evals.outcomes import ProblemOutcome, outcome_counts
from runs import record
from runs.files import written_whole
from runs.store import Store
from runs.stored import StoredProblem
from tasks.grading.verdict import Grade, Verdict

FILE = "audit.jsonl"

Grades = dict[tuple[str, str, int], Grade]


@dataclass(frozen=True)
class Opinion:
    """What one grader makes of a task: pass@1, how many samples got each verdict, and the gain in
    pass@1 over the first grader, paired by problem (``None`` for the first itself).
    """

    grader: str
    pass_at_1: Figure
    outcomes: dict[str, int]
    gain: Difference | None


@dataclass(frozen=True)
class Pair:
    """How many samples two graders agree on; ``only_a``: a alone says correct."""

    a: str
    b: str
    agree: int
    only_a: int
    only_b: int
    one_unsure: int


@dataclass(frozen=True)
class Disputed:
    """A sample on which graders disagree, with the grade of each."""

    task: str
    problem_id: str
    index: int
    gold: str
    grades: dict[str, Grade]

    @property
    def extracted(self) -> str | None:
        """The answer as the first grader read it that names one."""
        return next((g.extracted for g in self.grades.values() if g.extracted is not None), None)


@dataclass(frozen=True)
class TaskAudit:
    """The graders' opinions of one task, each pair of them, and what they dispute."""

    task: str
    opinions: list[Opinion]
    pairs: list[Pair]
    disputed: list[Disputed]


def audit(folder: Path, graders: Sequence[str]) -> list[TaskAudit]:
    """Hold the stored verdicts of ``graders`` against each other, task by task.

    Graders disagree on a sample when they do not count it alike: as correct, as not correct
    (``wrong``, ``no_answer`` and ``truncated`` are one), or not at all (``unsure``). Raises
    UserError when one of them has not graded all samples.
    """
    samples = record.read(folder).protocol["samples"]
    with Store(folder) as store:
        grades = {name: every_grade(folder, store, name) for name in graders}
        problems = store.problems()
    return [
        _audit_task([p for p in problems if p.task == task], samples, grades)
        for task in dict.fromkeys(p.task for p in problems)
    ]


def write_audit(folder: Path, audits: Sequence[TaskAudit]) -> None:
    """Every disputed sample as a row of ``audit.jsonl``; without any the file is empty."""
    with written_whole(folder / FILE) as temporary, temporary.open("w", encoding="utf-8") as file:
        for disputed in (row for task in audits for row in task.disputed):
            row = {
                "task": disputed.task,
                "problem_id": disputed.problem_id,
                "index": disputed.index,
                "gold": disputed.gold,
                "extracted": disputed.extracted,
                "graders": {name: asdict(grade) for name, grade in disputed.grades.items()},
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def counts_as(grade: Grade) -> bool | None:
    """Correct, not correct, or (``None``) not at all.

    >>> [counts_as(Grade(verdict, None, "")) for verdict in Verdict]
    [True, False, False, False, None]
    """
    return None if grade.verdict is Verdict.UNSURE else grade.verdict is Verdict.CORRECT


def _audit_task(
    problems: Sequence[StoredProblem], samples: int, grades: dict[str, Grades]
) -> TaskAudit:
    task = problems[0].task
    asked = [(problem, index) for problem in problems for index in range(samples)]
    of_sample = [
        (problem, index, {name: given[key] for name, given in grades.items()})
        for problem, index in asked
        if (key := (task, problem.problem_id, index)) in next(iter(grades.values()))
    ]
    return TaskAudit(
        task,
        _opinions(problems, samples, grades),
        [_pair(a, b, [given for *_, given in of_sample]) for a, b in combinations(grades, 2)],
        [
            Disputed(task, problem.problem_id, index, problem.gold, given)
            for problem, index, given in of_sample
            if len({counts_as(grade) for grade in given.values()}) > 1
        ],
    )


def _opinions(
    problems: Sequence[StoredProblem], samples: int, grades: dict[str, Grades]
) -> list[Opinion]:
    task = problems[0].task
    outcomes = {name: _outcomes(problems, samples, given) for name, given in grades.items()}
    estimates = {
        name: [pass_estimate(o.usable, o.correct, 1) for o in of_grader]
        for name, of_grader in outcomes.items()
    }
    first = next(iter(grades))
    return [
        Opinion(
            name,
            figure(estimates[name]),
            outcome_counts(outcomes[name]),
            None
            if name == first
            else difference(
                task, "pass@1", list(zip(estimates[first], estimates[name], strict=True))
            ),
        )
        for name in grades
    ]


def _outcomes(
    problems: Sequence[StoredProblem], samples: int, grades: Grades
) -> list[ProblemOutcome]:
    """Verdicts alone: pass@1 needs no votes."""
    outcomes = []
    for problem in problems:
        given = [grades.get((problem.task, problem.problem_id, i)) for i in range(samples)]
        verdicts = tuple(grade.verdict if grade else None for grade in given)
        outcomes.append(ProblemOutcome(problem.problem_id, verdicts, (None,) * samples))
    return outcomes


def _pair(a: str, b: str, given: Sequence[dict[str, Grade]]) -> Pair:
    """Every sample is counted once.

    >>> right, wrong = Grade(Verdict.CORRECT, "1", ""), Grade(Verdict.WRONG, "1", "")
    >>> unsure = Grade(Verdict.UNSURE, "1", "")
    >>> _pair("a", "b", [{"a": right, "b": other} for other in (right, wrong, unsure)])
    Pair(a='a', b='b', agree=1, only_a=1, only_b=0, one_unsure=1)
    """
    counts = Counter((counts_as(grades[a]), counts_as(grades[b])) for grades in given)
    agree = sum(count for (left, right), count in counts.items() if left == right)
    only_a, only_b = counts[True, False], counts[False, True]
    return Pair(a, b, agree, only_a, only_b, len(given) - agree - only_a - only_b)
