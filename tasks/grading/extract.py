r"""The answer a text states, by the strongest sign of it.

>>> extract(r"So it is \boxed{\frac{1}{2}}. Not 3.")
Stated(answer='\\frac{1}{2}', sign='box')
>>> extract("4 + 5 = 9\n#### 9"), extract("<answer>449</answer>")
(Stated(answer='9', sign='####'), Stated(answer='449', sign='tag'))
>>> extract("Let me try another value. " * 20 + "Then b = 3") is None
True
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tasks.grading.boxes import last_boxed
from tasks.grading.prose import concluded


class Stated(NamedTuple):
    """An answer and the sign by which it was found."""

    answer: str
    sign: str


def extract(text: str, *, finished: bool = False) -> Stated | None:
    """The stated answer of a text without its thought, or ``None``.

    ``finished`` says that the text is known not to be cut off.
    """
    explicit = extract_explicit(text)
    if explicit is not None:
        return explicit
    answer = concluded(text, finished=finished)
    return Stated(answer, "sentence") if answer else None


def extract_explicit(text: str) -> Stated | None:
    """An answer that was marked as one: it counts even in a text that was cut off after it."""
    for sign, find in _SIGNS:
        answer = find(text)
        if answer:
            return Stated(answer, sign)
    return None


def _tag(text: str) -> str | None:
    for before in reversed(text.split("</answer>")[:-1]):
        _, opening, answer = before.rpartition("<answer>")
        if opening:
            return answer.strip()
    return None


def _hashes(text: str) -> str | None:
    found = re.findall(r"^####\s*(\S[^\n]*)", text, re.MULTILINE)
    return found[-1].rstrip() if found else None


_SIGNS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("box", last_boxed),
    ("tag", _tag),
    ("####", _hashes),
)
