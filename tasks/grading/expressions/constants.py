r"""Names that mean nothing: arbitrary constants and integer parameters.

>>> from tasks.grading.expressions.parse import parse
>>> [other for other in renamings(parse("Ce^x"), parse("ke^x"), "")] == [parse("Ce^x")]
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

from flint import arb

from tasks.grading.expressions.evaluate import NoValue, Value, evaluate
from tasks.grading.expressions.points import points
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
_SAYS_ARBITRARY = re.compile(r"constant|arbitrary|parameter", re.IGNORECASE)


def renamings(gold: Node, answer: Node, question: str) -> Iterator[Node]:
    """``answer`` under the gold's names for its arbitrary constants, in every order.

    C and c, with an index or without, are arbitrary constants, and what stands in their place under
    another usual name is one too; unless the question uses the name without saying "constant".
    """
    ours, theirs = names_of(gold), names_of(answer)
    here = sorted({name for name in ours if _CONSTANT.fullmatch(name)} | (ours - theirs))
    there = sorted({name for name in theirs if _CONSTANT.fullmatch(name)} | (theirs - ours))
    if len(here) != len(there) or not 0 < len(here) <= MAX_CONSTANTS:
        return
    if not all(map(_CONSTANT.fullmatch, here)) and not all(map(_CONSTANT.fullmatch, there)):
        return
    if not all(map(_OTHER_NAME.fullmatch, [*here, *there])):
        return
    if here == there and len(here) == 1:
        return
    new = {*here, *there} - (ours & theirs)
    if len({name.lower() for name in new}) == len(new) and any(_is_used(n, question) for n in new):
        return  # c for C is the same constant
    for order in permutations(here):
        if list(order) != there:
            yield rename(answer, dict(zip(there, order, strict=True)))


def same_up_to_constant(left: Node, right: Node) -> bool:
    """Whether both end in ``+ C`` and differ without it by a number only: ``sin^2 x + C`` and
    ``C - cos^2 x``."""
    ours, theirs = ([n for n in names_of(node) if _CONSTANT.fullmatch(n)] for node in (left, right))
    if len(ours) != 1 or len(theirs) != 1:
        return False
    differences = []
    with precision():
        for point in points(left, right):
            try:
                a, b = (
                    [_real(evaluate(node, {**point.values, name: arb(c)})) for c in range(3)]
                    for node, name in ((left, ours[0]), (right, theirs[0]))
                )
            except (NoValue, ZeroDivisionError):
                continue
            if not all(meet(x[1] - x[0], arb(1)) and meet(x[2] - x[1], arb(1)) for x in (a, b)):
                return False
            differences.append(a[0] - b[0])
    return len(differences) >= MIN_POINTS and all(meet(d, differences[0]) for d in differences)


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
            return Series(kind, counter, *all_of((low, high, body)))
        case Matrix(rows):
            return Matrix(tuple(all_of(row) for row in rows))
        case _:
            return node


def _is_used(name: str, question: str) -> bool:
    """Whether the question has a meaning for the name, other than an arbitrary constant."""
    if not question or _SAYS_ARBITRARY.search(question):
        return False
    return re.search(rf"(?<![a-zA-Z\\]){re.escape(name[0])}(?![a-zA-Z])", question) is not None
