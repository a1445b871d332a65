"""From rows to problems: which column holds what, and which part of it is the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from tasks.errors import UserError
from tasks.grading.boxes import last_boxed
from tasks.problem import Problem
from tasks.schema import Answer, Choices, Fields
from tasks.sources import Row

USER_FIELDS = Fields(id=("id",), question=("problem",), answer=(Answer(column="answer"),))
"""A user's own file: ``problem`` and ``answer``, and ``id`` where there is one."""

LETTERS = "ABCDEFGH"


def problems_from(rows: Sequence[Row], fields: Fields, prompt: str) -> list[Problem]:
    """One problem a row; a row without an id column takes its position, counted from 0.

    >>> row = Row("line 1", {"question": "2 + 2?", "answer": "2 + 2 = 4\\n#### 4"})
    >>> answer = Answer(column="answer", take="after_hashes")
    >>> fields = Fields(question=("question",), answer=(answer,))
    >>> (made,) = problems_from([row], fields, "{problem}")
    >>> made == Problem(id="0", question="2 + 2?", gold="4", prompt="2 + 2?")
    True

    Raises UserError on a missing column, naming the columns there are, and on an empty question.
    """
    problems = []
    for position, row in enumerate(rows):
        question = text_of(row.columns[column(row, fields.question)])
        if not question.strip():
            raise UserError(f"{row.place} has an empty problem text")
        named = next((name for name in fields.id if row.columns.get(name) is not None), None)
        key = str(position) if named is None else text_of(row.columns[named])
        if fields.choices:
            shown = shown_choices(row, fields.choices, key)
            letters = dict(zip(LETTERS, shown, strict=False))
            gold = LETTERS[shown.index(text_of(row.columns[fields.choices.correct]).strip())]
            put = prompt.format(problem=question, **letters)
        else:
            gold = gold_of(row, fields.answer)
            put = prompt.format(problem=question)
        problems.append(Problem(id=key, question=question, gold=gold, prompt=put))
    return problems


def column(row: Row, names: Sequence[str]) -> str:
    """The first of ``names`` that the row has."""
    for name in names:
        if name in row.columns:
            return name
    raise UserError(
        f"{row.place} has no column {' or '.join(map(repr, names))}: "
        f"it has {', '.join(map(repr, row.columns))}"
    )


def gold_of(row: Row, answers: Sequence[Answer]) -> str:
    """The gold answer from the first answer column that the row has; empty when it holds none."""
    name = column(row, [answer.column for answer in answers])
    take = next(answer.take for answer in answers if answer.column == name)
    text = text_of(row.columns[name])
    if take == "after_hashes":
        text = text.rpartition("####")[2]
    elif take == "last_boxed":
        text = last_boxed(text) or ""
    return text.strip()


def text_of(value: Any) -> str:
    """A cell as text: a list is its parts with commas between, nothing is empty.

    >>> text_of(["$69$", "$84$"]), text_of(7), text_of(None)
    ('$69$, $84$', '7', '')
    """
    if value is None:
        return ""
    return ", ".join(map(text_of, value)) if isinstance(value, list | tuple) else str(value)


def shown_choices(row: Row, choices: Choices, problem_id: str) -> list[str]:
    """The options in the order they are shown, which the problem's id alone fixes.

    They stand in the order of sha256(id, option), so neither Python's random numbers nor the order
    of the columns has a say.

    >>> capitals = Row("row 1", {"right": "Paris", "w1": "Rome", "w2": "Oslo", "w3": "Bern"})
    >>> shown_choices(capitals, Choices(correct="right", wrong=("w1", "w2", "w3")), "rec1")
    ['Paris', 'Oslo', 'Rome', 'Bern']
    """
    options = [
        text_of(row.columns[column(row, [name])]).strip()
        for name in (choices.correct, *choices.wrong)
    ]
    if len(set(options)) < len(options):
        raise UserError(f"{row.place} has two equal options")
    return sorted(
        options, key=lambda option: hashlib.sha256(f"{problem_id}\n{option}".encode()).digest()
    )
