r"""What an answer says without the words around it: conditions, and other ways to describe a set.

>>> plain(r"b t \text{ for } t > 0"), plain(r"1 \le x < 3"), plain("(35+70=105)")
('b t', '[1,3)', '35+70=105')
>>> plain(r"n \equiv 1 \pmod{4}"), plain(r"17 \pmod{20}")
('n = 1 + 4n_Z', '17')
"""

from __future__ import annotations

import re

from tasks.grading.braces import is_wrapped, split_top
from tasks.grading.inequalities import as_interval
from tasks.grading.shapes import PARAMETER, without_condition

_CONGRUENCE = re.compile(
    r"(?P<name>[a-zA-Z])\s*\\equiv\s*(?P<residue>-?\d+)\s*\(?\s*\\(?:pmod|mod|bmod|text\s*\{\s*mod\s*\})"
    r"\s*\{?\s*(?P<modulus>\d+)\s*\}?\s*\)?"
)
_REMAINDER = re.compile(
    r"^(-?\d+)\s*(?:\\pmod\s*\{?\s*\d+\s*\}?|\(\s*\\b?mod\s*\{?\s*\d+\s*\}?\s*\))$"
)


def plain(text: str) -> str:
    """Tidy text without conditions, a described set of reals as its interval."""
    if r"\equiv" in text and "mod" not in text:
        text = text.replace(r"\equiv", "=")  # of functions
    text = without_condition(text).removeprefix("+").strip()
    text = _REMAINDER.sub(r"\1", _CONGRUENCE.sub(_as_family, text))
    if (
        text[:1] == "("
        and "=" in text
        and is_wrapped(text)
        and len(split_top(text[1:-1], ",")) == 1
    ):
        text = text[1:-1].strip()
    return as_interval(text) or text


def _as_family(match: re.Match[str]) -> str:
    r"""``n \equiv 1 \pmod 4`` is n = 1 + 4k for a whole number k."""
    return f"{match['name']} = {match['residue']} + {match['modulus']}{PARAMETER}"
