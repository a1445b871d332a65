r"""The main clause of a sentence: without asides, reasons, conditions and what is denied.

>>> main_clause("So it takes 40 minutes (two thirds of an hour), since 60 is too long.")
'So it takes 40 minutes'
>>> main_clause("The answer is 15, not 12."), main_clause("It is $0$ as $n$ grows.")
('The answer is 15', 'It is $0$')
>>> main_clause("42 if n is 2 or 3"), main_clause("It is 42, but 43 is too large.")
('42', 'It is 42')
"""

from __future__ import annotations

import re

from tasks.grading.numerals import SPELLED
from tasks.grading.phrases import COPULA
from tasks.grading.sentences import formulas, is_bare

_ASIDE = re.compile(
    r"(?<=[\w$%°*½)])\s+\((?=[^()]*[A-Za-z]{2})[^()]*(?:\([^()]*\)[^()]*)?\)"
    r"|(?<=\d)\s+\([\d\s.]+[-+*·×/=−][-\d\s.+*·×/=−]+\)"
)
_DENIED = re.compile(
    r",?\s+(?:rather than|instead of|but not|and not|nicht)\s[^,;]*|[,;]\s+not\s[^,;]*"
    r"|，而不是[^，]*"
    r"|,?\s+(?:but|and|while)\s+[$\\(*]*[-−]?[\d.,/]*\d[$\\)*]*\s+(?:fails\b"
    r"|(?:is|does|can|must)(?:\s+not|n['’]t)\b|cannot\b"
    r"|is (?:too|impossible|wrong|excluded|extraneous)\b)(?:(?!\bso\b)[^,;])*"
)
_CLAUSE = re.compile(
    r",?\s+(?:because|since|whereas|weil|parce que|porque|puisque|wenn|damit)\b"
    r"|,\s+(?:as|of which|while|whether|where|da|car|denn|ya que|after)\b|，因为"
    r"|,?\s+(?:attained|achieved|reached|occurring)\b|\s+for (?:all|any|every)\s"
    r"|,\s+(?:including|excluding|counting)\b|,?\s+depending\s+(?:up)?on\b"
    r"|,\s+which\s+(?:is|are)\s+(?!equal|exact|about|approx|just|simply|also|the same)[a-z]"
    r"|,\s+which\s+(?!is\b|are\b|was\b|equal|give|simplif|mean|make|yield|leave|amount|come|evaluat)"
)
_GOES_ON = re.compile(r"\b(?:and|but|so)$")
_WHEN = re.compile(r",?\s+(?:when|as|if|at|where|for|with)\s+(?:\$|\\\()?\\?[a-zA-Z]+\b")
_ON_CONDITION = re.compile(
    r",?\s+(?:(?:when|if|where)\s+(?:\$|\\\()?\\?[a-zA-Z]+\b"
    r"|(?:for|at|as)\s+(?:\$|\\\()?[a-zA-Z]\w?\s*(?:=|\\to))"
    r"(?!.*\b(?:so|thus|hence|therefore|and|but)\b)"
)


def without_asides(sentence: str) -> str:
    """The sentence without brackets that hold words, those of formulas left as they are."""
    spans = formulas(sentence)
    inside = [m for m in _ASIDE.finditer(sentence) if not any(a <= m.start() < b for a, b in spans)]
    for match in reversed(inside):
        sentence = sentence[: match.start()] + sentence[match.end() :]
    return sentence


def main_clause(sentence: str) -> str:
    sentence = _DENIED.sub("", without_asides(sentence))
    for mark in _WHEN.finditer(sentence):
        before = sentence[: mark.start()]
        copulas = list(COPULA.finditer(before))
        if copulas and is_bare(before[copulas[-1].end() :]):
            return before
    condition = _ON_CONDITION.search(sentence)
    if condition is not None and is_bare(sentence[: condition.start()]):
        return sentence[: condition.start()]
    for mark in _CLAUSE.finditer(sentence):
        if _GOES_ON.search(sentence, 0, mark.start()):
            continue
        if re.search(r"\d|[$\\]", sentence[: mark.start()]) or SPELLED.search(
            sentence, 0, mark.start()
        ):
            return sentence[: mark.start()]
    return sentence
