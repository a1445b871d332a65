"""Rows of a user's file, graded: ``{gold, answer}`` or ``{gold, completion}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from tasks.errors import UserError
from tasks.grading.compare import grade_answer
from tasks.grading.completion import grade_completion
from tasks.grading.verdict import Grade
from tasks.problem import AnswerType


class Gradable(BaseModel):
    """The fields of a row that grading reads; a number is taken as its text. Others are ignored."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    gold: str
    """The correct answer."""
    answer: str | None = None
    """A bare answer, or null where there is none ..."""
    completion: str | None = None
    """... or a whole completion, of which the answer is extracted."""
    question: str | None = None
    """Settles what depends on it: does it ask in percent, in base 8?"""
    finish_reason: str | None = None
    """"stop", "length", or anything else where it is not known."""
    thought: Literal["auto", "prefilled"] = "auto"
    """"prefilled" when the prompt already opened the thought."""
    answer_type: AnswerType | None = None
    """"choice" extracts a letter from a completion; null does for a gold that is a letter."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Gradable:
        if {"answer", "completion"} <= self.model_fields_set:
            raise ValueError('has both "answer" and "completion": keep the one to grade')
        if not {"answer", "completion"} & self.model_fields_set:
            raise ValueError('lacks "answer" or "completion"')
        if "completion" in self.model_fields_set and self.completion is None:
            raise ValueError('"completion" must be text')
        return self

    def grade(self) -> Grade:
        if self.completion is None:
            return grade_answer(gold=self.gold, answer=self.answer or "", question=self.question)
        return grade_completion(
            gold=self.gold,
            completion=self.completion,
            question=self.question,
            finish_reason=self.finish_reason,
            thought=self.thought,
            answer_type=self.answer_type,
        )


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
        raise UserError(f"{place} {f'{field}: ' if field else ''}{message}") from error
