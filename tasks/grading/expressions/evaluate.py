r"""The value of an expression at a point, as a ball: a number and a bound of its error.

The arithmetic is Arb's (python-flint): every value comes with its error, so two balls that do not
meet are different numbers for certain, and a huge number overflows to a ball without bounds instead
of filling the memory.

>>> from tasks.grading.expressions.reader import parse
>>> evaluate(parse(r"\sqrt{8}"), {}).overlaps(evaluate(parse(r"2\sqrt{2}"), {}))
True
>>> evaluate(parse(r"\frac{1}{x-x}"), {"x": arb(2)})
Traceback (most recent call last):
tasks.grading.expressions.evaluate.NoValue: not finite

Numbers stay real as long as they can: roots of an odd degree are real (``\sqrt[3]{-8}`` is -2), and
only a square root or logarithm of a negative number becomes complex.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import cast
from zlib import crc32

from flint import acb, arb, fmpq

from tasks.grading import budget
from tasks.grading.expressions.tree import (
    Call,
    Constant,
    Matrix,
    Name,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Series,
    Sum,
    as_integer,
)

Scalar = arb | acb
Grid = list[list[Scalar]]
Value = Scalar | Grid
Point = Mapping[str, Scalar]

MAX_TERMS = 3_000
"""Longer sums and products have no value here."""
MAX_CELLS = 64


_HUGE = arb(2) ** 4096
_LARGEST, _SMALLEST = arb(2) ** 2**40, arb(2) ** -(2**40)
"""Beyond these an exponent is no machine number, and steps that take microseconds take for ever."""


class NoValue(ArithmeticError):
    """The expression has no (finite, known) value at that point; the message says why."""


class TooMany(NoValue):
    """More terms than are added up here; there would be no fewer at another point."""


class NotReal(NoValue):
    """A root or logarithm of a negative number, where only real values were asked for."""


def evaluate(node: Node, point: Point, natural: bool = True, real: bool = False) -> Value:
    """The value at a point, to ``flint.ctx.prec`` bits.

    ``natural`` is what ``\\log`` without a base means: the natural logarithm, or that to base 10.
    ``real`` admits no step from real to complex numbers. Raises NoValue.
    """
    value = _Evaluation(point, natural, real).value(node)
    if not all(scalar.is_finite() for scalar in cells(value)):
        raise NoValue("not finite")
    return value


def cells(value: Value) -> list[Scalar]:
    """All numbers of a matrix, or the one number."""
    return [cell for row in value for cell in row] if isinstance(value, list) else [value]


class _Evaluation:
    def __init__(self, point: Point, natural: bool, real: bool) -> None:
        self.point = dict(point)
        self.natural = natural
        self.real = real
        self.terms = 0  # of all series, those within others too

    def value(self, node: Node) -> Value:
        match node:
            case Number(value):
                return arb(value)
            case Name(name):
                return self.point[name]
            case Constant(name):
                return _constant(name)
            case Sum(terms):
                return reduce(_add, [self.value(term) for term in terms])
            case Product(factors):
                return reduce(_multiply, [self.value(factor) for factor in factors])
            case Quotient(top, bottom):
                return _multiply(self.value(top), 1 / _scalar(self.value(bottom)))
            case Power(base, exponent):
                return self.kept_real(self.power(base, exponent))
            case Call(function, arguments):
                return self.kept_real(
                    self.call(function, [self.value(argument) for argument in arguments])
                )
            case Series():
                return self.series(node)
            case Matrix(rows):
                if len(rows) * len(rows[0]) > MAX_CELLS:
                    raise NoValue("a matrix of too many cells")
                return [[_scalar(self.value(cell)) for cell in row] for row in rows]

    def kept_real(self, value: Value) -> Value:
        if self.real and isinstance(value, acb):
            raise NotReal("not real")
        if not isinstance(value, list):
            size = abs(value)
            if not size < _LARGEST or (size < _SMALLEST and size > 0):
                raise NoValue("not finite, or beyond all bounds")
        return value

    def scalar(self, node: Node) -> Scalar:
        return _scalar(self.value(node))

    def power(self, base: Node, exponent: Node) -> Value:
        if base == Constant("e"):
            return self.scalar(exponent).exp()
        bottom = self.value(base)
        if isinstance(bottom, list):
            return _matrix_power(bottom, exponent)
        if type(exponent) is Number:
            if self.real and self.point and exponent.value.q != 1 and _is_negative(bottom):
                raise NotReal("not real")  # x^{2/5}, where who writes it thinks of positive numbers
            return _rational_power(bottom, exponent.value)
        top = self.scalar(exponent)
        if _is_negative(bottom):
            whole = whole_number(top)
            if whole is not None:
                return (-bottom) ** top * (-1 if whole % 2 else 1)
            bottom = acb(bottom)
        if isinstance(top, acb) and isinstance(bottom, arb):
            bottom = acb(bottom)
        return bottom**top

    def call(self, function: str, values: list[Value]) -> Value:
        if function == "det":
            return _determinant(values)
        arguments = [_scalar(value) for value in values]
        if function.startswith("own "):
            return _own(function, arguments)
        if function == "log":
            function = "ln" if self.natural else "lg"
        if function in _OF_SEVERAL:
            return _OF_SEVERAL[function](arguments)
        if len(arguments) != 1:
            raise NoValue(f"{function} takes one argument")
        return _OF_ONE[function](arguments[0])

    def series(self, node: Series) -> Value:
        low, high = self.whole(node.low), self.whole(node.high)
        self.terms += max(0, high - low + 1)
        budget.check()
        if self.terms > MAX_TERMS:
            raise TooMany(f"more than {MAX_TERMS} terms")
        outside = self.point.get(node.counter)
        combine = _add if node.kind == "sum" else _multiply
        value: Value = arb(0 if node.kind == "sum" else 1)
        for i in range(low, high + 1):
            self.point[node.counter] = arb(i)
            value = combine(value, self.value(node.body))
        if outside is not None:
            self.point[node.counter] = outside
        return value

    def whole(self, node: Node) -> int:
        number = whole_number(self.scalar(node))
        if number is None:
            raise NoValue("a bound is not a whole number")
        return number


def whole_number(value: Scalar) -> int | None:
    """The one whole number in a ball, if it has no more than some thousand bits."""
    if not isinstance(value, arb) or not abs(value) < _HUGE:
        return None
    if abs(value) < 1 / _HUGE and abs(value) > 0:
        return None  # flint ends the process on exponents beyond a machine's
    whole = value.unique_fmpz()
    return None if whole is None else int(whole)


def _scalar(value: Value) -> Scalar:
    if isinstance(value, list):
        raise NoValue("a matrix where a number must be")
    return value


def _constant(name: str) -> Scalar:
    match name:
        case "pi":
            return arb.pi()
        case "e":
            return arb.const_e()
        case "i":
            return acb(0, 1)
    raise NoValue(f"{name} is no number")


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        if [len(row) for row in left] != [len(row) for row in right]:
            raise NoValue("matrices of different size")
        return [
            [a + b for a, b in zip(*rows, strict=True)] for rows in zip(left, right, strict=True)
        ]
    return _scalar(left) + _scalar(right)


def _multiply(left: Value, right: Value) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        if len(left[0]) != len(right):
            raise NoValue("matrices that cannot be multiplied")
        columns = list(zip(*right, strict=True))
        return [[reduce(operator.add, map(operator.mul, row, c)) for c in columns] for row in left]
    if isinstance(left, list):
        return [[cell * _scalar(right) for cell in row] for row in left]
    if isinstance(right, list):
        return [[left * cell for cell in row] for row in right]
    return left * right


def _matrix_power(matrix: Grid, exponent: Node) -> Value:
    if exponent in (Name("T"), Call("own T", ()), Name(r"\top")):
        return [list(column) for column in zip(*matrix, strict=True)]
    n = as_integer(exponent)
    if n is None or not 1 <= n <= 16:
        raise NoValue("a power of a matrix")
    product: Value = matrix
    for _ in range(n - 1):
        product = _multiply(product, matrix)
    return product


def _determinant(values: list[Value]) -> Scalar:
    matrix = values[0]
    if len(values) != 1 or not isinstance(matrix, list) or len(matrix) != len(matrix[0]):
        raise NoValue("a determinant of what is no square matrix")
    if len(matrix) > 5:
        raise NoValue("a large determinant")
    if len(matrix) == 1:
        return matrix[0][0]
    total: Scalar = arb(0)
    for i, cell in enumerate(matrix[0]):
        minor = [[*row[:i], *row[i + 1 :]] for row in matrix[1:]]
        total = total + (-1) ** i * cell * _determinant([minor])
    return total


def _rational_power(base: Scalar, exponent: fmpq) -> Scalar:
    numerator, denominator = exponent.p, exponent.q
    if isinstance(base, arb) and base < 0 and denominator != 1:
        if int(denominator) % 2 == 0:
            if denominator == 2:
                return acb(base).sqrt() ** numerator
            return acb(base) ** acb(exponent)
        return (-base) ** arb(exponent) * (-1 if int(numerator) % 2 else 1)
    if denominator == 2:
        root = base.sqrt()
        return root if numerator == 1 else root**numerator
    if denominator == 1:
        return base**numerator
    if isinstance(base, arb) and base.is_zero():
        return arb(0) if exponent > 0 else 1 / base
    return base ** (arb(exponent) if isinstance(base, arb) else acb(exponent))


def _own(name: str, arguments: list[Scalar]) -> Scalar:
    """A function of the problem's own: some number that depends on its name and arguments."""
    total: Scalar = arb(crc32(name.encode()) % 9973) / 997 + arb(2).sqrt()
    for i, argument in enumerate(arguments, 2):
        total = total + (argument / i + 1).sin() * i + argument / (7 * i)  # neither odd nor even
    return total


