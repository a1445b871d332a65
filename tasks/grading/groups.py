"""Which answers of a vote are one answer."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.grading.compare import grade_answer
from tasks.grading.numbers import Number, read_number
from tasks.grading.tidy import squeeze
from tasks.grading.verdict import Verdict


def group_equivalent(answers: Sequence[str]) -> list[int]:
    r"""The group number of each answer, counted from 0 in order of first appearance.

    Answers with one key (a number's value, or the same text but for spaces) need no comparison;
    only the distinct rest is compared in pairs, with the first of each group as the gold.

    >>> group_equivalent(["073", "74", "73.0", r"\frac{146}{2}", "x+1", "x + 1"])
    [0, 1, 0, 0, 2, 2]
    """
    group_of_key: dict[object, int] = {}
    compared: list[tuple[int, str]] = []  # one answer of each group that is not a plain number
    groups = []
    count = 0
    for answer in answers:
        number = read_number(answer)
        key = _key(number) if number is not None else squeeze(answer)
        group = group_of_key.get(key)
        if group is None:
            plain = number is not None and not number.unit
            if not plain:
                group = next((g for g, other in compared if _same(other, answer)), None)
            if group is None:
                group, count = count, count + 1
                if not plain:
                    compared.append((group, answer))
            group_of_key[key] = group
        groups.append(group)
    return groups


def _key(number: Number) -> tuple[object, ...]:
    return (number.value, number.unit)


def _same(left: str, right: str) -> bool:
    return grade_answer(gold=left, answer=right).verdict is Verdict.CORRECT
