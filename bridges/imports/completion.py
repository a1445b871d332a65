"""A completion that was made elsewhere, whatever the file that it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.errors import UserError
from tasks.grading import Verdict


@dataclass(frozen=True)
class Completion:
    """``place`` is for people ("line 7 of a.jsonl"). What the file does not say is ``None``:
    ``problem_id``, ``question``, ``gold``, ``finish_reason`` ("stop" or "length"), the verdict that
    was ``published`` with it and the ``answer`` that this verdict was about. ``drawn`` holds what
    is known of how it was drawn, under the names of a protocol.
    """

    place: str
    text: str
    problem_id: str | None = None
    question: str | None = None
    gold: str | None = None
    index: int | None = None
    finish_reason: str | None = None
    published: Verdict | None = None
    answer: str | None = None
    drawn: Mapping[str, Any] | None = None


def verdict_of(value: Any, place: str) -> Verdict | None:
    """A verdict as files say it: a truth value, a share of 1, or one of our own words.

    >>> [verdict_of(v, "line 1") for v in (True, 0.0, "correct", "truncated", None)]
    [<Verdict.CORRECT: 'correct'>, <Verdict.WRONG: 'wrong'>, <Verdict.CORRECT: 'correct'>, \
<Verdict.TRUNCATED: 'truncated'>, None]

    Raises UserError on anything else, naming the place.
    """
    if value is None:
        return None
    if isinstance(value, str) and value in set(Verdict):
        return Verdict(value)
    if isinstance(value, int | float) and value in (0, 1):
        return Verdict.CORRECT if value else Verdict.WRONG
    raise UserError(f"{place}: {value!r} is no verdict")


def as_text(value: Any) -> str | None:
    """A gold or an id as text; whole numbers without a point.

    >>> as_text(27.0), as_text(0.5), as_text("073"), as_text(None)
    ('27', '0.5', '073', None)
    """
    if value is None or isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
