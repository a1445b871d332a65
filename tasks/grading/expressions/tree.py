r"""Expressions as trees. What is rational is folded while a tree is built.

>>> add((Number(fmpq(1, 2)), Number(fmpq(1, 3))))
Number(value=5/6)
>>> power(Number(fmpq(2)), Number(fmpq(10))), power(Name("x"), Number(fmpq(2)))
(Number(value=1024), Power(base=Name(name='x'), exponent=Number(value=2)))

Nothing here can run away: a power or factorial of more than ``MAX_BITS`` stays a node.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import reduce

from flint import fmpq

MAX_BITS = 40_000


@dataclass(frozen=True, slots=True)
class Number:
    """A rational number, exactly."""

    value: fmpq


@dataclass(frozen=True, slots=True)
class Constant:
    """``pi``, ``e``, ``i`` or ``infinity``."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable with its index and marks: ``x_{1}``, ``v'``, ``\\vec{a}``."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Power:
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function that ``evaluate`` knows, or one of the problem's own (``f(x)``)."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Series:
    r"""``\sum`` or ``\prod`` with both bounds; ``counter`` runs over whole numbers."""

    kind: str
    counter: str
    low: Node
    high: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[tuple[Node, ...], ...]


Node = Number | Constant | Name | Sum | Product | Quotient | Power | Call | Series | Matrix

ZERO, ONE, MINUS_ONE = Number(fmpq(0)), Number(fmpq(1)), Number(fmpq(-1))


def add(terms: tuple[Node, ...]) -> Node:
    values = [term.value for term in terms if type(term) is Number]
    if len(values) == len(terms):
        return Number(sum(values, fmpq(0)))
    return Sum(terms) if len(terms) > 1 else terms[0]


def multiply(factors: tuple[Node, ...]) -> Node:
    values = [factor.value for factor in factors if type(factor) is Number]
    if len(values) == len(factors) and sum(map(_bits, values)) <= 4 * MAX_BITS:
        return Number(reduce(operator.mul, values, fmpq(1)))
    return Product(factors) if len(factors) > 1 else factors[0]


def negate(node: Node) -> Node:
    return Number(-node.value) if type(node) is Number else Product((MINUS_ONE, node))


def divide(top: Node, bottom: Node) -> Node:
    """A division by zero stays a node: it has no value."""
    if type(top) is Number and type(bottom) is Number and bottom.value != 0:
        return Number(top.value / bottom.value)
    return Quotient(top, bottom)


def power(base: Node, exponent: Node) -> Node:
    if type(base) is Number and type(exponent) is Number and exponent.value.q == 1:
        n = int(exponent.value.p)
        size = _bits(base.value) - 1
        if abs(n) <= MAX_BITS and size * abs(n) <= MAX_BITS and (base.value != 0 or n > 0):
            return Number(base.value**n)
    return Power(base, exponent)


def factorial(node: Node, step: int = 1) -> Node:
    """``n!``, and ``n!!`` with a step of 2."""
    whole = as_integer(node)
    if whole is not None and 0 <= whole <= MAX_BITS // 10:
        if step == 1:
            return Number(fmpq(math.factorial(whole)))
        return Number(fmpq(math.prod(range(whole, 0, -2))))
    return Call("factorial" if step == 1 else "double_factorial", (node,))


def binomial(upper: Node, lower: Node) -> Node:
    n, k = as_integer(upper), as_integer(lower)
    if n is not None and k is not None and 0 <= k <= n <= 2000:
        return Number(fmpq(math.comb(n, k)))
    return Call("binomial", (upper, lower))


def remainder(node: Node, modulus: Node) -> Node:
    n, m = as_integer(node), as_integer(modulus)
    if n is not None and m is not None and m > 0:
        return Number(fmpq(n % m))
    return Call("mod", (node, modulus))


def as_integer(node: Node) -> int | None:
    """The whole number that a node is, if it is one that fits into 64 bits."""
    if type(node) is Number and node.value.q == 1 and node.value.p.bit_length() < 64:
        return int(node.value.p)
    return None


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below; those of a series are its bounds and its body."""
    kind = type(node)
    if kind is Number or kind is Name or kind is Constant:
        return ()
    match node:
        case Sum(parts) | Product(parts) | Call(_, parts):
            return parts
        case Quotient(a, b) | Power(a, b):
            return (a, b)
        case Series(low=low, high=high, body=body):
            return (low, high, body)
        case Matrix(rows):
            return tuple(cell for row in rows for cell in row)
    raise TypeError(kind)


def walk(node: Node) -> list[Node]:
    """A node and all below it, without recursion."""
    found = [node]
    for node in found:  # which grows as it goes
        found.extend(children(node))
    return found


def names_of(node: Node) -> set[str]:
    """The names in an expression; a sum's counter is none."""
    counters = {inner.counter for inner in walk(node) if type(inner) is Series}
    return {inner.name for inner in walk(node) if type(inner) is Name} - counters


def _bits(value: fmpq) -> int:
    return max(int(value.p.bit_length()), int(value.q.bit_length()))
