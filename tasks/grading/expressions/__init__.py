r"""Expressions in LaTeX or plain text: read into a tree, and compared by their values.

>>> from tasks.grading.expressions import same_expressions
>>> same_expressions(r"\frac{n(n+1)}{2}", r"\binom{n+1}{2}"), same_expressions("x(x+1)", "x^2")
(True, False)
"""

from tasks.grading.expressions.constants import (
    rename,
    renamings,
    same_level_sets,
    same_up_to_constant,
)
from tasks.grading.expressions.derivatives import name_derivatives
from tasks.grading.expressions.equations import same_equations, same_inequalities, split_equals
from tasks.grading.expressions.families import same_families
from tasks.grading.expressions.reader import parse
from tasks.grading.expressions.same import (
    Names,
    Unevaluated,
    has_value,
    same_expressions,
    same_trees,
)
from tasks.grading.expressions.tokens import Unreadable
from tasks.grading.expressions.tree import Node, names_of

__all__ = [
    "Names",
    "Node",
    "Unevaluated",
    "Unreadable",
    "has_value",
    "name_derivatives",
    "names_of",
    "parse",
    "rename",
    "renamings",
    "same_equations",
    "same_expressions",
    "same_families",
    "same_inequalities",
    "same_level_sets",
    "same_trees",
    "same_up_to_constant",
    "split_equals",
]
