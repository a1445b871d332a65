r"""Names that mean nothing: arbitrary constants and integer parameters.

>>> from tasks.grading.expressions.reader import parse
>>> list(renamings(parse("Ce^x"), parse("ke^x"), "Give the general solution.")) == [parse("Ce^x")]
True
>>> list(renamings(parse("Ce^x"), parse("me^x"), ""))
[]
>>> list(renamings(parse("c"), parse("k"), "Find the speed in terms of $c$."))
[]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import NamedTuple

from flint import arb

from tasks.grading.expressions.evaluate import NotReal, NoValue, Value, evaluate
from tasks.grading.expressions.points import Point, points
from tasks.grading.expressions.precision import precision
from tasks.grading.expressions.same import MIN_POINTS, meet
from tasks.grading.expressions.tree import (
    Call,
    Matrix,
    Name,
    Node,
    Power,
    Product,
    Quotient,
    Series,
    Sum,
    names_of,
)

MAX_CONSTANTS = 4
_CONSTANT = re.compile(r"[cC](?:_\d)?'?|[cC]'*")
_OTHER_NAME = re.compile(r"[cCkKABDab](?:_\d)?")
_VARIABLES = frozenset("xytsuz") | {r"\theta"}
_IS_ARBITRARY = re.compile(
    r"arbitrary|constants? of integration|integration constant|general (?:solution|form)"
    r"|indefinite integral|antiderivative|denoting constants|for the constant",
    re.IGNORECASE,
)


def renamings(gold: Node, answer: Node, question: str) -> Iterator[Node]:
    """``answer`` under the gold's names for its arbitrary constants, in every order.

    C_1, c_2, … stand for any constants, and so do c and C for each other; and C beside a variable
    for K or A. Anything else is arbitrary only if the question says so. What has no other name in
    it is no family, and a name that the question uses is none of ours.
    """
    ours, theirs = names_of(gold), names_of(answer)
    here = sorted({name for name in ours if _CONSTANT.fullmatch(name)} | (ours - theirs))
    there = sorted({name for name in theirs if _CONSTANT.fullmatch(name)} | (theirs - ours))
    if len(here) != len(there) or not 0 < len(here) <= MAX_CONSTANTS or set(here) == ours:
        return
    if not all(map(_OTHER_NAME.fullmatch, [*here, *there])) or (here == there and len(here) == 1):
        return
    if not any(all(map(_CONSTANT.fullmatch, names)) for names in (here, there)):
        return
    if not _IS_ARBITRARY.search(question):
        same_letters = [name.lower() for name in here] == [name.lower() for name in there]
        beside = "C" in here + there and bool((ours & theirs) & _VARIABLES)
        indexed = any(all("_" in name for name in names) for names in (here, there))
        apart = here == there or not set(here) & set(there)
        if not (same_letters or beside or (indexed and apart)):
            return
        if not same_letters and any(_is_used(name, question) for name in {*here, *there}):
            return
    for order in permutations(here):
        if list(order) != there:
            yield rename(answer, dict(zip(there, order, strict=True)))


def same_up_to_constant(left: Node, right: Node, question: str) -> bool:
    r"""Whether both are families in one arbitrary constant, and the same one: ``\sin^2 x + C`` and
    ``C - \cos^2 x``, ``(C + x)/x^2`` and ``1/x + 2C/x^2``.

    With a + C b and a' + C b' the ratio of b and b' is a number, and a - a' a multiple of b. Unless
    the question says that the constant is arbitrary, it must be called C, and b be 1.
    """
    lines = _lines_in_constant(left, right)
    if len(names_of(left)) < 2:
        return False
    if not _IS_ARBITRARY.search(question) and not (
        _is_called_c(left)
        and _is_called_c(right)
        and not _is_used("C", question)
        and all(meet(line.slope, arb(1)) for pair in lines for line in pair)
    ):
        return False
    return (
        len(lines) >= MIN_POINTS
        and not all(ours.start.contains(0) for ours, _ in lines)
        and _constant([ours.slope / theirs.slope for ours, theirs in lines])
        and _constant([(ours.start - theirs.start) / ours.slope for ours, theirs in lines])
    )


def same_level_sets(left: Node, right: Node, question: str) -> bool:
    """Whether ``left = 0`` and ``right = 0`` are one family of curves: ``y^2 - x^2 - C`` and
    ``x^2 - y^2 - C``.

    With a + C b the curves are those on which -a/b has a value; the other's is linear in it. Unless
    the question says that the constant is arbitrary, it must be called C, and b be a number.
    """
    lines = _lines_in_constant(left, right)
    if len(names_of(left)) < 3:
        return False
    if not _IS_ARBITRARY.search(question) and not (
        _is_called_c(left)
        and _is_called_c(right)
        and not _is_used("C", question)
        and all(_constant([pair[i].slope for pair in lines]) for i in (0, 1))
    ):
        return False
    levels = [(ours.start / ours.slope, theirs.start / theirs.slope) for ours, theirs in lines]
    if len(levels) < MIN_POINTS:
        return False
    (a, b), *others = levels
    scales = [(y - b) / (x - a) for x, y in others]
    return all(scale.is_finite() for scale in scales) and _constant(scales)


class _Line(NamedTuple):
    """A value at C = 0, and what each 1 of C adds."""

    start: arb
    slope: arb


def _lines_in_constant(left: Node, right: Node) -> list[tuple[_Line, _Line]]:
    """At each point both as lines in their one arbitrary constant; none if they are not."""
    ours, theirs = ([n for n in names_of(node) if _CONSTANT.fullmatch(n)] for node in (left, right))
    if len(ours) != 1 or len(theirs) != 1:
        return []
    lines = []
    with precision():
        for point in points(left, right):
            try:
                pair = (_line(left, ours[0], point), _line(right, theirs[0], point))
            except NotReal:
                continue
            except (NoValue, ZeroDivisionError):
                return []
            lines.append(pair)
    return lines


def _line(node: Node, name: str, point: Point) -> _Line:
    first, second, third = (
        _real(evaluate(node, {**point.values, name: arb(c)}, real=True)) for c in range(3)
    )
    slope = second - first
    if slope.contains(0) or not meet(third - second, slope):
        raise NoValue("not linear in the constant")
    return _Line(first, slope)


def _is_called_c(node: Node) -> bool:
    return any(name.startswith("C") for name in names_of(node))


def _constant(values: list[arb]) -> bool:
    with precision():
        return all(meet(value, values[0]) for value in values)


def _real(value: Value) -> arb:
    if not isinstance(value, arb):
        raise NoValue("not real")
    return value


def rename(node: Node, names: Mapping[str, str]) -> Node:
    """The tree with other names."""

    def all_of(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(rename(inner, names) for inner in nodes)

    match node:
        case Name(name):
            return Name(names.get(name, name))
        case Sum(terms):
            return Sum(all_of(terms))
        case Product(factors):
            return Product(all_of(factors))
        case Quotient(top, bottom):
            return Quotient(*all_of((top, bottom)))
        case Power(base, exponent):
            return Power(*all_of((base, exponent)))
        case Call(function, arguments):
            return Call(function, all_of(arguments))
        case Series(kind, counter, low, high, body):
            return Series(kind, names.get(counter, counter), *all_of((low, high, body)))
        case Matrix(rows):
            return Matrix(tuple(all_of(row) for row in rows))
        case _:
            return node


def _is_used(name: str, question: str) -> bool:
    """Whether the question has a meaning for the name."""
    return re.search(rf"(?<![a-zA-Z\\]){re.escape(name[0])}(?![a-zA-Z])", question) is not None
