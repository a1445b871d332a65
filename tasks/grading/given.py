"""What a caller hands to the grader, checked: texts, and the names that say how to read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

FINISH_REASONS = ("stop", "length")
THOUGHTS = ("auto", "prefilled")


def as_text(name: str, value: object) -> str:
    """A text as it is, a number as its text.

    Raises TypeError on anything else, ValueError on a number that is none.

    >>> as_text("gold", 73), as_text("gold", 0.5), as_text("gold", "073")
    ('73', '0.5', '073')
    >>> as_text("gold", None)
    Traceback (most recent call last):
    TypeError: gold must be text or a number, not None
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = "None" if value is None else type(value).__name__
        raise TypeError(f"{name} must be text or a number, not {kind}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be text or a finite number, not {value}")
    return str(value)


def check_name(name: str, value: object, known: Sequence[str]) -> None:
    """Raises ValueError unless ``value`` is one of the names ``known``, or ``None``: left out.

    >>> check_name("finish_reason", "LENGTH", FINISH_REASONS)
    Traceback (most recent call last):
    ValueError: finish_reason is 'LENGTH': give 'stop' or 'length', or leave it out
    """
    if value is not None and value not in known:
        *others, last = map(repr, known)
        raise ValueError(
            f"{name} is {value!r}: give {', '.join(others)} or {last}, or leave it out"
        )
