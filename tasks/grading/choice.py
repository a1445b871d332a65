r"""The option a text chooses, for multiple-choice tasks.

>>> chosen("The answer is for sure D, not A or B"), chosen("B。不是 A"), chosen(r"\boxed{C}")
('D', 'B', 'C')
>>> chosen("It is not A, which makes no sense, so I think it's B"), chosen("Let me see.")
('B', None)
"""

from __future__ import annotations

import re

from tasks.grading.boxes import last_boxed
from tasks.grading.words import letter

_OPTION = r"\(?\s*\**\(?(?P<letter>[A-J])\)?(?![\w'’])"
_MARKED = re.compile(
    r"(?:\b(?:answer|option|choice|réponse|choose|select)\b|答案|选)"
    r"\W*(?:(?i:is|be|est|for sure|definitely|clearly|option|choice|should|letter)\W+|是|为)*"
    + _OPTION
)
_FIRST = re.compile(r"\W*(?P<letter>[A-J])(?:[.,:)。，：*]|\s*$|(?=[^\x00-\x7f]))")
_ALONE = re.compile(r"(?<![\w'’])\(?(?P<letter>[B-HJ]|A(?!\s+(?!is\b)[a-z]))\)?(?![\w'’])")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！])|\n+")


def chosen(text: str) -> str | None:
    """The letter in the last box, after "the answer is", at the start, or in the last sentence."""
    boxed = last_boxed(text)
    if boxed is not None:
        return letter(boxed)
    marked = list(_MARKED.finditer(text))
    if marked:
        return marked[-1]["letter"]
    first = _FIRST.match(text)
    if first is not None:
        return first["letter"]
    sentences = [s for s in _SENTENCE.split(text.strip()) if s.strip()]
    alone = list(_ALONE.finditer(sentences[-1])) if sentences else []
    return alone[-1]["letter"] if alone else None
