r"""Answers that are one number, numeral, time of day or phrase.

>>> compare_scalars("50\\%", r"\frac{1}{2}", ""), compare_scalars("52_8", "52_9", "")
(Outcome(same=True, rule='same number'), Outcome(same=False, rule='different numerals'))
>>> compare_scalars("x+1", "1+x", "") is None
True
"""

from __future__ import annotations

import re

from tasks.grading.formulas import Outcome
from tasks.grading.numbers import read_based, read_number, same_based, same_number
from tasks.grading.words import clock, same_time, word_list, words

_ROMAN = re.compile(r"[IVXLCDM]{2,}")
_ASKS_LIST = re.compile(r"separated by|comma-separated|ordered (?:pair|triple)|coordinates")
_ASKS_TIME = re.compile(r"what time|o'clock|\bclock\b|[ap]\.m\.")


def compare_scalars(gold: str, answer: str, question: str) -> Outcome | None:
    """Compare two tidy texts; ``None`` unless both are such, or one of them cannot be the other."""
    listed = "," in gold + answer and _ASKS_LIST.search(question)
    gold_number, number = (None, None) if listed else (read_number(gold), read_number(answer))
    if gold_number is not None and number is not None:
        same = same_number(gold_number, number, question)
        return Outcome(same, "same number" if same else "different numbers")
    if _ROMAN.fullmatch(gold) and _ROMAN.fullmatch(answer):
        return Outcome(False, "different numerals")  # the same text was found before
    gold_based, based = read_based(gold), read_based(answer)
    if gold_based is not None and based is not None and (gold_based.base or based.base):
        same = same_based(gold_based, based, question)
        return Outcome(same, "same numeral" if same else "different numerals")
    gold_time, time = clock(gold), clock(answer)
    asked = _ASKS_TIME.search(question.lower())
    if gold_time is not None and time is not None and (asked or gold_time.sure or time.sure):
        same = same_time(gold_time, time)
        return Outcome(same, "same time of day" if same else "different times of day")
    if (gold_time or time) and asked:
        return Outcome(False, "no time of day")
    gold_words, answer_words = words(gold), words(answer)
    if gold_words is not None and answer_words is not None:
        same = gold_words == answer_words or (
            word_list(gold) is not None and word_list(gold) == word_list(answer)
        )
        return Outcome(same, "same words" if same else "different words")
    if (gold_words is None) != (answer_words is None) and (gold_number or number):
        return Outcome(False, "a word is no number")
    return None
