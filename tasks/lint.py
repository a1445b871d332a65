"""What is wrong with a task's data: ids, golds, and texts that are not those of the known copy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.fingerprint import KnownCopy, fingerprint, known_copies
from tasks.grading import Verdict, grade_answer, grade_completion
from tasks.grading.braces import groups
from tasks.load import local_copy, read_catalogue_task, read_task
from tasks.problem import AnswerType, Problem, Task
from tasks.schema import read_spec, task_names
from tasks.wording import Piece, lost_words, match_problems, word_diff

FORMS: Mapping[AnswerType, re.Pattern[str]] = {
    "integer": re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)"),
    "number": re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"),
    "choice": re.compile(r"[A-H]"),
}
NAMES: Mapping[AnswerType, str] = {
    "integer": "an integer",
    "number": "a number",
    "choice": "a letter",
}


@dataclass(frozen=True)
class Finding:
    """One thing to look at: what is wrong, and with which problem (None: with all of them)."""

    problem_id: str | None
    message: str


@dataclass(frozen=True)
class TextDifference:
    """A problem whose text is not that of the known copy, or of the copy it was compared with.

    Where a copy with other words is at hand, ``other_id`` is the problem's id there, ``pieces``
    show the words and ``lost`` those of its prose that are gone. Else only the fingerprint is known
    to differ: ``other_id`` is None.
    """

    problem_id: str
    other_id: str | None
    pieces: tuple[Piece, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What ``lint`` found. ``copies``: each known copy and how many of the texts are as there."""

    task: Task
    findings: tuple[Finding, ...]
    differences: tuple[TextDifference, ...]
    copies: tuple[tuple[KnownCopy, int], ...]
    compared_with: str | None

    @property
    def clean(self) -> bool:
        return not self.findings and not self.differences


def lint(name: str, data: Path | None = None, against: Path | None = None) -> Report:
    """Check the task ``name`` (anything ``load_task`` takes), read from ``data`` where given.

    Texts are held against the fingerprints of the first known copy, and word by word against the
    file ``against``; without one, ``data`` is held against the copy in ``$R1EVAL_DATA_DIR``.
    Raises UserError as ``load_task`` does, but duplicate ids and empty golds are findings here.
    """
    task = read(name, data)
    known = name in task_names()
    copies = known_copies(name) if known else []
    other_file = against or (local_copy(name) if data else None)
    other = read(name, other_file).problems if other_file else ()
    pairs = match_problems(task.problems, other)
    findings = [
        *(count_findings(task, read_spec(name).problems) if known else ()),
        *id_findings(task.problems),
        *gold_findings(task, read_spec(name).answer_range if known else None),
        *gold_differences(task.problems, pairs),
    ]
    return Report(
        task=task,
        findings=tuple(findings),
        differences=tuple(text_differences(task.problems, pairs, copies[:1])),
        copies=tuple((copy, copy.shared(task.problems)) for copy in copies),
        compared_with=str(other_file) if other_file else None,
    )


def read(name: str, file: Path | None) -> Task:
    """The task ``name``, its rows taken from ``file`` where given."""
    return read_catalogue_task(name, file) if name in task_names() else read_task(str(file or name))


def count_findings(task: Task, expected: int) -> Iterator[Finding]:
    """A copy with more or fewer problems than the catalogue knows."""
    if len(task.problems) != expected:
        yield Finding(None, f"{len(task.problems)} problems where the catalogue says {expected}")


def id_findings(problems: Sequence[Problem]) -> Iterator[Finding]:
    """Ids that occur more than once."""
    for key, count in Counter(problem.id for problem in problems).items():
        if count > 1:
            yield Finding(key, f"duplicate id: {count} problems have it")


def gold_findings(task: Task, allowed: tuple[int, int] | None) -> Iterator[Finding]:
    """Golds that are empty, not of the task's type, out of ``allowed``, or beyond the grader."""
    for problem in task.problems:
        if fault := gold_fault(problem.gold, task.answer_type, allowed):
            yield Finding(problem.id, fault)


def gold_fault(gold: str, kind: AnswerType, allowed: tuple[int, int] | None) -> str | None:
    r"""What is wrong with one gold answer, if anything is.

    >>> gold_fault("1000", "integer", (0, 999))
    'gold 1000 is outside 0 to 999'
    >>> gold_fault("27.0", "integer", None)
    'gold 27.0 is not an integer'
    >>> gold_fault(r"\frac{1}{2", "math", None)
    'gold \\frac{1}{2 has unpaired braces'
    """
    if not gold.strip():
        return "empty gold"
    if form := FORMS.get(kind):
        if not form.fullmatch(gold.strip()):
            return f"gold {gold} is not {NAMES[kind]}"
        if allowed and not allowed[0] <= int(gold.replace(",", "")) <= allowed[1]:
            return f"gold {gold} is outside {allowed[0]} to {allowed[1]}"
    if not any(sign.isalnum() for sign in gold):
        return f"gold {gold} says nothing that can be graded"
    if groups(f"{{{gold}}}").get(0) != len(gold) + 1:
        return f"gold {gold} has unpaired braces"
    grade = grade_completion(gold=gold, completion=rf"The answer is $\boxed{{{gold}}}$.")
    if grade.verdict is not Verdict.CORRECT:
        return f"gold {gold} is not graded as correct when it is the answer: {grade.reason}"
    return None


def gold_differences(
    problems: Sequence[Problem], pairs: Mapping[int, Problem]
) -> Iterator[Finding]:
    """Golds that are another answer in the other copy (``27.0`` and ``27`` are the same)."""
    for at, other in pairs.items():
        gold = problems[at].gold
        if grade_answer(gold=other.gold, answer=gold).verdict is not Verdict.CORRECT:
            yield Finding(problems[at].id, f"gold {gold} is {other.gold} in the other copy")


def text_differences(
    problems: Sequence[Problem], pairs: Mapping[int, Problem], reference: Sequence[KnownCopy]
) -> Iterator[TextDifference]:
    """Texts that are not those of the ``reference`` (none or one) or of their pair, in words where
    the pair has other words."""
    known = {value for copy in reference for value in copy.hashes.values()}
    for at, problem in enumerate(problems):
        own = fingerprint(problem.question)
        unknown = bool(known) and own not in known
        other = pairs.get(at)
        if other and fingerprint(other.question) != own:
            old, new = other.question, problem.question
            yield TextDifference(
                problem.id, other.id, tuple(word_diff(old, new)), tuple(lost_words(old, new))
            )
        elif unknown:
            yield TextDifference(problem.id, None)
