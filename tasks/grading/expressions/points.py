r"""The points at which two expressions are compared.

Any name stands for a positive number at the first points, small and large, and for numbers of both
signs at the others. A name that can only be a whole number (``n`` in ``(-1)^n``, in a floor, as the
bound of a sum) gets whole ones, small and different, odd and even.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from flint import arb, fmpq

from tasks.grading.expressions.tree import Call, Name, Node, Number, Power, Series, walk

_WHOLE_LETTERS = frozenset("klmnpqrNMKTd")
_ROUNDED = ("floor", "ceil", "double_factorial", "gcd", "lcm")
_WHOLE = (
    (7, 3, 2, 5), (8, 4, 3, 6), (13, 5, 4, 9), (16, 7, 2, 3),
    (10, 6, 5, 8), (9, 2, 6, 4), (17, 8, 3, 2), (12, 5, 7, 3),
)  # fmt: skip
_RANGES = ((1, 2), (0, 1), (2, 9), (-2, 2), (-9, 9), (1, 60), *[None] * 8)
"""Of the points in turn; whole numbers have more points, so that ``n/2`` and ``n/3`` differ."""


class Point(NamedTuple):
    """Values of the names; whether all are positive, and whether the point is one of the first,
    at which every pair is compared. The others are for expressions that are seldom real."""

    values: dict[str, arb]
    positive: bool
    first: bool


def points(left: Node, right: Node) -> Iterator[Point]:
    """The points for two expressions; a single one without names if there are none."""
    nodes = [*walk(left), *walk(right)]
    names = sorted({node.name for node in nodes if type(node) is Name})
    whole = sorted(_whole_names(nodes), key=_of_size)
    if not names:
        yield Point({}, True, True)
        return
    others = [name for name in names if name not in whole]
    for i in range(len(_WHOLE) if whole else len(_RANGES)):
        low, high = _RANGES[i] or (-2, 2)
        values = {name: _between(low, high, name, i) for name in others}
        if _RANGES[i] is None:  # from a hundredth to a hundred
            values = {name: (value * arb(10).log()).exp() for name, value in values.items()}
        for j, name in enumerate(whole):
            values[name] = arb(_WHOLE[i][j % 4] + j // 4)
        yield Point(values, low >= 0 or _RANGES[i] is None, bool(whole) or _RANGES[i] is not None)


def _whole_names(nodes: Iterable[Node]) -> set[str]:
    """Names that stand where only a whole number can."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case Series(counter=counter, low=low, high=high):
                found |= {counter} | {inner.name for end in (low, high) for inner in _names(end)}
            case Power(Number(value), exponent) if value < 0:
                found |= {inner.name for inner in _names(exponent)}
            case Call(function, arguments) if function in _ROUNDED:
                found |= {
                    inner.name
                    for argument in arguments
                    for inner in _names(argument)
                    if inner.name[0] in _WHOLE_LETTERS
                }
    return found


def _names(node: Node) -> Iterator[Name]:
    return (inner for inner in walk(node) if type(inner) is Name)


def _of_size(name: str) -> tuple[bool, str]:
    """n and N first, since k is seldom larger than n."""
    return (name[0] not in "nNmM", name)


def _between(low: int, high: int, name: str, turn: int) -> arb:
    """A number that depends on the name and the turn only, of 30 bits."""
    return arb(low + (high - low) * fmpq(crc32(f"{turn} {name}".encode()) % 2**30 + 1, 2**30 + 2))
