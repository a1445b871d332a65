r"""Both sides of an equation: ``x = 5`` names the value 5, ``x + y = 5`` is an equation.

>>> read_sides("x=5"), read_sides(r"\frac{9}{2} = 4.5")
(Sides(name='x', argument='', value='5'), Sides(name='', argument='', value='\\frac{9}{2}'))
>>> read_sides("x^2 + y^2 = 1") is None, read_sides(r"f(x) \approx 0.5")
(True, Sides(name='f', argument='x', value='0.5'))
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tasks.grading.arithmetic import evaluate
from tasks.grading.expressions import (
    Unevaluated,
    Unreadable,
    name_derivatives,
    names_of,
    parse,
    same_trees,
    split_equals,
)
from tasks.grading.letters import single_letters
from tasks.grading.shapes import PARAMETER
from tasks.grading.tidy import squeeze


class Sides(NamedTuple):
    """A value and the name it was given, of a function with its one argument; empty if none."""

    name: str
    argument: str
    value: str


_APPROX = re.compile(r"\\(?:approx|simeq|thickapprox|sim)(?![a-zA-Z])")
_INDEX = re.compile(r"_(?:\{[^{}]*\}|\w)")
_ARGUMENTS = re.compile(r"(?<=.)\((?P<letter>[a-z](?:,[a-z])*)\)$")
_NO_NAME = re.compile(
    r"[\d^<>']|\\frac\s*\{\s*d|\\(?:d?dot|prime|partial|sqrt|le|ge|ne)(?![a-zA-Z])"
)
_VALUE_AT = re.compile(
    r"\\?[a-zA-Z]+(?:_(?:\{[^{}]*\}|\w))?\((?:-?\d+(?:,\s*-?\d+)*|[A-Z]\s*(?:=|[<>]|\\[lg]e)[^()]*)\)"
)
_FUNCTION = re.compile(r"\\(?:arc)?(?:sin|cos|tan|cot|sec|csc|ln|log|exp)(?![a-zA-Z])")
_SEVERAL = re.compile(r"[+/-]|\\(?:frac|times|cdot)(?![a-zA-Z])")
_UNKNOWNS = frozenset("xyz")
"""``x + y = 5`` is a line; ``m + n = 33`` is what an answer is called."""
_DERIVED = re.compile(r"\\partial|\\frac\s*\{\s*d|\\d?dot|'|\\prime")
_DERIVATIVE = re.compile(r"(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\{\w+\}|\w))?'{1,2}")


def read_sides(text: str) -> Sides | None:
    """Name and value of tidy text; ``None`` for an equation that names no value.

    A name has no digit but in an index and no power: ``m + n = 33`` names 33. ``f(2)``, ``P(X=1)``
    and a derivative alone are names.
    Where a number is followed by its decimal approximation, the number counts.
    """
    exact, *approximations = _APPROX.split(text)
    if approximations:
        if not exact.strip():
            return Sides("", "", approximations[-1].strip())
        if _is_name(exact) and "=" not in exact:
            return Sides(*_bare(exact), approximations[-1].strip())
        text = exact.strip()
    sides = split_equals(text)
    if len(sides) == 1:
        return Sides("", "", text)
    name, argument = _bare(sides[0]) if _is_name(sides[0]) else ("", "")
    if name.endswith("'") and any(map(_DERIVED.search, sides[1:])):
        return None  # a differential equation
    if name:
        return Sides(name, argument, _not_rounded(sides[1:]))
    if all(evaluate(side) is not None for side in sides) or _is_worked_out(sides):
        return Sides("", "", _not_rounded(sides))
    return None


def _is_worked_out(sides: list[str]) -> bool:
    r"""Whether an expression without names is followed by its value: ``\sum_{k=1}^5 k = 15``."""
    try:
        trees = [parse(side) for side in sides]
        return not any(map(names_of, trees[:1])) and all(
            same_trees(trees[0], tree) for tree in trees[1:]
        )
    except (Unreadable, Unevaluated):
        return False


def _not_rounded(sides: list[str]) -> str:
    """The last side, unless it only rounds the exact one before it."""
    if len(sides) > 1 and "." in sides[-1] and "." not in sides[-2]:
        return sides[-2]
    return sides[-1]


def _is_name(text: str) -> bool:
    text = text.strip()
    if _VALUE_AT.fullmatch(text) or _DERIVATIVE.fullmatch(name_derivatives(text).strip()):
        return True
    if not text or _FUNCTION.search(text) or _NO_NAME.search(_INDEX.sub("", text)) is not None:
        return False
    return _SEVERAL.search(text) is None or not (single_letters(text) & _UNKNOWNS or "-" in text)


def _bare(text: str) -> tuple[str, str]:
    """A name without the arguments after it, and the argument if it is one letter."""
    squeezed = squeeze(name_derivatives(text)).replace(PARAMETER, "n")
    match = _ARGUMENTS.search(squeezed)
    if match is None:
        return squeezed, ""
    return squeezed[: match.start()], match["letter"] if "," not in match["letter"] else ""
