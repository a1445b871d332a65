r"""Is this answer the gold answer? Stages that each decide or pass on.

>>> grade_answer(gold="73", answer="073")
Grade(verdict=<Verdict.CORRECT: 'correct'>, extracted='073', reason='same number')
"""

from __future__ import annotations

from tasks.grading.numbers import read_number, same_number
from tasks.grading.tidy import squeeze
from tasks.grading.verdict import Grade, Verdict


def grade_answer(*, gold: str, answer: str, question: str | None = None) -> Grade:
    """Grade one answer. ``question`` settles what depends on it (does it ask in percent?).

    Never raises on any text; what cannot be decided in time is ``unsure``.
    """
    if squeeze(gold) == squeeze(answer):
        return Grade(Verdict.CORRECT, answer, "same text")
    gold_number, number = read_number(gold), read_number(answer)
    if gold_number is not None and number is not None:
        if same_number(gold_number, number, question):
            return Grade(Verdict.CORRECT, answer, "same number")
        return Grade(Verdict.WRONG, answer, "different numbers")
    return Grade(Verdict.WRONG, answer, "different text")
