r"""Alternatives: "42 or 43", "probably 42, but it could be 43". An answer that names several values
is none of them, unless they are one value said twice.

>>> as_or("It is 42 (or possibly 43)."), as_or("Maybe 42, maybe 43."), as_or("It's 42. Or 43.")
('It is 42 or 43.', 'Maybe 42 or 43.', "It's 42 or 43.")
>>> split_or("So it is 42 or 43."), split_or("Two or more of $a$ are $2$ or $3$")
(['So it is 42', '43.'], ['Two or more of $a$ are $2$', '$3$'])
>>> distinct(["42", "43"]), distinct(["1/2", "0.5"]), distinct(["1/3", "0.33"])
(['42', '43'], ['0.5'], ['1/3'])
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.grading.compare import grade_answer
from tasks.grading.numerals import NUMBER
from tasks.grading.sentences import formulas
from tasks.grading.tidy import tidy
from tasks.grading.units import Dimensions, dimensions, split_unit
from tasks.grading.verdict import Verdict

_WORD = (
    r"(?:(?:thir|four|fif|six|seven|eigh|nine)(?:teen|ty)|twenty|forty|one|two|three|four|five|six"
    r"|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million)"
)
_SPELLED = rf"(?i:\b{_WORD}(?:[- ](?:and )?{_WORD}){{0,5}}\b)"
_LETTER = r"\(?[A-J]\)?(?![\w'’])"
_STARTS = (
    r"(?:\*\*)?(?:[-−+]?\(?[-−+]?[$€£]?\.?\d|\$|\\[(a-zA-Z]|√|[a-zA-Z]\w?\s*[=<>≤≥]\s*\S"
    rf"|{_LETTER}|{_SPELLED})"
)
_VALUE = (
    rf"(?:\*\*)?(?:\$(?!\s)[^$\n]+(?<!\s)\$|\\\([^\n]+?\\\)|{_LETTER}|{_SPELLED}"
    rf"|(?:[a-zA-Z]\w?\s*=\s*)?{NUMBER.pattern})(?:\*\*)?(?:\s+[a-z]+){{0,2}}"
)
_ENDS = re.compile(
    rf"(?:[\d%°$\]}}½¼¾π²³]\**|\d[a-z)]|\\\)|(?<![\w'’])[A-J]\)?|=\s*\S{{1,20}}|\*\*|{_SPELLED})"
    r"(?:\s+[a-z]+){0,3}[\s,]*$"
)
_THIS = r"(?:it|that|this|they|the (?:\w+ )?(?:answer|value|number|result|total|one))"
_IS = rf"{_THIS}(?:['’]s|\s+(?:is|are|equals))(?![\w'’])"
_MAY_BE = (
    rf"(?:{_THIS}\s+)?(?:could|might|may)"
    r"(?:\s+(?:also|just|as|well|possibly|even|equally|instead|actually))*\s+be\b"
)
_PERHAPS = r"(?:maybe|perhaps|possibly|conceivably|alternatively|if not\b,?(?: then)?)\b"
_MORE = (
    rf"(?:[\s,]*(?:{_PERHAPS}|{_MAY_BE}|{_IS}|(?:even|else|also|instead|potentially|about|around"
    r"|approximately|roughly|nearly|exactly|only|an?(?=\s+\d))\b))*"
)
_OR = r"(?:,?\s+(?:(?:and/)?or|ou|oder|или|o(?=\s+[\d$]))\b|\s*(?:或者?|または))"
_BUT = r"(?:but|though|although|and|however|yet|or|then again)\b,?"
_HEDGE = re.compile(
    rf"(?i:(?:[,;]?{_OR}|[,;]?\s+{_BUT}\s+{_MAY_BE}|[,;]\s+(?:{_BUT}\s+)?{_PERHAPS}"
    rf"|,?\s+unless\s[^.;\n]{{1,60}},\s+in which case\s+{_IS}){_MORE})[\s,]*(?={_STARTS})"
)
_NEXT = re.compile(
    r"(?P<kept>(?:[\d$%)}*°]|(?<![\w'’])[A-J])(?:\s+[a-z]+){0,2})\.\**\s+"
    rf"(?i:(?:{_BUT}\s+)?(?:or\b|{_PERHAPS}|{_MAY_BE}){_MORE})[\s,]*(?=(?:{_VALUE})\s*(?:[.!?]|$))",
    re.MULTILINE,
)
_ASIDE = re.compile(
    rf"(?P<first>{_VALUE})\s*\(\s*(?i:(?:or\b|{_PERHAPS}|{_MAY_BE}){_MORE})[\s,]*"
    rf"(?P<second>{_VALUE})\s*\)"
)
_TOO = re.compile(
    rf"(?P<first>{_VALUE})[,;]?\s+(?i:{_BUT})\s+(?P<second>{_VALUE})\s+"
    r"(?:is|are|(?:could|might|may) be)\s+(?:(?:also|equally|just as)\s+(?:correct|right|valid)"
    r"|(?:(?:also|equally|just as|still)\s+)?(?:possible|plausible|conceivable|likely)"
    r"(?:\s+too|\s+as well)?)(?=\s*(?:[.!;]|$))",
    re.MULTILINE,
)
_CASES = re.compile(
    rf"(?P<first>{_VALUE})\s+(?:if|when|for)\s[^.;\n]{{1,60}}?,?\s+(?:and|or|but)\s+"
    rf"(?P<second>(?:{_IS}\s+)?{_VALUE})\s*(?:\b(?:if|when|for|otherwise|else)\b)[^.,;\n]*"
    r"(?=[.;\n]|$)"
)
_RULED_OUT = re.compile(
    rf"(?P<first>{_VALUE}) or (?P<second>{_VALUE}),?\s+but\s+(?P<out>(?P=first)|(?P=second))\s+"
    r"(?:fails|(?:is|does|must|can)\s?n[o'’]t\b|cannot|is (?:too|impossible|extraneous|excluded)\b)"
    r"[^,;.\n]*"
)
_SIGNS = re.compile(
    r"\b(?:or|ou|oder|или|o|maybe|perhaps|possibly|may|might|could|unless|if|when"
    r"|also|equally|possible|plausible|conceivable|likely)\b|或|また"
)
_EITHER = re.compile(r"^(?:\\text\s*\{\s*either\s*\}|either\b)\s*", re.IGNORECASE)
_IN_MARKED = re.compile(r",?\s*\\text\s*\{\s*,?\s*or\s*\}\s*|,?\s+or\s+")
MAX_VALUES = 8
MAX_LENGTH = 400
"""More values, and a longer answer, are not looked at for what is said twice."""
_FOR_SYMPY = re.compile(r"\\(?:int|lim|sum|prod)|[∫∑∏]")
_AMOUNT = re.compile(r"^\$(?=\s?[\d.,]+$)")
_DOZEN = re.compile(r"\b(?:dozens?|pairs?)\b")


def as_or(text: str) -> str:
    """The text with "or" for every other way to put an alternative beside a value. Of two, one of
    which is then ruled out, the other is left.

    >>> as_or("It is 3 if n is even, and 4 otherwise."), as_or("It is 3 or 4, but 3 is too small.")
    ('It is 3 or 4.', 'It is 4.')
    >>> as_or("It is 42 (or 42.0)."), as_or("It is 42. It could be 43 if 0 counts.")
    ('It is 42 (or 42.0).', 'It is 42. It could be 43 if 0 counts.')
    >>> as_or("It is even, but it could be 42."), as_or("So, the answer might be 43.")
    ('It is even, but it could be 42.', 'So, the answer might be 43.')
    >>> as_or("I get 42, but 43 is also possible."), as_or("It is 42, but 43 is not possible.")
    ('I get 42 or 43.', 'It is 42, but 43 is not possible.')
    """
    if not _SIGNS.search(text.lower()):
        return text
    text = _ASIDE.sub(_of_aside, text)
    text = _NEXT.sub(r"\g<kept> or ", text)
    text = _TOO.sub(r"\g<first> or \g<second>", text)
    text = _CASES.sub(r"\g<first> or \g<second>", text)
    return _RULED_OUT.sub(_of_the_other, _HEDGE.sub(_beside_a_value, text))


def _beside_a_value(hedge: re.Match[str]) -> str:
    before = hedge.string[max(0, hedge.start() - 80) : hedge.start()]
    return " or " if _ENDS.search(before) else hedge[0]


def _of_the_other(both: re.Match[str]) -> str:
    return both["second"] if both["out"] == both["first"] else both["first"]


def _of_aside(aside: re.Match[str]) -> str:
    if len(distinct([aside["first"], aside["second"]])) == 1:
        return aside[0]
    return f"{aside['first']} or {aside['second']}"


def split_or(clause: str) -> list[str]:
    """The clause, split at each "or" that stands between two values and in no formula."""
    spans = formulas(clause)
    pieces, last = [], 0
    for mark in re.finditer(r"\s+or\s+(?=" + _STARTS + ")", clause):
        inside = any(start < mark.start() < end for start, end in spans)
        if not inside and _ENDS.search(clause[last : mark.start()]):
            pieces.append(clause[last : mark.start()])
            last = mark.end()
    return [*pieces, clause[last:]]


def distinct(values: Iterable[str]) -> list[str]:
    """The values without those that another says again: in another way or another unit, or rounded.
    Of two that are equal the later is kept, of a value and its rounding the value."""
    values = list(values)
    if len(values) > MAX_VALUES:
        return values
    kept: list[str] = []
    for value in values:
        for number, other in enumerate(kept):
            if _in_another_unit(other, value) or _is_given_by(other, value):
                kept[number] = value
                break
            if _is_given_by(value, other):
                break
        else:
            kept.append(value)
    return kept


def settled(answer: str) -> str:
    r"""A marked answer, without "either"; of alternatives that are one value that value.

    >>> settled(r"\frac{1}{2} \text{ or } 0.5"), settled("either 1 or 2")
    ('0.5', '1 or 2')
    """
    if len(answer) > MAX_LENGTH:
        return answer
    values = _IN_MARKED.split(answer)
    if not 1 < len(values) <= MAX_VALUES:
        return answer
    left = distinct(values)
    return left[0] if len(left) == 1 else _EITHER.sub("", answer)


def _is_given_by(gold: str, answer: str) -> bool:
    if _FOR_SYMPY.search(gold + answer):  # too slow for what is only read
        return gold == answer
    return grade_answer(gold=gold, answer=answer).verdict is Verdict.CORRECT


def _in_another_unit(left: str, right: str) -> bool:
    """ "90 minutes or 1.5 hours", "3 dozen or 36 eggs"."""
    if bool(_DOZEN.search(left)) != bool(_DOZEN.search(right)):
        return True
    ours, theirs = _units(left), _units(right)
    return bool(ours and theirs) and ours != theirs


def _units(text: str) -> set[Dimensions]:
    """The known units in a text: hours and minutes in "2 hours and 30 minutes"."""
    whole = split_unit(tidy(_AMOUNT.sub(r"\\$", text)))[1]
    words = [whole, *re.findall(r"[A-Za-z]{2,}|(?<=\d )[a-zA-Z]\b", re.sub(r"\\[a-z]+", " ", text))]
    return {found for found in map(dimensions, words) if found}