def _real(argument: Scalar) -> arb:
    if isinstance(argument, arb):
        return argument
    if argument.imag.contains(0) and argument.imag.rad() < 1e-20:
        return argument.real
    raise NoValue("a complex number where a real one must be")


def _is_negative(argument: Scalar) -> bool:
    return isinstance(argument, arb) and bool(argument < 0)


def _whole(argument: Scalar) -> int:
    whole = whole_number(argument)
    if whole is None:
        raise NoValue("no whole number")
    return whole


def _absolute(argument: Scalar) -> Scalar:
    return abs(argument)


def _logarithm(argument: Scalar) -> Scalar:
    if isinstance(argument, arb) and argument < 0:
        argument = acb(argument)
    return argument.log()


def _within_one(function: str) -> Callable[[Scalar], Scalar]:
    """Inverse sine and cosine, complex outside [-1, 1]."""

    def inverse(argument: Scalar) -> Scalar:
        if isinstance(argument, arb) and not abs(argument) <= 1:
            if abs(argument) > 1:
                argument = acb(argument)
            elif argument.overlaps(arb(1)):
                argument = arb(1)
            else:
                argument = arb(-1)
        return _method(function)(argument)

    return inverse


def _rounding(function: str) -> Callable[[Scalar], Scalar]:
    def rounded(argument: Scalar) -> Scalar:
        real = _real(argument)
        whole = whole_number(real)
        if whole is not None:  # 3 +- 1e-60 can but be 3
            return arb(whole)
        return _method(function)(real)

    return rounded


