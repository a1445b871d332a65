r"""Whether two expressions have the same value wherever both have one.

>>> same_expressions(r"\sin^2 x", r"1-\cos^2 x"), same_expressions(r"\frac{1}{2^{99}}", "2^{-98}")
(True, False)
>>> same_expressions("x", r"\sqrt{x^2}"), same_expressions("1-2^{-200}", "1")
(False, False)
"""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

from flint import acb, arb, fmpq

from tasks.grading.expressions.evaluate import NotReal, NoValue, TooMany, Value, cells, evaluate
from tasks.grading.expressions.points import Point, points
from tasks.grading.expressions.precision import MORE_BITS, precision
from tasks.grading.expressions.reader import parse
from tasks.grading.expressions.tree import (
    MINUS_ONE,
    Call,
    Constant,
    Name,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    walk,
)

MIN_POINTS = 3
MIN_ACCURACY = 24
"""Bits that must be known of both values (beside 1): with fewer, everything would seem equal."""
_EXACTLY = Fraction(0)


class Names(Enum):
    """What is known of the names: nothing, that they are positive, or that the real line matters:
    then two expressions must be real at the same points."""

    ANY = "any"
    POSITIVE = "positive"
    REAL = "real"


class Unevaluated(ValueError):
    """Neither equal nor different could be shown; the message says why."""


def same_expressions(gold: str, answer: str, within: Fraction = _EXACTLY) -> bool:
    """Whether two tidy texts are equal expressions; numbers may differ by ``within``.

    Raises Unreadable for what is no expression, and Unevaluated.
    """
    return same_trees(parse(gold), parse(answer), within)


def same_trees(
    left: Node, right: Node, within: Fraction = _EXACTLY, names: Names = Names.ANY
) -> bool:
    """As :func:`same_expressions`, for trees. ``names`` is what is known of their names."""
    with precision():
        return _same_trees(left, right, within, names)


def _same_trees(left: Node, right: Node, within: Fraction, names: Names) -> bool:
    if left == right:
        return True
    if _infinite(left) or _infinite(right):
        return _infinite(left) == _infinite(right)
    towers = _without_equal_base(left, right)
    if towers is not None:
        return _same_trees(*towers, _EXACTLY, names)
    try:
        if _same_everywhere(left, right, within, names, natural=True):
            return True
        has_log = any(type(n) is Call and n.function == "log" for n in walk(left) + walk(right))
        return has_log and _same_everywhere(left, right, within, names, natural=False)
    except Unevaluated:
        smaller = _logarithms(left, right) or _logarithms(right, left)
        if smaller is None:
            raise
        if not _same_trees(*smaller, _EXACTLY, names):
            return False
        if type(left) is Power and type(right) is Power:
            return True
        raise  # 3^27 and 3^27 + 1 have one logarithm to thousands of digits


def has_value(node: Node) -> bool:
    """Whether there is a point with a value, or one that only lacks accuracy."""
    with precision():
        for point in points(node, node):
            try:
                evaluate(node, point.values)
            except (NoValue, ZeroDivisionError):
                continue
            return True
    return False


def _infinite(node: Node) -> int:
    """1 of infinity, -1 of minus infinity, 0 of everything else."""
    if node == Constant("infinity"):
        return 1
    return -1 if node == Product((MINUS_ONE, Constant("infinity"))) else 0


def _logarithms(tower: Node, other: Node) -> tuple[Node, Node] | None:
    """Of a power too large for any value, its exponent beside the other's logarithm."""
    if type(tower) is not Power or type(tower.base) is not Number or not tower.base.value > 1:
        return None
    if any(type(node) is Name for node in walk(other)):
        return None
    scale = Call("ln", (tower.base,))
    if type(other) is Power and type(other.base) is Number and other.base.value > 0:
        return tower.exponent, Product((other.exponent, Quotient(Call("ln", (other.base,)), scale)))
    return tower.exponent, Quotient(Call("ln", (other,)), scale)


