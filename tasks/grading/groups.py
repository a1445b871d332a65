"""Which answers of a vote are one answer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tasks.grading.compare import MAX_LENGTH, grade_answer
from tasks.grading.given import as_text
from tasks.grading.numbers import read_number
from tasks.grading.tidy import squeeze
from tasks.grading.units import Dimensions, dimensions
from tasks.grading.verdict import Verdict


def group_equivalent(answers: Sequence[str | float]) -> list[int]:
    r"""The group number of each answer, counted from 0 in order of first appearance.

    Numbers are grouped by value and equal texts by text, so 10,000 integers cost no comparison.
    What is too long for an answer is equal to the same text only.
    Only what is left is compared in pairs, with the first answer of each group as the gold: what is
    no number with all, a number with those that are none. Raises TypeError on what is no text and
    no number.

    >>> group_equivalent(["073", "74", "73.0", r"\frac{146}{2}", "73 apples", "x+1", "x + 1"])
    [0, 1, 0, 0, 0, 2, 2]
    >>> group_equivalent(["y = 6", "6", r"\sqrt{36}", "7"])
    [0, 0, 0, 1]
    """
    of_number: dict[Fraction, list[tuple[Dimensions, int]]] = {}
    of_text: dict[str, int] = {}
    firsts: list[tuple[int, str]] = []  # of each group
    groups: list[int] = []
    new = 0  # the next group's number
    for given in answers:
        answer = as_text("an answer", given)
        group: int | None
        number = read_number(answer) if len(answer) <= MAX_LENGTH else None
        if number is not None:
            unit = dimensions(number.unit)
            known = of_number.setdefault(number.value, [])
            group = next((g for u, g in known if not u or not unit or u == unit), None)
            if group is None:
                others = ((g, first) for g, first in firsts if _may_be_a_number(first))
                group = next((g for g, first in others if _same(first, answer)), None)
                known.append((unit, new if group is None else group))
        else:
            key = squeeze(answer) if len(answer) <= MAX_LENGTH else answer.strip()
            group = of_text.get(key)
            if group is None:
                group = next((g for g, first in firsts if _same(first, answer)), None)
                of_text[key] = new if group is None else group
        if group is None:
            firsts.append((new, answer))
        groups.append(new if group is None else group)
        new += group is None
    return groups


def _may_be_a_number(first: str) -> bool:
    """Whether the text is not written as a number, but its value may be one."""
    return len(first) <= MAX_LENGTH and read_number(first) is None


def _same(left: str, right: str) -> bool:
    return grade_answer(gold=left, answer=right).verdict is Verdict.CORRECT
