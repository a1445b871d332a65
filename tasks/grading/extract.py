r"""The answer a text states, by the strongest sign of it.

>>> extract(r"So it is \boxed{\frac{1}{2}}. Not 3.")
Stated(answer='\\frac{1}{2}', sign='box')
>>> extract("4 + 5 = 9\n#### 9"), extract("<answer>449</answer>")
(Stated(answer='9', sign='####'), Stated(answer='449', sign='tag'))
>>> extract("Let me try a = 621, then b =") is None
True
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tasks.grading.boxes import last_boxed


class Stated(NamedTuple):
    """An answer and the sign by which it was found."""

    answer: str
    sign: str


def extract(text: str) -> Stated | None:
    """The stated answer of a text without its thought, or ``None``."""
    for sign, find in _SIGNS:
        answer = find(text)
        if answer:
            return Stated(answer, sign)
    return None


def _tag(text: str) -> str | None:
    found = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found[-1].strip() if found else None


def _hashes(text: str) -> str | None:
    found = re.findall(r"^####\s*(\S[^\n]*?)\s*$", text, re.MULTILINE)
    return found[-1] if found else None


_SIGNS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("box", last_boxed),
    ("tag", _tag),
    ("####", _hashes),
)
