r"""Equations and inequalities: the same when one is the other scaled, rearranged or solved.

>>> same_equations("3x+4y=12", "6x+8y=24"), same_equations("y=2x+3", "2x-y+3=0")
(True, True)
>>> same_equations("m v' + b v = f", r"v' = \frac{f}{m} - \frac{b}{m} v")
True
>>> same_equations(r"y^2 = x", r"y = \sqrt{x}"), same_equations("xy = 1", "x = 1")
(False, False)
>>> same_inequalities("-x > -1", "x < 1"), same_inequalities("x+y > 3", r"x+y \ge 3")
(True, False)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from flint import acb, arb, fmpq

from tasks.grading import budget
from tasks.grading.braces import depths
from tasks.grading.expressions.derivatives import name_derivatives
from tasks.grading.expressions.evaluate import NoValue, Scalar, evaluate
from tasks.grading.expressions.points import Point, points
from tasks.grading.expressions.precision import precision
from tasks.grading.expressions.reader import parse
from tasks.grading.expressions.same import meet
from tasks.grading.expressions.tokens import Unreadable
from tasks.grading.expressions.tree import Node, add, names_of, negate

_RELATION = re.compile(r"\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|<\s*=?|>\s*=?")
LINE = tuple(fmpq(n, 7) for n in (2, 11, -9, 31, 65))
"""Where a function is looked at to see whether it is linear."""
_STARTS = (
    acb(1, 1),
    acb(-2, 1),
    acb(0.5, -3),
    acb(5, 0.25),
    acb(-0.25, -0.5),
    acb(-7, -2),
    acb(0.1, 9),
    acb(1.1, 0),
    acb(-0.9, 0.1),
)
_STEPS = 24
MAX_ROOTS = 6
_TINY = arb(2) ** -60
_CONVERGED = arb(2) ** -80


class Inequality(NamedTuple):
    """What is said to be positive; zero too unless ``strict``."""

    positive: Node
    strict: bool


def same_equations(gold: str, answer: str) -> bool:
    """Whether two equations in tidy text say the same. Raises Unreadable where one is none."""
    with precision():
        return _same_zeros(_zero(gold), _zero(answer))


def same_inequalities(gold: str, answer: str) -> bool:
    """Whether two inequalities, or chains of them, say the same. Raises Unreadable."""
    with precision():
        left, right = _inequalities(gold), _inequalities(answer)
        return _same_chain(left, right) or _same_chain(left, right[::-1])


def split_equals(text: str) -> list[str]:
    """``text`` cut at the equals signs outside every bracket.

    >>> split_equals("x = f(y=1) <= 2")
    ['x', 'f(y=1) <= 2']
    """
    parts, last = [], 0
    for i, sign, depth in depths(text):
        if sign == "=" and depth == 0 and text[i - 1 : i] not in ("<", ">", "!", ":"):
            parts.append(text[last:i].strip())
            last = i + 1
    return [*parts, text[last:].strip()]


def _zero(text: str) -> Node:
    """What the equation says to be zero."""
    sides = split_equals(name_derivatives(text))  # of both sides by the same variables
    if len(sides) != 2:
        raise Unreadable("no equation of two sides")
    return add((parse(sides[0]), negate(parse(sides[1]))))


def _inequalities(text: str) -> list[Inequality]:
    signs = [match[0].replace(" ", "") for match in _RELATION.finditer(text)]
    sides = [parse(side.strip()) for side in _RELATION.split(text)]
    if not signs:
        raise Unreadable("no inequality")
    found = []
    for (low, high), sign in zip(pairwise(sides), signs, strict=True):
        if sign.startswith((">", r"\ge")):
            low, high = high, low
        found.append(Inequality(add((high, negate(low))), sign in ("<", ">")))
    return found


def _same_sign(left: Node, right: Node) -> bool:
    ratio = _constant_ratio(left, right, list(points(left, right)))
    return ratio is not None and isinstance(ratio, arb) and ratio > 0


def _same_zeros(left: Node, right: Node) -> bool:
    found = [point for point in points(left, right) if point.values and point.first]
    if not found:
        raise Unreadable("an equation without a name")
    if _constant_ratio(left, right, found) is not None:
        return True
    if _vanishes_in_another_name(left, right, found[0]):
        return False
    shared = sorted(names_of(left) & names_of(right))
    linear = {name: _same_linear_root(left, right, name, found) for name in shared}
    if not shared or any(same is False for same in linear.values()):
        return False
    return all(same or _same_roots(left, right, name, found[0]) for name, same in linear.items())


def _same_chain(left: list[Inequality], right: list[Inequality]) -> bool:
    return len(left) == len(right) and all(
        a.strict == b.strict and _same_sign(a.positive, b.positive)
        for a, b in zip(left, right, strict=True)
    )


def _values(node: Node, at: list[Point]) -> Iterator[Scalar]:
    for point in at:
        value = evaluate(node, point.values)
        if isinstance(value, list):
            raise Unreadable("an equation of matrices")
        yield value


def _constant_ratio(left: Node, right: Node, at: list[Point]) -> Scalar | None:
    """The number by which two expressions differ at every point, or ``None``."""
    try:
        ratios = [a / b for a, b in zip(_values(left, at), _values(right, at), strict=True)]
    except (NoValue, ZeroDivisionError):
        return None
    first = ratios[0]
    if not all(ratio.is_finite() and meet(ratio, first) for ratio in ratios):
        return None
    return None if first.contains(0) else first


def _vanishes_in_another_name(left: Node, right: Node, point: Point) -> bool:
    """Whether one holds for some value of a name that the other lacks: ``x(y - 1) = 0``."""
    return any(
        _linear_root(node, name, point) is not None
        for node, other in ((left, right), (right, left))
        for name in names_of(node) - names_of(other)
    )


def _same_linear_root(left: Node, right: Node, name: str, at: list[Point]) -> bool | None:
    """Whether both have the same root in ``name``; ``None`` if one is not linear in it."""
    for point in at:
        ours, theirs = (_linear_root(side, name, point) for side in (left, right))
        if ours is None or theirs is None:
            return None
        if not meet(ours, theirs):
            return False
    return True


def _linear_root(node: Node, name: str, point: Point) -> Scalar | None:
    try:
        line = [point._replace(values={**point.values, name: arb(x)}) for x in LINE]
        values = list(_values(node, line))
    except (NoValue, ZeroDivisionError):
        return None
    slope = (values[1] - values[0]) / (LINE[1] - LINE[0])
    root = arb(LINE[0]) - values[0] / slope
    if slope.contains(0) or not all(
        meet(value, slope * (x - root)) for x, value in zip(LINE, values, strict=True)
    ):
        return None
    return root


def _same_roots(left: Node, right: Node, name: str, point: Point) -> bool:
    """Whether every root that is found of the one is a root of the other, and there are some."""
    ours, theirs = (_roots(side, name, point) for side in (left, right))
    if max(len(ours), len(theirs)) >= MAX_ROOTS:
        raise Unreadable("an equation of too many solutions")
    return (
        bool(ours or theirs)
        and all(_relative(right, name, point, z) <= _TINY for z in ours)
        and all(_relative(left, name, point, z) <= _TINY for z in theirs)
    )


def _roots(node: Node, name: str, point: Point) -> list[acb]:
    """Some roots in ``name``: that of a linear one, others by the secant method."""
    linear = _linear_root(node, name, point)
    if linear is not None:
        return [acb(linear).mid()]
    found: list[acb] = []
    for start in _STARTS:
        root = _root(node, name, point, start, found)
        if root is None and found:
            break
        if root is not None:
            found.append(root)
    return found


def _root(node: Node, name: str, point: Point, start: acb, known: list[acb]) -> acb | None:
    """A root that is not among the known ones, which are divided out; ``None`` if none is found."""

    def value(z: acb) -> acb:
        at = _at(node, name, point, z)
        for root in known:
            at = at / (z - root)
        return at.mid()

    z0, z1 = start, start + arb("0.125")
    budget.check()
    try:
        f0, f1 = value(z0), value(z1)
        for _ in range(_STEPS):
            if (f1 - f0).contains(0) or abs(z1 - z0) < _CONVERGED:
                break
            z0, z1, f0 = z1, (z1 - f1 * (z1 - z0) / (f1 - f0)).mid(), f1
            f1 = value(z1)
    except (NoValue, ZeroDivisionError):
        return None
    if any(abs(z1 - root) < _TINY for root in known):
        return None
    return z1 if _relative(node, name, point, z1) <= _TINY else None


def _relative(node: Node, name: str, point: Point, z: acb) -> arb:
    """How near to zero the value at ``z`` is, beside the value not far from there."""
    try:
        return abs(_at(node, name, point, z)) / abs(_at(node, name, point, z + acb(0.5, 0.25)))
    except (NoValue, ZeroDivisionError):
        return arb(1)


def _at(node: Node, name: str, point: Point, z: acb) -> acb:
    value = evaluate(node, {**point.values, name: z})
    if isinstance(value, list):
        raise NoValue("a matrix")
    return acb(value).mid()
