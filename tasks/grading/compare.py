r"""Is this answer the gold answer? Stages that each decide or pass on.

Same text; same number; same choice or words; same shape with the same parts; and then, for
expressions, equations and inequalities, the same values at several points.

>>> grade_answer(gold="73", answer="073")
Grade(verdict=<Verdict.CORRECT: 'correct'>, extracted='073', reason='same number')
>>> grade_answer(gold="(1,2)", answer=r"\{1,2\}")
Grade(verdict=<Verdict.WRONG: 'wrong'>, extracted='\\{1,2\\}', reason='another kind of answer')
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.grading import symbolic
from tasks.grading.budget import budget, check
from tasks.grading.formulas import (
    Outcome,
    compare_equations,
    compare_expressions,
    compare_inequalities,
    compare_ratios,
    compare_reals,
)
from tasks.grading.given import as_text
from tasks.grading.letters import rename_letter, single_letters
from tasks.grading.plain import plain
from tasks.grading.scalars import compare_scalars
from tasks.grading.shapes import (
    Bracket,
    Listing,
    Matrix,
    Shape,
    read_shape,
)
from tasks.grading.sides import read_sides
from tasks.grading.tidy import squeeze, tidy, unwrapped
from tasks.grading.verdict import Grade, Verdict
from tasks.grading.words import labelled, letter, only_letter

NO_GOLD = Grade(Verdict.UNSURE, None, "the gold answer is empty")

MAX_LENGTH = 2_000
"""A longer answer is the gold answer only if it is the same text."""
MAX_PARTS = 64
MAX_SETS = 8
MAX_MERGED = 12
"""Longer lists of different length are different: nothing in them is looked for twice."""

_PARAMETERS = frozenset("rstuvkmn")
_ALONE = re.compile(r"(?<![a-zA-Z\\\\])[a-zA-Z](?![a-zA-Z])")
_SET_START = re.compile(r"(?:\s*\\\{)*")
_INTEGER = re.compile(r"[+-]?\d{1,400}")


def grade_answer(*, gold: str | float, answer: str | float, question: str | None = None) -> Grade:
    """Grade one answer. ``question`` settles what depends on it (does it ask in percent?).

    Raises on no text whatever; what cannot be decided in time is ``unsure``. A number counts as
    its text; anything else that is no text is a TypeError.
    """
    gold, answer = as_text("gold", gold), as_text("answer", answer)
    question = None if question is None else as_text("question", question)
    if not gold.strip():
        return NO_GOLD
    if not answer.strip():
        return Grade(Verdict.NO_ANSWER, None, "empty answer")
    if _INTEGER.fullmatch(gold) and _INTEGER.fullmatch(answer):
        same = int(gold) == int(answer)
        rule = "same number" if same else "different numbers"
        return Grade(Verdict.CORRECT if same else Verdict.WRONG, answer, rule)
    try:
        with budget():
            same, rule = _compare(gold, answer, question or "")
    except symbolic.Undecided as error:
        return Grade(Verdict.UNSURE, answer, str(error))
    except RecursionError:
        return Grade(Verdict.UNSURE, answer, "nested too deeply to compare")
    return Grade(Verdict.CORRECT if same else Verdict.WRONG, answer, rule)


def _compare(gold: str, answer: str, question: str) -> Outcome:
    if gold.strip() == answer.strip():
        return Outcome(True, "same text")
    if max(len(gold), len(answer)) > MAX_LENGTH:
        return Outcome(False, "too long to be the answer")
    if unwrapped(gold) == unwrapped(answer):
        return Outcome(True, "same text")
    choice, with_value = only_letter(gold), labelled(gold)
    if choice is not None and letter(answer) is not None:
        return Outcome(letter(answer) == choice, "choices")
    if choice is not None and tidy(gold) != choice:  # in brackets, or as a text
        return Outcome(False, "no choice")
    answer_value = labelled(answer)
    if with_value is None and answer_value is not None:
        answer = answer_value[1]
    if with_value is not None:
        if letter(answer) is not None and (letter(answer) != with_value[0] or answer_value is None):
            return Outcome(letter(answer) == with_value[0], "choices")
        gold = with_value[1]
        answer = answer_value[1] if answer_value is not None else answer
    gold, answer = tidy(gold), tidy(answer)
    outcome = _same(gold, answer, question)
    renamed = None if outcome.same else _with_the_golds_parameter(gold, answer, question)
    return outcome if renamed is None else _same(gold, renamed, question)


def _with_the_golds_parameter(gold: str, answer: str, question: str) -> str | None:
    """``(3+2s, s)`` for a gold of ``(3+2t, t)``: the one letter that differs, a usual parameter's,
    which the question does not use."""
    ours, theirs = single_letters(gold), single_letters(answer)
    new, old = ours - theirs, theirs - ours
    if len(new) != 1 or len(old) != 1 or not (new | old) <= _PARAMETERS:
        return None
    parts = _parts_of(gold)
    if sum(letter in single_letters(part) for part in parts for letter in new) < 2:
        return None  # a line has its parameter in several places
    if (new | old) & set(_ALONE.findall(question)) or not isinstance(
        read_shape(gold), Bracket | Matrix
    ):
        return None
    return rename_letter(answer, *old, *new)


def _parts_of(text: str) -> Sequence[str]:
    shape = read_shape(text)
    return (
        shape.parts
        if isinstance(shape, Bracket)
        else shape.cells
        if isinstance(shape, Matrix)
        else ()
    )


def _same(gold: str, answer: str, question: str) -> Outcome:
    """Compare two tidy answers, or two parts of answers."""
    check()
    sets = compare_reals(gold, answer) or compare_inequalities(gold, answer)
    if sets is not None:
        return sets
    gold, answer = plain(gold), plain(answer)
    if squeeze(gold) == squeeze(answer):
        return Outcome(True, "same text")
    return (
        compare_scalars(gold, answer, question)
        or _as_lists(gold, answer, question)
        or _as_equations(gold, answer, question)
        or _as_brackets(gold, answer, question)
        or compare_ratios(gold, answer, question)
        or compare_expressions(gold, answer, question)
    )


def _as_lists(gold: str, answer: str, question: str) -> Outcome | None:
    """Lists and sets in any order; a list in parentheses has the order of its parts."""
    if max(_set_depth(gold), _set_depth(answer)) > MAX_SETS:
        raise symbolic.Undecided("sets nested too deeply")
    if _set_depth(gold) != _set_depth(answer) and _set_depth(gold) and _set_depth(answer):
        return _OTHER_KIND
    match _shape(gold), _shape(answer):
        case Listing() as left, Listing() as right:
            if "multiplicit" in question or _are_named(left.parts) != _are_named(right.parts):
                return _one_by_one(left.parts, right.parts, question)
            return _in_any_order(left.parts, right.parts, question)
        case (Listing(braces=False) as left, Bracket(opening="(", closing=")") as right) | (
            Bracket(opening="(", closing=")") as left,
            Listing(braces=False) as right,
        ):
            return _in_order(left.parts, right.parts, question)
        case Listing(parts=(only,)), _:
            return _same(only, answer, question)
        case _, Listing(parts=(only,)):
            return _same(gold, only, question)
        case (Listing(), None) | (None, Listing()):
            return Outcome(False, "one answer against several")
        case (Listing(), _) | (_, Listing()):
            return _OTHER_KIND
        case _:
            return None


def _set_depth(text: str) -> int:
    r"""How many braces of sets open before anything else: 2 of ``\{\{1\}\}``."""
    match = _SET_START.match(text)
    inside = text.replace(r"\}", "").strip()
    return (match[0].count("{") if match else 0) + inside.endswith(r"\emptyset")


def _as_equations(gold: str, answer: str, question: str) -> Outcome | None:
    """``x = 5`` against 5 compares values; an equation that names no value meets only its like."""
    left, right = read_sides(gold), read_sides(answer)
    if left is None or right is None or not _same_name(left.name, right.name):
        if "=" in gold and "=" in answer:
            return compare_equations(gold, answer, question)
        return Outcome(False, "an equation is not an expression")
    value = right.value
    if left.argument and right.argument and left.argument not in single_letters(value):
        value = rename_letter(value, right.argument, left.argument)
    if left.value != gold or value != answer:
        return _same(left.value, value, question)
    return None


def _same_name(left: str, right: str) -> bool:
    """A name may be left out, and so may its index: ``m_{max}`` and ``m``."""
    if not (left and right) or left == right:
        return True
    return left.split("_")[0] == right.split("_")[0] and "_" not in min(left, right, key=len)


def _as_brackets(gold: str, answer: str, question: str) -> Outcome | None:
    """Tuples, intervals and matrices, part by part."""
    match read_shape(gold), read_shape(answer):
        case Bracket() as left, Bracket() as right:
            if (left.opening, left.closing) != (right.opening, right.closing):
                return Outcome(False, "different brackets")
            return _in_order(left.parts, right.parts, question)
        case Matrix() as left, Matrix() as right:
            if left.bars != right.bars or left.size != right.size:
                return Outcome(False, "matrices of different size")
            return _in_order(left.cells, right.cells, question)
        case (None, None) | (Matrix(), None) | (None, Matrix()):
            return None  # a product with a matrix is one too
        case _:
            return _OTHER_KIND


def _shape(text: str) -> Shape | None:
    """The shape of a text, or of the value that it names: ``(x, y) = (1, 2)`` is a pair."""
    shape = read_shape(text)
    if shape is None and (sides := read_sides(text)) is not None and sides.name:
        return read_shape(sides.value)
    return shape


_OTHER_KIND = Outcome(False, "another kind of answer")


def _in_order(gold: Sequence[str], answer: Sequence[str], question: str) -> Outcome:
    if len(gold) != len(answer):
        return Outcome(False, "another number of parts")
    for left, right in zip(gold, answer, strict=True):
        if not _same(left, right, question).same:
            return Outcome(False, "a part differs")
    return Outcome(True, "the same part by part")


def _are_named(parts: Sequence[str]) -> bool:
    """Whether the parts give values to different names: ``x = 1, y = 2``."""
    names = [sides.name if (sides := read_sides(part)) else "" for part in parts]
    return all(names) and len(set(names)) == len(names)


def _one_by_one(gold: Sequence[str], answer: Sequence[str], question: str) -> Outcome:
    """In order where only one side has names; else each part once."""
    if "multiplicit" not in question:
        return _in_order(gold, answer, question)
    left = list(answer)
    for part in gold:
        match = next((other for other in left if _same(part, other, question).same), None)
        if match is None:
            return Outcome(False, "another multiplicity")
        left.remove(match)
    return Outcome(not left, "another multiplicity" if left else "the same answers")


def _in_any_order(gold: Sequence[str], answer: Sequence[str], question: str) -> Outcome:
    """Equal as sets: a value that is named twice is one."""
    ours = {squeeze(part): part for part in gold}
    theirs = {squeeze(part): part for part in answer}
    if max(len(ours), len(theirs)) > MAX_PARTS and ours.keys() != theirs.keys():
        if len(ours) != len(theirs):
            return Outcome(False, "another number of answers")
        raise symbolic.Undecided(f"more than {MAX_PARTS} parts to compare")
    unmatched = [part for key, part in ours.items() if key not in theirs]
    others = [part for key, part in theirs.items() if key not in ours]
    if len(unmatched) != len(others) and max(len(ours), len(theirs)) > MAX_MERGED:
        return Outcome(False, "another number of answers")
    taken = [part for key, part in theirs.items() if key in ours]
    for part in unmatched:
        match = next((other for other in others if _same(part, other, question).same), None)
        if match is not None:
            others.remove(match)
            taken.append(match)
        elif not any(_same(part, other, question).same for other in taken):
            return Outcome(False, "an answer is missing")
    for part in others:
        if not any(_same(other, part, question).same for other in ours.values()):
            return Outcome(False, "an answer too many")
    return Outcome(True, "the same answers")
