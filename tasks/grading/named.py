r"""Answers that are words: "So the tallest is Anna", "there is no solution".

>>> named("So the tallest is Anna."), named("The statement is false."), named("It is clear.")
('Anna', 'false', None)
>>> named("So it will be June 20."), named("Hence the curve is an **ellipse**.")
('June 20', 'ellipse')
>>> named("The tallest is Anna or it is Ben.") is None
True
>>> named("The lines are parallel, so there is no solution to the system.")
'no solution'
"""

from __future__ import annotations

import re

_NAME = re.compile(
    r"\b(?:is|was|be)\s+(?:an? |the |on )?([A-Z][\w'’-]+(?: [A-Z][\w'’-]+| \d{1,2})?)[.!*\s]*$"
)
_WORD = re.compile(
    r"\b(?:is|be|diverges to)\s+(?:therefore |thus |clearly )?"
    r"(true|false|undefined|infinite|infinity|impossible|even|odd)\b(?: there)?[.!*\s]*$"
)
_BOLD = re.compile(r"\b(?:is|was|be)\s+(?:an? |the )?\*\*([^*\d$\\]{2,40}?)[.!]?\*\*[.!\s]*$")
_NONE = re.compile(
    r"\b(?:is|are|has|have|exists?)\s+(no (?:(?:real|integer|such|possible|positive) )*"
    r"(?:solutions?|roots?|numbers?|integers?|values?))\b",
    re.IGNORECASE,
)


_OR = re.compile(r"\bor\s+(?:[a-z]+\s+){0,3}$")
"""Before "is Ben": it is another, or it is Ben."""
_YES_NO = re.compile(r"\W*(yes|no)\b\s*[,.:;!*—-]", re.IGNORECASE)


def named(sentence: str) -> str | None:
    """The name, the truth value, or the "no solution" that a sentence states."""
    for kind in (_NONE, _WORD, _BOLD, _NAME):
        found = kind.search(sentence)
        if found is not None:
            return None if _OR.search(sentence, 0, found.start()) else found[1]
    return None


def yes_or_no(text: str) -> str | None:
    """ "Yes, since 7 is prime.": the word that a text opens with.

    >>> yes_or_no("No, it is not."), yes_or_no("No number is.")
    ('No', None)
    """
    found = _YES_NO.match(text)
    return found[1] if found is not None else None
