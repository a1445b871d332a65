r"""Families of values with an integer parameter: ``\frac{\pi}{4} + k\pi`` for every whole k.

>>> from tasks.grading.expressions.reader import parse
>>> one, other = parse(r"\frac{\pi}{4} + k\pi"), parse(r"\frac{5\pi}{4} - n\pi")
>>> same_families(one, "k", other, "n"), same_families(one, "k", parse(r"n\pi"), "n")
(True, False)
"""

from __future__ import annotations

from flint import arb

from tasks.grading.expressions.constants import rename
from tasks.grading.expressions.evaluate import NoValue, Scalar, evaluate, whole_number
from tasks.grading.expressions.points import points
from tasks.grading.expressions.precision import precision
from tasks.grading.expressions.same import same_trees
from tasks.grading.expressions.tree import Node


def same_families(left: Node, name: str, right: Node, other: str) -> bool:
    """Whether both are the same set of values when their parameter runs over all whole numbers.

    Shown for families that are linear in it; any other must be equal but for the name. Raises
    Unevaluated.
    """
    right = rename(right, {other: name})
    with precision():
        linear = _same_progressions(left, right, name)
        return same_trees(left, right) if linear is None else linear


def _same_progressions(left: Node, right: Node, name: str) -> bool | None:
    """Whether steps are equal up to their sign, and starts apart by a multiple of them."""
    for point in points(left, right):
        try:
            (a, step), (b, other) = (
                _progression(node, {**point.values}, name) for node in (left, right)
            )
        except (NoValue, TypeError, ZeroDivisionError):
            return None
        if not (step.overlaps(other) or step.overlaps(-other)):
            return False
        apart = (a - b) / step
        if whole_number(apart) is None:
            return False
    return True


def _progression(node: Node, values: dict[str, Scalar], name: str) -> tuple[arb, arb]:
    """The value at 0 and the step. Raises TypeError where there is no constant step."""
    first, second, third = (evaluate(node, {**values, name: arb(n)}) for n in range(3))
    if not (isinstance(first, arb) and isinstance(second, arb) and isinstance(third, arb)):
        raise TypeError
    step = second - first
    if step.contains(0) or not (third - second).overlaps(step):
        raise TypeError
    return first, step
