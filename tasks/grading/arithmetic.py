r"""Exact rational arithmetic on LaTeX: ``\frac{9!}{7!}``, ``2\frac{3}{5}``, ``0.\overline{3}``.

Nothing here can run away: powers and factorials beyond ``MAX_BITS`` are left to the symbolic stage.

>>> evaluate(r"3 \cdot 2^{10}"), evaluate(r"2\frac{3}{5}"), evaluate(r"\binom{10}{3}")
(Fraction(3072, 1), Fraction(13, 5), Fraction(120, 1))
>>> evaluate("x + 1") is None, evaluate("9^{9^{9^9}}") is None, evaluate("1/0") is None
(True, True, True)
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

MAX_BITS = 40_000
MAX_LENGTH = 1_000

_NUMERAL = r"(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d{1,3}(?: \d{3})+(?! ?\d)|\d+)"
DECIMAL = rf"(?:{_NUMERAL}(?:\.\d*)?|\.\d+)"
"""An unsigned decimal in tidy text; thousands may be set apart by commas or spaces."""

_TOKEN = re.compile(
    rf"\s*(?:(?P<repeating>\d*\.\d*\\overline\{{\d+\}})"
    rf"|(?P<scientific>{DECIMAL}[eE][+-]?\d+)|(?P<decimal>{DECIMAL})"
    r"|(?P<command>\\(?:frac|binom|times|cdot|div))(?![a-zA-Z])|(?P<sign>[-+*/^!(){}]))"
)


class NotRational(Exception):
    """The text is no rational number, or too large a one to write down."""


def evaluate(text: str) -> Fraction | None:
    """The value of tidy text that is plain arithmetic on numbers; ``None`` for everything else.

    >>> evaluate("1 1/2"), evaluate("1,234.50"), evaluate("4.5e3"), evaluate(r"0.1\\overline{6}")
    (Fraction(3, 2), Fraction(2469, 2), Fraction(4500, 1), Fraction(1, 6))
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        return _Reader(text).read()
    except (NotRational, ZeroDivisionError, RecursionError):
        return None


class _Reader:
    """A recursive-descent reader: sum, product, power, factorial, atom."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise NotRational(text)
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self.at = 0

    def read(self) -> Fraction:
        value = self.sum()
        if self.at != len(self.tokens):
            raise NotRational
        return value

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> bool:
        if self.peek() and self.peek() in expected:
            self.at += 1
            return True
        return False

    def sum(self) -> Fraction:
        value = self.product()
        while self.peek() in ("+", "-"):
            sign = 1 if self.take("+") or not self.take("-") else -1
            value = _small(value + sign * self.product())
        return value

    def product(self) -> Fraction:
        value = self.signed()
        while self.peek():
            if self.take("*", r"\times", r"\cdot"):
                value *= self.signed()
            elif self.take("/", r"\div"):
                value /= self.signed()
            elif self.peek() in ("(", "{", r"\binom", r"\frac"):
                value *= self.power()
            else:
                break
            _small(value)
        return value

    def signed(self) -> Fraction:
        if self.take("-"):
            return -self.signed()
        if self.take("+"):
            return self.signed()
        return self.mixed()

    def mixed(self) -> Fraction:
        r"""``2\frac{3}{5}`` and ``1 1/2`` are sums; every other pair of neighbours is a product."""
        whole = self.at < len(self.tokens) and self.tokens[self.at][1].isdigit()
        value = self.power()
        if not whole or value.denominator != 1 or not self.tokens[self.at - 1][1].isdigit():
            return value
        mark = self.at
        if self.peek() == r"\frac" or re.fullmatch(r"\d+ / \d+", self._next(3)):
            part = self.power() / (self.power() if self.take("/") else 1)
            if 0 < part < 1:
                return value + part
        self.at = mark
        return value

    def _next(self, count: int) -> str:
        return " ".join(token for _, token in self.tokens[self.at : self.at + count])

    def power(self) -> Fraction:
        base = self.factorial()
        if not self.take("^"):
            return base
        negative = self.take("-")
        exponent = self.power()
        if exponent.denominator != 1 or abs(exponent) > MAX_BITS:
            raise NotRational
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if (size - 1) * abs(exponent) > MAX_BITS:
            raise NotRational
        return Fraction(base ** int(-exponent if negative else exponent))

    def factorial(self) -> Fraction:
        value = self.atom()
        while self.take("!"):
            if value.denominator != 1 or not 0 <= value <= MAX_BITS // 10:
                raise NotRational
            value = Fraction(math.factorial(int(value)))
        return value

    def atom(self) -> Fraction:
        if self.at == len(self.tokens):
            raise NotRational
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind in ("decimal", "scientific"):
            return _decimal(token)
        if kind == "repeating":
            return _repeating(token)
        if token == r"\frac":
            return self.group() / self.group()
        if token == r"\binom":
            upper, lower = self.group(), self.group()
            if upper.denominator != 1 or lower.denominator != 1 or not 0 <= lower <= upper <= 2000:
                raise NotRational
            return Fraction(math.comb(int(upper), int(lower)))
        if token in "({":
            value = self.sum()
            if self.take(")" if token == "(" else "}"):
                return value
        raise NotRational

    def group(self) -> Fraction:
        if self.peek() != "{":
            raise NotRational
        return self.atom()


def _decimal(token: str) -> Fraction:
    mantissa, _, exponent = token.lower().replace(",", "").replace(" ", "").partition("e")
    if len(mantissa) > MAX_LENGTH or len(exponent) > 5:
        raise NotRational
    return Fraction(mantissa + "0" * mantissa.endswith(".")) * Fraction(10) ** int(exponent or 0)


def _repeating(token: str) -> Fraction:
    start, _, period = token.removesuffix("}").partition("\\overline{")
    whole, _, fixed = start.partition(".")
    scale = 10 ** len(fixed)
    return Fraction(int(whole + fixed or "0"), scale) + Fraction(
        int(period), scale * (10 ** len(period) - 1)
    )


def _small(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 2 * MAX_BITS:
        raise NotRational
    return value
