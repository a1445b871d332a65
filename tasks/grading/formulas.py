r"""Expressions, equations, inequalities and ratios: compared by their values.

>>> compare_expressions(r"\sqrt{8}", r"2\sqrt{2} \text{ cm}", "")
Outcome(same=True, rule='equal expressions')
>>> compare_ratios("3:4", "6:8", ""), compare_ratios("10:30", "11:30", "")
(Outcome(same=True, rule='the same ratio'), Outcome(same=False, rule='different times of day'))

Our own reader and ball arithmetic decide almost all; integrals, limits and sums without an end go
to sympy in a process of its own.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from tasks.grading import symbolic, units
from tasks.grading.braces import is_balanced, split_top
from tasks.grading.budget import count_question
from tasks.grading.expressions import (
    Names,
    Node,
    Unevaluated,
    Unreadable,
    has_value,
    names_of,
    parse,
    rename,
    renamings,
    same_equations,
    same_families,
    same_inequalities,
    same_level_sets,
    same_trees,
    same_up_to_constant,
    split_equals,
)
from tasks.grading.letters import single_letters
from tasks.grading.numbers import read_number, rounding
from tasks.grading.reals import same_reals
from tasks.grading.shapes import PARAMETER
from tasks.grading.tidy import squeeze

_RELATION = re.compile(r"[<>]|\\[lg]e(?![a-zA-Z])")
_ANGLE_FUNCTION = re.compile(r"\\(?:arc)?(?:sin|cos|tan|cot|sec|csc)(?![a-zA-Z])")
_OF_TIME = re.compile(r"(?<=[\w}])\s*\(\s*t\s*\)")
_FOR_SYMPY = re.compile(r"\\(?:int|iint|oint|lim)(?![a-zA-Z])|\\(?:sum|prod)(?![a-zA-Z]).*\\infty")
_NAME = r"\$?(?:\\[a-zA-Z]+|[a-zA-Z])(?:_\{?\w+\}?)?\$?"
_LISTED = rf"{_NAME}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+){_NAME}){{0,8}}"
_POSITIVE = re.compile(
    rf"{_LISTED}\s*(?:>|\\gt)\s*0"
    rf"|positive (?:(?:real|numbers?|reals?|constants?|values?) )*{_LISTED}(?![a-zA-Z])"
)
_FIRST_LETTER = re.compile(r"(?<![a-zA-Z_])\\?([a-zA-Z])")
_MATRICES = re.compile(r"\bmatri(?:x|ces)\b", re.IGNORECASE)
_WHOLE_LINE = re.compile(r"(?:all|every|any|for) (?:non-?zero )?real|\\neq?\s*0", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_ALONE = re.compile(r"(?<![a-zA-Z\\])[a-zA-Z](?![a-zA-Z])")
_PARAMETERS = frozenset("kmnlj")


class Outcome(NamedTuple):
    """Whether two answers are the same, and the rule that says so."""

    same: bool
    rule: str


def compare_expressions(gold: str, answer: str, question: str) -> Outcome:
    """Compare two tidy texts as expressions. Raises symbolic.Undecided."""
    (gold, gold_unit), (answer, unit) = _without_unit(gold), _without_unit(answer)
    if units.conflict(gold_unit, unit):
        return Outcome(False, "different units")
    if squeeze(gold) == squeeze(answer):
        return Outcome(True, "same but for the unit")
    if is_balanced(gold) and not is_balanced(answer):
        return Outcome(False, "brackets left open")
    number = read_number(gold)
    within = rounding(number) if number is not None else Fraction(0)
    if _FOR_SYMPY.search(gold + answer):
        return _by_sympy(gold, answer, within)
    left, right = _readable(gold), _readable(answer)
    if isinstance(left, Unreadable):
        if isinstance(right, Unreadable):
            raise symbolic.Undecided(f"no rule compares these: {left}")
        return Outcome(False, "an expression, where the gold is none")
    if isinstance(right, Unreadable):
        return Outcome(False, f"no expression: {right}")
    try:
        letters = {name.strip("\\")[:1] for name in names_of(left) | names_of(right)}
        names = _known_of(letters, question)
        if same_trees(left, right, within, names):
            if _MATRICES.search(question) and len([n for n in letters if n.isupper()]) > 1:
                raise symbolic.Undecided("equal if matrices commuted")
            return Outcome(True, "equal expressions")
        if any(same_trees(left, o, names=names) for o in renamings(left, right, question)):
            return Outcome(True, "equal but for the name of a constant")
        if same_up_to_constant(left, right, question):
            return Outcome(True, "equal up to the arbitrary constant")
        if _are_one_family(left, right, question, periodic=r"\pi" in gold and r"\pi" in answer):
            return Outcome(True, "the same family of values")
    except Unevaluated as error:
        if has_value(left) and not has_value(right):
            return Outcome(False, "the answer has no value")
        raise symbolic.Undecided(f"no value to compare: {error}") from error
    return Outcome(False, "different expressions")


def compare_equations(gold: str, answer: str, question: str) -> Outcome:
    """Compare two tidy texts that both hold an equals sign. Raises symbolic.Undecided."""
    if "(t)" not in gold.replace(" ", "") or "(t)" not in answer.replace(" ", ""):
        gold, answer = _OF_TIME.sub("", gold), _OF_TIME.sub("", answer)
    try:
        same = same_equations(gold, answer) or _same_curves(gold, answer, question)
    except Unreadable as error:
        if _FOR_SYMPY.search(gold + answer):
            return _by_sympy(gold, answer, Fraction(0))
        if all(isinstance(_readable(side), Node) for side in split_equals(gold)):
            return Outcome(False, f"no equation: {error}")
        raise symbolic.Undecided(f"no rule compares these: {error}") from error
    return Outcome(same, "the same equation" if same else "different equations")


def _same_curves(gold: str, answer: str, question: str) -> bool:
    """Whether two equations with an arbitrary constant have the same curves."""
    left, right = ("-".join(f"({side})" for side in split_equals(text)) for text in (gold, answer))
    return same_level_sets(parse(left), parse(right), question)


def compare_reals(gold: str, answer: str) -> Outcome | None:
    """Compare two tidy texts as sets of reals; ``None`` unless both are such."""
    same = same_reals(gold, answer)
    if same is None:
        return None
    return Outcome(same, "the same set of reals" if same else "different sets of reals")


def compare_inequalities(gold: str, answer: str) -> Outcome | None:
    """Compare inequalities; those in one unknown that differ here may yet be one interval."""
    if not (_RELATION.search(gold) and _RELATION.search(answer)):
        return None
    try:
        same = same_inequalities(gold, answer)
    except Unreadable:
        return None
    if same:
        return Outcome(True, "the same inequality")
    several = len(single_letters(gold) - {"e", "i"}) > 1
    return Outcome(False, "different inequalities") if several else None


def compare_ratios(gold: str, answer: str, question: str) -> Outcome | None:
    """``3:4`` is ``6:8``; but half past one is not a ratio, unless the question asks for one."""
    ours, theirs = split_top(gold, ":"), split_top(answer, ":")
    if "ratio" in question.lower() and {len(ours), len(theirs)} == {1, 2}:
        ours, theirs = (r if len(r) == 2 else [r[0], "1"] for r in (ours, theirs))  # 3:4 is 3/4
    if len(ours) < 2 or len(ours) != len(theirs):
        return None
    if _CLOCK.fullmatch(gold) and _CLOCK.fullmatch(answer) and "ratio" not in question.lower():
        return Outcome(gold == answer, "different times of day")
    try:
        if not all(_is_not_zero(term) for term in (*ours, *theirs)):
            return None
        same = all(
            same_trees(parse(f"({ours[0]})({b})"), parse(f"({theirs[0]})({a})"))
            for a, b in zip(ours[1:], theirs[1:], strict=True)
        )
    except (Unreadable, Unevaluated):
        return None
    return Outcome(same, "the same ratio" if same else "different ratios")


def _known_of(names: set[str], question: str) -> Names:
    """What a question says of the names in an answer."""
    found = [match[0] for match in _POSITIVE.finditer(question)]
    positive = {letter for listed in found for letter in _FIRST_LETTER.findall(listed)}
    others = names - positive
    if names & positive and all(letter.isupper() for letter in others):  # G, a constant of nature
        return Names.POSITIVE
    return Names.REAL if _WHOLE_LINE.search(question) else Names.ANY


def _readable(text: str) -> Node | Unreadable:
    """The tree of a text, or why it has none."""
    try:
        return parse(text)
    except Unreadable as error:
        return error


def _is_not_zero(term: str) -> bool:
    return not same_trees(parse(term), parse("0"))


def _by_sympy(gold: str, answer: str, within: Fraction) -> Outcome:
    count_question()
    same = symbolic.equal(gold, answer, float(within) if within < 10**300 else 0.0)
    return Outcome(same, "equal by sympy" if same else "different by sympy")


def _without_unit(text: str) -> tuple[str, str]:
    """Degrees are dropped like a unit, but not out of a sine."""
    bare, unit = units.split_unit(text)
    return (text, "") if unit == "deg" and _ANGLE_FUNCTION.search(text) else (bare, unit)


def _are_one_family(gold: Node, answer: Node, question: str, periodic: bool) -> bool:
    """Whether both have an integer parameter, and the same values when it runs.

    A parameter is a name that a condition calls a whole number. Where there is a period, the one
    name that is usual for such may have another letter too, unless the question uses either.
    """
    name, other = (_parameter(node) for node in (gold, answer))
    if name is None or other is None:
        return False
    if PARAMETER in (name, other):
        return same_families(gold, name, answer, other)
    if not periodic or name == other or {name, other} & set(_ALONE.findall(question)):
        return False
    return same_trees(gold, rename(answer, {other: name}))


def _parameter(node: Node) -> str | None:
    names = names_of(node)
    if PARAMETER in names:
        return PARAMETER
    usual = names & _PARAMETERS
    return usual.pop() if len(usual) == 1 else None
