r"""Exact rational arithmetic on LaTeX: ``\frac{9!}{7!}``, ``2\frac{3}{5}``, ``0.\overline{3}``.

>>> evaluate(r"3 \cdot 2^{10}"), evaluate(r"2\frac{3}{5}"), evaluate(r"\binom{10}{3}")
(Fraction(3072, 1), Fraction(13, 5), Fraction(120, 1))
>>> evaluate("x + 1") is None, evaluate("9^{9^{9^9}}") is None, evaluate("1/0") is None
(True, True, True)
"""

from __future__ import annotations

from fractions import Fraction

from tasks.grading.expressions.reader import parse
from tasks.grading.expressions.tokens import Unreadable
from tasks.grading.expressions.tree import Number


def evaluate(text: str) -> Fraction | None:
    """The value of tidy text that is plain arithmetic on numbers; ``None`` for everything else.

    >>> evaluate("1 1/2"), evaluate("1,234.50"), evaluate("4.5e3"), evaluate(r"0.1\\overline{6}")
    (Fraction(3, 2), Fraction(2469, 2), Fraction(4500, 1), Fraction(1, 6))
    """
    try:
        node = parse(text)
    except (Unreadable, RecursionError):
        return None
    if type(node) is not Number:
        return None
    return Fraction(int(node.value.p), int(node.value.q))