def _without_equal_base(left: Node, right: Node) -> tuple[Node, Node] | None:
    """The exponents of two powers of one number beyond 1: they decide, however large."""
    if (
        type(left) is Power
        and type(right) is Power
        and type(left.base) is Number
        and left.base == right.base
        and left.base.value > 1
    ):
        return left.exponent, right.exponent
    return None


def _same_everywhere(
    left: Node, right: Node, within: Fraction, names: Names, natural: bool
) -> bool:
    """Whether both have the same values, wherever both are real; or if they hardly ever are, at
    positive numbers. With an i in them complex values count."""
    with_i = any(type(n) is Constant and n.name == "i" for n in walk(left) + walk(right))
    real, other, apart, why = 0, 0, 0, ""
    for point in points(left, right):
        if real >= MIN_POINTS and not point.first:
            break
        try:
            if not point.values:
                return _same_constants(left, right, within, natural)
            if names is Names.POSITIVE and not point.positive:
                continue
            same, both_real = _meet_at(point, left, right, natural, with_i)
        except TooMany as error:
            raise Unevaluated(str(error)) from error
        except NotReal as error:
            if names is Names.REAL and _is_real_at(point, left) != _is_real_at(point, right):
                return False
            why = str(error)
            continue
        except (NoValue, ZeroDivisionError) as error:
            why = str(error)
            continue
        if both_real and not same:
            return False
        real += both_real
        other += not both_real and same
        apart += not both_real and not same
    if real >= MIN_POINTS:
        return True
    if real + other < MIN_POINTS and not apart:
        raise Unevaluated(why or "no point where both have a value")
    return not apart


def _is_real_at(point: Point, node: Node) -> bool:
    try:
        evaluate(node, point.values, real=True)
    except NoValue:
        return False
    return True


def _meet_at(
    point: Point, left: Node, right: Node, natural: bool, with_i: bool
) -> tuple[bool, bool]:
    """Whether the values are the same, and whether both are real (or complex because of an i).

    Raises NoValue; also at negative numbers, where one is not real.
    """
    values = point.values
    try:
        a, b = (evaluate(node, values, natural, real=not with_i) for node in (left, right))
        both_real = True
    except NotReal:
        if not point.positive:
            raise
        a, b = (evaluate(node, values, natural) for node in (left, right))
        both_real = False
    if not (_is_accurate(a) and _is_accurate(b)):
        raise NoValue("not accurate")
    return meet(a, b), both_real


def _same_constants(left: Node, right: Node, within: Fraction, natural: bool) -> bool:
    """Whether two numbers are equal, or near enough; what seems equal, with many more digits."""
    a, b = evaluate(left, {}, natural), evaluate(right, {}, natural)
    if not (_is_accurate(a) and _is_accurate(b)):
        raise NoValue("not accurate")
    if not meet(a, b):
        return _is_within(a, b, within)
    with precision(MORE_BITS):
        a, b = evaluate(left, {}, natural), evaluate(right, {}, natural)
        if Sum in (type(left), type(right)) and any(abs(cell.rad()) > 1 for cell in cells(a)):
            raise NoValue("too large to tell apart")
        return meet(a, b)


def meet(left: Value, right: Value) -> bool:
    """Whether the balls have a number in common; of matrices, all cells."""
    if isinstance(left, list) and isinstance(right, list):
        return [len(row) for row in left] == [len(row) for row in right] and all(
            meet(a, b) for rows in zip(left, right, strict=True) for a, b in zip(*rows, strict=True)
        )
    if isinstance(left, list) or isinstance(right, list):
        return False
    if isinstance(left, arb) and isinstance(right, arb):
        return bool(left.overlaps(right))
    return bool(acb(left).overlaps(acb(right)))


def _is_accurate(value: Value) -> bool:
    return all(cell.rel_one_accuracy_bits() >= MIN_ACCURACY for cell in cells(value))


def _is_within(left: Value, right: Value, within: Fraction) -> bool:
    if isinstance(left, list) or isinstance(right, list) or not within:
        return False
    return bool(abs(left - right) <= arb(fmpq(within.numerator, within.denominator)))
