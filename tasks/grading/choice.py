r"""The option a text chooses, for multiple-choice tasks.

>>> chosen("The answer is for sure D, not A or B"), chosen("B。不是 A"), chosen(r"\boxed{C}")
('D', 'B', 'C')
>>> chosen("It is not A, which makes no sense, so I think it's B"), chosen("Let me see.")
('B', None)
>>> chosen("Answer: B\n\nNote that option A fails."), chosen(r"\boxed{3.2}, so $\text{(B)}$ is it")
('B', 'B')
"""

from __future__ import annotations

import re

from tasks.grading.boxes import last_boxed
from tasks.grading.compare import MAX_LENGTH
from tasks.grading.words import letter

_LETTER = r"(?:\\[a-z]{2,8}\{\W?)?(?P<letter>[A-J])(?![\w'’])"
_IS = (
    r"(?:(?i:is|be|est|for sure|definitely|clearly|option|choice|should|letter)\W{1,8}|是|为){0,4}"
)
# Of these the strongest that is found decides, and of several such the last.
_MARKED = (
    re.compile(rf"^\W{{0,8}}(?i:(?:final\s)?answer)\W{{0,8}}{_LETTER}", re.MULTILINE),
    re.compile(rf"(?:(?i:\b(?:answer|réponse)\b)|答案)\W{{0,8}}{_IS}{_LETTER}"),
    re.compile(rf"(?:(?i:\b(?:option|choice|choose|select)\b)|选)\W{{0,8}}{_IS}{_LETTER}"),
)
_FIRST = re.compile(r"\W*(?P<letter>[A-J])(?:[.,:)。，：*]|\s*$|(?=[^\x00-\x7f]))")
_ALONE = re.compile(r"(?<![\w'’])\(?(?P<letter>[B-HJ]|A(?!\s+(?!is\b)[a-z]))\)?(?![\w'’])")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！])|\n+")


def chosen(text: str) -> str | None:
    """The letter in the last box, on a line "Answer: B", after "the answer is", after "option" or
    "I choose", at the start, or in the last sentence."""
    boxed = boxed_letter(text)
    if boxed is not None:
        return boxed
    for mark in _MARKED:
        marked = list(mark.finditer(text))
        if marked:
            return marked[-1]["letter"]
    first = _FIRST.match(text)
    if first is not None:
        return first["letter"]
    sentences = [s for s in _SENTENCE.split(text.strip()) if s.strip()]
    alone = list(_ALONE.finditer(sentences[-1])) if sentences else []
    return alone[-1]["letter"] if alone else None


def boxed_letter(text: str) -> str | None:
    """The letter in the last box, which counts even in a text that was cut off after it."""
    boxed = last_boxed(text)
    return letter(boxed) if boxed is not None and len(boxed) <= MAX_LENGTH else None
