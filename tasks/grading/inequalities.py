r"""Inequalities in one unknown as intervals, so that ``1 \le x < 3`` and ``[1, 3)`` meet.

>>> as_interval(r"1 \le x < 3"), as_interval("5 > x"), as_interval(r"x \in [-2, 7]")
('[1,3)', '(-\\infty,5)', '[-2, 7]')
>>> as_interval("-x > -1") is None, as_interval("y = 3") is None
(True, True)
"""

from __future__ import annotations

import re

_RELATION = re.compile(r"(\\le(?![a-z])|\\ge(?![a-z])|<\s*=?|>\s*=?)")
_NAME = re.compile(r"(?:[a-zA-Z]|\\(?!pi|infty)[a-zA-Z]+)(?:_\{?\w+\}?)?")
_REALS = (r"\mathbb{R}", r"\mathbb R", r"\text{all real numbers}")
_BUILDER = re.compile(r"\\\{\s*[a-zA-Z]\s*(?:\\mid|\||:)(?P<condition>.*)\\\}", re.DOTALL)
_HOLE = re.compile(r"[a-zA-Z]\s*\\ne(?![a-z])\s*(?P<value>[^<>=,]+)")
_MEMBER = re.compile(r"\\?[a-zA-Z](?:_\{?\w+\}?)?\s*\\in\s*(?P<set>.+)", re.DOTALL)


def as_interval(text: str) -> str | None:
    r"""The interval that tidy text describes, or ``None``. The unknown's name is not kept.

    >>> as_interval(r"\{x \mid x > 2\}"), as_interval(r"\mathbb{R}")
    ('(2,\\infty)', '(-\\infty,\\infty)')
    """
    if text in _REALS:
        return r"(-\infty,\infty)"
    builder = _BUILDER.fullmatch(text)
    if builder is not None:
        return as_interval(builder["condition"].strip())
    member = _MEMBER.fullmatch(text)
    if member is not None:
        return member["set"].strip()
    hole = _HOLE.fullmatch(text)
    if hole is not None:
        return rf"(-\infty,{hole['value']}) \cup ({hole['value']},\infty)"
    pieces = [piece.strip() for piece in _RELATION.split(text)]
    if len(pieces) == 3 and _NAME.fullmatch(pieces[0]):
        return _bound(pieces[1], pieces[2])
    if len(pieces) == 3 and _NAME.fullmatch(pieces[2]):
        return _bound(_turned(pieces[1]), pieces[0])
    if len(pieces) == 5 and _NAME.fullmatch(pieces[2]) and _less(pieces[1]) == _less(pieces[3]):
        low, first, _, second, high = pieces
        if not _less(first):
            low, first, second, high = high, _turned(second), _turned(first), low
        return f"{_opening(first)}{low},{high}{_closing(second)}"
    return None


def _bound(relation: str, value: str) -> str:
    if _less(relation):
        return rf"(-\infty,{value}{_closing(relation)}"
    return rf"{_opening(_turned(relation))}{value},\infty)"


def _less(relation: str) -> bool:
    return relation.startswith((r"\le", "<"))


def _strict(relation: str) -> bool:
    return relation in ("<", ">")


def _turned(relation: str) -> str:
    if _strict(relation):
        return ">" if relation == "<" else "<"
    return r"\ge" if _less(relation) else r"\le"


def _opening(relation: str) -> str:
    return "(" if _strict(relation) else "["


def _closing(relation: str) -> str:
    return ")" if _strict(relation) else "]"