def _sign(argument: Scalar) -> Scalar:
    return _real(argument).sgn()


def _double_factorial(argument: Scalar) -> Scalar:
    whole = _whole(argument)
    if not 0 <= whole <= MAX_TERMS:
        raise NoValue("a double factorial of what is no small whole number")
    return reduce(operator.mul, range(whole, 0, -2), arb(1))


def _binomial(arguments: list[Scalar]) -> Scalar:
    upper, lower = arguments
    return (upper + 1).gamma() * (lower + 1).rgamma() * (upper - lower + 1).rgamma()


def _common(function: Callable[..., int]) -> Callable[[list[Scalar]], Scalar]:
    def combined(arguments: list[Scalar]) -> Scalar:
        return arb(function(*map(_whole, arguments)))

    return combined


def _extreme(function: str) -> Callable[[list[Scalar]], Scalar]:
    def extreme(arguments: list[Scalar]) -> Scalar:
        return reduce(lambda a, b: getattr(a, function)(b), map(_real, arguments))

    return extreme


def _of_quotient(function: str) -> Callable[[Scalar], Scalar]:
    """``arcsec`` is the inverse cosine of 1/x."""
    inner = _OF_ONE[function]
    return lambda argument: inner(1 / argument)


def _method(name: str) -> Callable[[Scalar], Scalar]:
    return cast(Callable[[Scalar], Scalar], operator.methodcaller(name))


_OF_ONE: dict[str, Callable[[Scalar], Scalar]] = {
    **{name: _method(name) for name in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{name: _method(name) for name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
    **{name: _method(name) for name in ("exp", "gamma", "erf")},
    "arcsin": _within_one("asin"),
    "arccos": _within_one("acos"),
    "arctan": _method("atan"),
    "arcsinh": _method("asinh"),
    "arccosh": lambda x: (x if isinstance(x, arb) and x >= 1 else acb(x)).acosh(),
    "arctanh": lambda x: (x if isinstance(x, arb) and abs(x) < 1 else acb(x)).atanh(),
    "ln": _logarithm,
    "lg": lambda x: _logarithm(x) / arb(10).log(),
    "cbrt": lambda x: _rational_power(x, fmpq(1, 3)),
    "abs": _absolute,
    "norm": _absolute,
    "sgn": _sign,
    "floor": _rounding("floor"),
    "ceil": _rounding("ceil"),
    "factorial": lambda x: (x + 1).gamma(),
    "double_factorial": _double_factorial,
    "conjugate": lambda z: z if isinstance(z, arb) else z.conjugate(),
    "Re": lambda z: acb(z).real,
    "Im": lambda z: acb(z).imag,
    "Arg": lambda z: acb(z).arg(),
}
_OF_ONE["arccot"] = _of_quotient("arctan")
_OF_ONE["arcsec"] = _of_quotient("arccos")
_OF_ONE["arccsc"] = _of_quotient("arcsin")
_OF_ONE["arccoth"] = _of_quotient("arctanh")
_OF_ONE["arcsech"] = _of_quotient("arccosh")
_OF_ONE["arccsch"] = _of_quotient("arcsinh")
_OF_SEVERAL: dict[str, Callable[[list[Scalar]], Scalar]] = {
    "binomial": _binomial,
    "root": lambda x: _rational_power(x[0], 1 / fmpq(_whole(x[1]))),
    "gcd": _common(math.gcd),
    "lcm": _common(math.lcm),
    "mod": lambda x: arb(_whole(x[0]) % _whole(x[1])),
    "max": _extreme("max"),
    "min": _extreme("min"),
}
