"""Whose completions they are: problems of a task, or those that the file itself tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bridges.imports.completion import Completion
from tasks.errors import UserError
from tasks.fingerprint import fingerprint
from tasks.grading.words import only_letter
from tasks.problem import AnswerType, Problem, Task


@dataclass(frozen=True)
class Asked:
    """The problems in their order, and the completions of each by its id, by index."""

    name: str
    origin: str
    answer_type: AnswerType
    problems: Sequence[Problem]
    completions: Mapping[str, Mapping[int, Completion]]

    @property
    def samples(self) -> int:
        """The most that any problem has."""
        return max(max(of, default=-1) + 1 for of in self.completions.values())


def of_task(completions: Iterable[Completion], task: Task) -> Asked:
    """Questions and golds are the task's; a completion belongs where its question says, or its id
    where it has none. Raises UserError on one that belongs nowhere.
    """
    by_id = {problem.id: problem for problem in task.problems}
    by_text = {fingerprint(problem.question): problem for problem in task.problems}
    found: dict[str, list[Completion]] = {problem.id: [] for problem in task.problems}
    for one in completions:
        if one.question is not None:
            problem = by_text.get(fingerprint(one.question))
        else:
            problem = by_id.get(one.problem_id or "")
        if problem is None:
            what = "question" if one.question is not None else f"id {one.problem_id!r}"
            raise UserError(f"{one.place}: its {what} is not of {task.name} ({task.origin})")
        found[problem.id].append(one)
    asked = {name: _numbered(name, of) for name, of in found.items()}
    return Asked(task.name, task.origin, task.answer_type, task.problems, asked)


def of_file(completions: Iterable[Completion], name: str, origin: str) -> Asked:
    """Questions and golds are the file's own. Completions of one id, or without ids of one
    question, are of one problem. Raises UserError on one that tells no gold or no question, or
    another than the one before it.
    """
    problems: dict[str, Problem] = {}
    found: dict[str, list[Completion]] = {}
    for one in completions:
        if one.question is None or not (one.gold or "").strip():
            lacking = "question" if one.question is None else "gold answer"
            raise UserError(f"{one.place} has no {lacking}: name the task that it is of by --task")
        key = one.problem_id or fingerprint(one.question)
        problem = Problem(key, one.question, str(one.gold), one.question)
        if problems.setdefault(key, problem) != problem:
            raise UserError(f"{one.place}: problem {key} has another question or gold there before")
        found.setdefault(key, []).append(one)
    letters = all(only_letter(problem.gold) is not None for problem in problems.values())
    asked = {key: _numbered(key, of) for key, of in found.items()}
    return Asked(name, origin, "choice" if letters else "math", list(problems.values()), asked)


def _numbered(name: str, completions: Sequence[Completion]) -> dict[int, Completion]:
    """By index; where none is given, or all of a problem's rows count from 0, in their order."""
    indices = [one.index for one in completions]
    if None in indices or set(indices) == {0}:
        completions = [replace(one, index=n) for n, one in enumerate(completions)]
    counts = Counter(one.index for one in completions)
    for one in completions:
        if counts[one.index] > 1:
            raise UserError(f"{one.place}: problem {name} has completion {one.index} twice")
    return {one.index: one for one in completions if one.index is not None}
