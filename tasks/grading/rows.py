"""Rows of a user's file, graded: ``{gold, answer}`` or ``{gold, completion}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError, ValidationInfo, field_validator, model_validator

from tasks.errors import UserError, in_one
from tasks.grading.compare import grade_answer
from tasks.grading.completion import Thought, grade_completion
from tasks.grading.given import FINISH_REASONS, THOUGHTS, as_text, check_name
from tasks.grading.verdict import Grade
from tasks.problem import ANSWER_TYPES, AnswerType
from tasks.sources import Row

_NAMES = {"finish_reason": FINISH_REASONS, "thought": THOUGHTS, "answer_type": ANSWER_TYPES}


class Gradable(BaseModel):
    """The fields of a row that grading reads; a number is taken as its text. Others are ignored.

    Null, or an empty cell of a CSV, leaves a field out.
    """

    gold: str
    """The correct answer."""
    answer: str | None = None
    """A bare answer, or null where there is none ..."""
    completion: str | None = None
    """... or a whole completion, of which the answer is extracted."""
    question: str | None = None
    """Settles what depends on it: does it ask in percent, in base 8?"""
    finish_reason: str | None = None
    """"stop", "length", or null where it is not known."""
    thought: Thought | None = None
    """"prefilled" when the prompt already opened the thought."""
    answer_type: AnswerType | None = None
    """"choice" extracts a letter from a completion; null does for a gold that is a letter. An
    answer is compared as it stands."""

    @field_validator("gold", "answer", "completion", "question", mode="before")
    @classmethod
    def _text(cls, value: object, info: ValidationInfo) -> str | None:
        name = str(info.field_name)
        if value is None and name in ("answer", "question"):
            return None
        try:
            return as_text(name, value)
        except TypeError as error:
            raise ValueError(str(error)) from error

    @field_validator(*_NAMES, mode="before")
    @classmethod
    def _known(cls, value: object, info: ValidationInfo) -> object:
        name = str(info.field_name)
        value = None if value == "" else value
        check_name(name, value, _NAMES[name])
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> Gradable:
        if {"answer", "completion"} <= self.model_fields_set:
            raise ValueError('has both "answer" and "completion": keep the one to grade')
        if not {"answer", "completion"} & self.model_fields_set:
            raise ValueError('lacks "answer" or "completion"')
        if "answer" in self.model_fields_set and self.answer_type == "choice":
            raise ValueError(
                'has answer_type "choice", which is for a completion: an answer is compared as it '
                "stands, as a choice where the gold is a letter; leave answer_type out"
            )
        return self

    def grade(self) -> Grade:
        if self.completion is None:
            return grade_answer(gold=self.gold, answer=self.answer or "", question=self.question)
        return grade_completion(
            gold=self.gold,
            completion=self.completion,
            question=self.question,
            finish_reason=self.finish_reason,
            thought=self.thought or "auto",
            answer_type=self.answer_type,
        )


def read_gradables(rows: Sequence[Row]) -> list[Gradable]:
    """All rows as grading reads them. Raises one UserError that names the first broken rows."""
    gradable: list[Gradable] = []
    broken: list[tuple[str, UserError]] = []
    for row in rows:
        try:
            gradable.append(read_gradable(row.columns, row.place))
        except UserError as error:
            broken.append((row.place, error))
    if broken:
        raise in_one(broken)
    return gradable


def read_gradable(columns: Mapping[str, Any], place: str) -> Gradable:
    """The row as grading reads it. Raises UserError that names ``place`` ("line 7 of FILE").

    >>> read_gradable({"gold": 73, "answer": "073"}, "line 1").grade().verdict
    <Verdict.CORRECT: 'correct'>
    """
    try:
        return Gradable.model_validate(columns)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        if first["type"] == "missing":
            raise UserError(f'{place} lacks "{field}"') from error
        message = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{place}{':' if field else ''} {message}") from error
