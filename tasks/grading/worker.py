"""Compares integrals, limits and endless sums, in a process of its own (``serve.py``).

math-verify parses, sympy works out. What then has values is compared at a few points; what has
none (a sum that stays one) math-verify compares itself. Imports none of ours.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy
from latex2sympy2_extended import NormalizationConfig
from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify
from sympy.core.function import AppliedUndef

DIGITS = 40
EXAMPLE = (r"\frac{x}{2}", r"\sqrt{x}")  # builds the parser's tables
TOLERANCE = sympy.Float("1e-25", DIGITS)  # far below any decimal that a model writes out
_TARGETS = (
    LatexExtractionConfig(
        boxed_match_priority=0,
        normalization_config=NormalizationConfig(  # units are taken off before, where they are text
            basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all"
        ),
    ),
    ExprExtractionConfig(),
)


def answer(gold: str, other: str, within: float = 0.0) -> bool:
    """Whether two expressions are equal; numbers may differ by ``within``."""
    left, right = _parse(gold), _parse(other)
    if len(left) and len(right):
        by_value = _equal_by_value(left[0], right[0], within)
        if by_value is not None:
            return by_value
    return bool(
        verify(
            left,
            right,
            float_rounding=DIGITS // 2,
            numeric_precision=DIGITS,
            allow_set_relation_comp=True,
            timeout_seconds=None,
        )
    )


@lru_cache(maxsize=512)
def _parse(text: str) -> list[Any]:
    return list(parse(rf"\boxed{{{text}}}", _TARGETS, parsing_timeout=None))


def _equal_by_value(left: Any, right: Any, within: float) -> bool | None:
    """Compare expressions; ``None`` where that is not possible."""
    if isinstance(left, sympy.Expr) and isinstance(right, sympy.Expr):
        return _equal_expressions(_plain(left).doit(), _plain(right).doit(), within)
    return None


def _plain(expression: sympy.Expr) -> sympy.Expr:
    """One symbol per name, i as the imaginary unit, and ``f(t)`` a name unless there is an f(s)."""
    expression = expression.replace(sympy.UnevaluatedExpr, lambda inner: inner)
    applied = expression.atoms(AppliedUndef)
    names = {}
    for call in applied:
        alone = sum(other.func == call.func for other in applied) == 1
        names[call] = sympy.Symbol(str(call.func if alone else call).replace("\\", ""))
    expression = expression.xreplace(names)
    symbols = {
        s: sympy.I if s.name == "i" else sympy.Symbol(s.name) for s in expression.free_symbols
    }
    return expression.xreplace(symbols)


def _equal_expressions(left: sympy.Expr, right: sympy.Expr, within: float) -> bool | None:
    """Same values at positive points, and at a negative one where both sides are real there."""
    names = sorted(left.free_symbols | right.free_symbols, key=str)
    for point in _points(names):
        a, b = _value(left, point), _value(right, point)
        if a is None or b is None:
            if point.sign > 0:
                return None
        elif (point.sign > 0 or (a.is_real and b.is_real)) and not _close(a, b):
            return not names and bool(abs(a - b) <= within)
    return True


class _Point(dict[Any, Any]):
    """Values for names; ``sign`` is that of all of them."""

    sign = 1


def _points(names: list[sympy.Symbol]) -> list[_Point]:
    points = []
    for sign, offset in ((1, 0.7390851), (1, 1.3216732), (-1, 0.6180340)):
        point = _Point(
            (name, sympy.Float(sign * (offset + 0.37 * i + 0.11 * i * i), DIGITS))
            for i, name in enumerate(names)
        )
        point.sign = sign
        points.append(point)
    return points if names else points[:1]


def _value(expression: sympy.Expr, point: _Point) -> Any:
    """The value to ``DIGITS`` digits, or ``None``."""
    if expression.has(sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit, sympy.Derivative):
        return None
    value = expression.evalf(DIGITS, subs=point)
    return value if value.is_number and value.is_finite else None


def _close(a: Any, b: Any) -> bool:
    return bool(abs(a - b) <= TOLERANCE * max(abs(a), abs(b), sympy.Float("1e-60")))
