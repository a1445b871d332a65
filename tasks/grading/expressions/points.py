r"""The points at which two expressions are compared.

Any name stands for a positive number at the first points, small and large, and for numbers of both
signs at the others. A name that can only be a whole number (``n`` in ``(-1)^n``, in a floor, as the
bound of a sum) gets whole ones, small and different, odd and even.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from flint import arb, fmpq

from tasks.grading.expressions.tree import Call, Name, Node, Number, Power, Series, walk

_WHOLE_LETTERS = frozenset("klmnpqrNMKTd")
_ROUNDED = ("floor", "ceil", "double_factorial", "gcd", "lcm")
_FIRST_WHOLE = (
    (7, 3, 2, 5),
    (8, 4, 3, 6),
    (13, 5, 4, 9),
    (16, 7, 2, 3),
    (10, 6, 5, 8),
    (9, 2, 6, 4),
)
_MORE_WHOLE = (11, 12, 17, 18, 19, 20, 21, 23, 24, 35, 47, 48, 59, 60, 99, 100, 119, 120)
"""For names that are rounded, so that a twelfth of n and of n + 1 differ somewhere."""
_RANGES = ((1, 2), (0, 1), (2, 9), (-2, 2), (-9, 9), (1, 400), (-400, 400), *[None] * 8)
"""Of the points in turn; the last are spread from a hundredth to a hundred."""


class Point(NamedTuple):
    """Values of the names; whether all are positive, and whether the point is one of the first,
    at which every pair is compared. The others are for expressions that are seldom real."""

    values: dict[str, arb]
    positive: bool
    first: bool


def points(left: Node, right: Node) -> Iterator[Point]:
    """The points for two expressions; a single one without names if there are none."""
    nodes = walk(left) + walk(right)
    names = sorted({node.name for node in nodes if type(node) is Name})
    whole = sorted(_whole_names(nodes), key=_of_size)
    if not names:
        yield Point({}, True, True)
        return
    others = [name for name in names if name not in whole]
    rounded = any(type(node) is Call and node.function in ("floor", "ceil") for node in nodes)
    turns = len(_RANGES) if not whole else len(_FIRST_WHOLE) + rounded * len(_MORE_WHOLE)
    for turn in range(turns):
        span = _RANGES[turn % 7] if whole else _RANGES[turn]
        values = dict(zip(others, _spread(span or (-2, 2), len(others), turn), strict=True))
        if span is None:
            values = {name: (value * arb(10).log()).exp() for name, value in values.items()}
        for j, name in enumerate(whole):
            values[name] = arb(_whole_value(turn, j))
        positive = span is None or span[0] >= 0
        yield Point(values, positive, bool(whole) or span is not None)


def _spread(span: tuple[int, int], count: int, turn: int) -> list[arb]:
    """Numbers within a span, rising in one turn, falling in the next, in any order in the third.

    So no two names keep one order at all points: ``|a-b|`` is not ``a-b``.
    """
    low, high = span
    numbers = [_fraction(turn, i) for i in range(count)]
    if turn % 3 < 2:
        numbers.sort(reverse=turn % 3 == 1)
    return [arb(low + (high - low) * number) for number in numbers]


@lru_cache(maxsize=256)
def _fraction(turn: int, i: int) -> fmpq:
    """A number between 0 and 1 of 30 bits, that depends on nothing else."""
    digest = blake2b(f"{turn} {i}".encode(), digest_size=4).digest()
    return fmpq(int.from_bytes(digest) % 2**30 + 1, 2**30 + 2)


def _whole_value(turn: int, i: int) -> int:
    if turn < len(_FIRST_WHOLE):
        return _FIRST_WHOLE[turn][i % 4] + i // 4
    return _MORE_WHOLE[turn - len(_FIRST_WHOLE)] // (i + 1)


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
