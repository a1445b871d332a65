"""Filters by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from distill.filters.base import AnyFilter
from distill.filters.code import Code
from distill.filters.complete import Complete
from distill.filters.decontamination import Decontamination
from distill.filters.difficulty import Difficulty
from distill.filters.exact import Exact
from distill.filters.language import OneLanguage
from distill.filters.length import Length
from distill.filters.near import Near
from distill.filters.own import Own
from distill.filters.paragraphs import Paragraphs
from distill.filters.per_problem import PerProblem
from distill.filters.refusal import Refusal
from distill.filters.repetition import Repetition
from distill.filters.verdict import verdict
from tasks.errors import UserError
from tasks.schema import nearest
from tasks.usercode import load_function

FILTERS: Mapping[str, Callable[..., AnyFilter]] = {
    "verdict": verdict,
    "complete": Complete,
    "language": OneLanguage,
    "paragraphs": Paragraphs,
    "code": Code,
    "repetition": Repetition,
    "refusal": Refusal,
    "length": Length,
    "difficulty": Difficulty,
    "exact": Exact,
    "near": Near,
    "per_problem": PerProblem,
    "decontamination": Decontamination,
}


def find_filter(use: str, args: Mapping[str, Any]) -> AnyFilter:
    """Raises UserError when there is none of this name, or it does not take these arguments.

    >>> find_filter("complet", {})
    Traceback (most recent call last):
    tasks.errors.UserError: unknown filter 'complet': did you mean 'complete'?
    >>> find_filter("complete", {"though": False})
    Traceback (most recent call last):
    tasks.errors.UserError: the filter complete: unknown key 'though': did you mean 'thought'?
    """
    if ".py:" in use:
        load_function(use)  # it is missed now, not after an hour
        return Own(function=use, args=args)
    if use not in FILTERS:
        near = nearest(use, FILTERS)
        known = f"{', '.join(FILTERS)} or file.py:function"
        raise UserError(
            f"unknown filter {use!r}: {f'did you mean {near[0]!r}?' if near else known}"
        )
    try:
        return FILTERS[use](**args)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        raise UserError(f"the filter {use}: {place + ': ' if place else ''}{message}") from error
