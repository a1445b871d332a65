r"""The answer a text states, by the strongest sign of it.

>>> extract(r"So it is \boxed{\frac{1}{2}}. Not 3.")
Stated(answer='\\frac{1}{2}', sign='box')
>>> extract("4 + 5 = 9\n#### 9"), extract("<answer>449</answer>")
(Stated(answer='9', sign='####'), Stated(answer='449', sign='tag'))
>>> extract(r"It is \boxed{2}. Correction: I forgot one, so the final answer is 3.")
Stated(answer='3', sign='sentence')
>>> extract("Let me try another value. " * 20 + "Then b = 3") is None
True
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tasks.grading import phrases
from tasks.grading.alternatives import settled
from tasks.grading.boxes import last_box
from tasks.grading.chains import consequence
from tasks.grading.code import without_code
from tasks.grading.marks import Mark, keyed, last_hashes, last_minerva, last_tag
from tasks.grading.prose import concluded, restated
from tasks.grading.sentences import is_bare


class Stated(NamedTuple):
    """An answer and the sign by which it was found."""

    answer: str
    sign: str


def extract(text: str, *, finished: bool = False) -> Stated | None:
    """The stated answer of a text without its thought, or ``None``.

    ``finished`` says that the text is known not to be cut off.
    """
    text = without_code(text)
    explicit = _explicit(text)
    if explicit is not None:
        mark, sign = explicit
        later = restated(text[mark.end :])
        return Stated(later, "sentence") if later else Stated(_content(mark.answer), sign)
    if text.strip().startswith("{") and text.strip().endswith("}"):
        return None  # an object without an answer
    answer = concluded(text, finished=finished)
    return Stated(answer, "sentence") if answer else None


def extract_earlier(turn: str) -> Stated | None:
    """The stated answer of a text that another problem follows: a sentence must say that something
    is the value, since what stands before a problem may be part of it.

    >>> extract_earlier("The sum is 4."), extract_earlier("Anna has 4 pens.")
    (Stated(answer='4', sign='sentence'), None)
    """
    stated = extract(turn, finished=True)
    if stated is None or stated.sign != "sentence" or is_bare(turn):
        return stated
    return stated if phrases.STATES.search(turn[-300:]) else None


def extract_explicit(text: str) -> Stated | None:
    """An answer that was marked as one: it counts even in a text that was cut off after it.

    >>> extract_explicit("<answer>449</answer>"), extract_explicit("<answer>44")
    (Stated(answer='449', sign='tag'), None)
    """
    text = without_code(text)
    explicit = _explicit(text)
    if explicit is None:
        return None
    mark, sign = explicit
    if sign == "tag" and mark.end == len(text):
        return None  # more of it may have been to come
    return Stated(_content(mark.answer), sign)


def _explicit(text: str) -> tuple[Mark, str] | None:
    for sign, find in _SIGNS:
        mark = find(text)
        if mark is not None:
            return mark, sign
    return None


def _box(text: str) -> Mark | None:
    box = last_box(text)
    return Mark(box.end, box.content) if box is not None else None


_SENTENCE = re.compile(r"\b(?:is|are|was|were|equals|has|have)\b")
_LABEL = re.compile(r"\\(?:text|textbf|mathrm)\s*\{[^{}:]{1,40}:\s*\}\s*(?=\S)")
_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")


def _content(answer: str) -> str:
    r"""The answer within what was marked, which may be a label and it, or a whole sentence.

    >>> _content(r"\text{Roots: } 2, 3"), _content(r"3x = 6 \implies x = 2")
    ('2, 3', 'x = 2')
    >>> _content(r"\text{There are 60 ways}"), _content(r"\text{no solution}")
    ('60 ways', '\\text{no solution}')
    >>> _content(r"0.5 \text{ or } \frac{1}{2}"), _content(r"\text{either } 1 \text{ or } 2")
    ('\\frac{1}{2}', '1 \\text{ or } 2')
    """
    answer = _LABEL.sub("", answer, count=1) if _LABEL.match(answer) else answer
    answer = consequence(answer)
    plain = _TEXT.sub(r"\1", answer)
    if _SENTENCE.search(plain):
        return concluded(plain, finished=True) or settled(answer)
    return settled(answer)


_SIGNS: tuple[tuple[str, Callable[[str], Mark | None]], ...] = (
    ("box", _box),
    ("tag", last_tag),
    ("####", last_hashes),
    ("form", last_minerva),
    ("key", keyed),
)
