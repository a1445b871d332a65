r"""Numbers as people and models write them, compared exactly.

>>> read_number("073")
Number(value=Fraction(73, 1), places=None, percent=False, unit='')
>>> read_number(r"\frac{-3}{4}").value, read_number("1{,}234").value
(Fraction(-3, 4), Fraction(1234, 1))
>>> same_number(read_number("73"), read_number("73.0"))
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from tasks.grading import units
from tasks.grading.arithmetic import evaluate
from tasks.grading.expressions.tokens import DECIMAL
from tasks.grading.tidy import tidy

MAX_LENGTH = 1_000
MAX_WORDS = 12
ROUNDING_TOLERANCE = Fraction(2, 100)

_PLAIN = re.compile(r"[+-]?\d{1,400}")
_ROUNDED = re.compile(
    rf"[+-]?\s*(?P<mantissa>{DECIMAL})"
    r"(?:\s*(?:[eE](?P<e>[+-]?\d{1,4})"
    r"|(?:\\times|\\cdot|\*)\s*10\s*\^\s*\{?\s*(?P<ten>[+-]?\s*\d{1,4})\s*\}?))?"
)
_PAIR = re.compile(r"[(\[]\s*-?\d+\s*,\s*\d+\s*[)\]]")  # (1,234) is no 1234
_ORDINAL = re.compile(
    r"(\d[\d,]{0,20})(?:\^\s*\{\s*)?(st|nd|rd|th)(?:\s*\}|\b)((?:\s+[a-zA-Z]|\s*\\text).*)?",
    re.DOTALL,
)
_PERCENT = re.compile(r"\s*(?:%|\\text\{\s*(?:percent|per cent)\s*\}|percent(?:age)?)$")
_ASKS_PERCENT = re.compile(r"percent|%")
_BASED = re.compile(r"\(?(?P<digits>[0-9A-Fa-f]{1,200})\)?(?:_\s*\{?\s*(?P<base>\d{1,2})\s*\}?)?")
_TEXT = re.compile(r"\\text\s*\{\s*(\w+)\s*\}")
_BASE_WORD = re.compile(
    r"_\s*\{?\s*(two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen)\s*\}?"
)
_ASKS_BASE = re.compile(r"\bbase\b|binary|octal|hexadecimal|ternary")
_ONE_TO_NINETEEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: value for value, word in enumerate(_ONE_TO_NINETEEN.split())} | {
    word: 10 * value for value, word in enumerate(_TENS, 2)
}
_WRAPPER = re.compile(r"\\text\s*\{([^{}]*)\}")
_POWERS = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SCALE = re.compile(
    r"(?<=[\d}])\s*(?:\\text\s*\{\s*)?(?P<power>thousand|million|billion)\b\s*(?P<rest>[^{}]*)\}?$"
)
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A rational number and how it was written.

    ``places`` is set where the number may be a rounded one: the decimal place of its last digit
    (2 for 0.15, -32 for 4.5e33). ``percent`` says that the value was written as a percentage and is
    already divided by 100.
    """

    value: Fraction
    places: int | None = None
    percent: bool = False
    unit: str = ""


def read_number(text: str) -> Number | None:
    r"""The number that ``text`` is, or ``None``: arithmetic, units, percent and words included.

    >>> read_number(r"4.5 \times 10^{33} \text{ erg}")  # doctest: +ELLIPSIS
    Number(value=Fraction(45000..., 1), places=-32, percent=False, unit='erg')
    >>> read_number("50\\%").value, read_number("seventeen").value, read_number(r"\sqrt{2}")
    (Fraction(1, 2), Fraction(17, 1), None)
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return Number(Fraction(int(text)))
    text = _cardinal(tidy(text))
    percent = _PERCENT.search(text)
    if percent is not None:
        text = text[: percent.start()].strip()
    if not any(sign.isdigit() for sign in text):
        return _number_in_words(text, percent is not None)
    scale = _SCALE.search(text)
    if scale is not None:
        text = f"{text[: scale.start()]} {scale['rest']}".strip()
    number, unit = units.split_unit(text)
    if len(number) > MAX_LENGTH or number.startswith(r"\{") or _PAIR.fullmatch(number):
        return None
    value = evaluate(number)
    if value is None:
        return None
    if percent is not None:
        value /= 100
    if scale is not None:
        return Number(value * _POWERS[scale["power"]], None, percent is not None, unit)
    return Number(value, _places(number), percent is not None, unit)


def same_number(gold: Number, answer: Number, question: str | None = None) -> bool:
    """Whether the answer is the gold number.

    - A unit may be left out, not changed. Degrees may be left out.
    - A percent sign may be left out (or added) only where the question asks in percent.
    - A decimal gold accepts a more precise answer that rounds to it and lies within 2 %. An exact
      gold accepts no approximation.

    >>> n = read_number
    >>> same_number(n("0.15"), n("0.1476")), same_number(n("1/3"), n("0.333"))
    (True, False)
    >>> same_number(n("5"), n("5%")), same_number(n("5"), n("5%"), "What percent is left?")
    (False, True)
    """
    if units.conflict(gold.unit, answer.unit):
        return False
    if _equal_or_rounds(gold, answer):
        return True
    if gold.percent != answer.percent and question and _ASKS_PERCENT.search(question.lower()):
        return _equal_or_rounds(_as_percentage(gold), _as_percentage(answer))
    return False


def _cardinal(text: str) -> str:
    """``21st century`` is ``21 century``; ``3nd`` and ``2th`` are products.

    >>> [_cardinal(text) for text in ("21st century", "11th", "5^{th}", "3nd", "2th", "5th + 1")]
    ['21 century', '11', '5', '3nd', '2th', '5th + 1']
    """
    match = _ORDINAL.fullmatch(text)
    if match is None:
        return text
    last = int(match[1].replace(",", "")[-2:])
    ending = "th" if last in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(last % 10, "th")
    return match[1] + (match[3] or "") if match[2] == ending else text


def _as_percentage(number: Number) -> Number:
    """The number before the percent sign, or the number as it is where there is no sign."""
    return replace(number, value=100 * number.value) if number.percent else number


class Based(NamedTuple):
    """A numeral in upper case and its base; 0 where none is written."""

    digits: str
    base: int


def read_based(text: str) -> Based | None:
    """``52_8``, ``2A_{16}``, or the bare numeral ``52``.

    >>> read_based("2a_{16}"), read_based("52"), read_based(r"101_{\\text{two}}")
    (Based(digits='2A', base=16), Based(digits='52', base=0), Based(digits='101', base=2))
    """
    text = _BASE_WORD.sub(lambda m: f"_{_WORDS.get(m[1].lower(), 0)}", _TEXT.sub(r"\1", text))
    match = _BASED.fullmatch(text)
    if match is None:
        return None
    return Based(match["digits"].upper().lstrip("0") or "0", int(match["base"] or 0))


def same_based(gold: Based, answer: Based, question: str) -> bool:
    """The base may be left out where the question names it.

    >>> same_based(Based("52", 8), Based("52", 9), ""), same_based(Based("5", 8), Based("5", 9), "")
    (False, True)
    """
    if {gold.base, answer.base} == {0, 10}:
        return gold.digits == answer.digits
    if not (gold.base and answer.base):
        return gold.digits == answer.digits and bool(_ASKS_BASE.search(question.lower()))
    try:
        return int(gold.digits, gold.base) == int(answer.digits, answer.base)
    except ValueError:  # no such digit in that base, or no such base
        return False


def rounding(gold: Number) -> Fraction:
    """How far a more precise answer may lie from a gold that is a rounded decimal; 0 from others.

    >>> rounding(read_number("2.2")), rounding(read_number("73")), rounding(read_number("0.3"))
    (Fraction(11, 250), Fraction(0, 1), Fraction(3, 500))
    """
    if gold.places is None:
        return Fraction(0)
    half = Fraction(1, 2) / Fraction(10) ** gold.places
    return min(half, ROUNDING_TOLERANCE * abs(gold.value))


def _equal_or_rounds(gold: Number, answer: Number) -> bool:
    if gold.value == answer.value:
        return True
    coarser = answer.places is not None and gold.places is not None and answer.places <= gold.places
    return not coarser and abs(answer.value - gold.value) <= rounding(gold)


def _places(number: str) -> int | None:
    """Decimal place of the last digit of a decimal; whole numbers, and 27.0, are exact."""
    match = _ROUNDED.fullmatch(number.strip())
    if match is None or len(number) > MAX_LENGTH:
        return None
    _, point, fraction = match["mantissa"].partition(".")
    exponent = match["e"] or match["ten"]
    if not match["e"] and (not point or not fraction.strip("0")):  # 5 \cdot 10^4 is exact, 5e4 not
        return None
    return len(fraction) - int((exponent or "0").replace(" ", ""))


def _number_in_words(text: str, percent: bool) -> Number | None:
    """``one hundred tiles``: the longest beginning that is a number, and its unit."""
    words = _WRAPPER.sub(r" \1 ", text).split()
    for end in range(min(len(words), MAX_WORDS), 0, -1):
        value = _words(" ".join(words[:end]))
        if value is not None:
            unit = " ".join(words[end:])
            return Number(value / 100 if percent else value, None, percent, unit)
    return None


def _words(text: str) -> Fraction | None:
    r"""``seventeen``, ``twenty-one``, ``three hundred``, ``two thirds``."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z -]*", text):
        return None
    *words, last = re.split(r"[\s-]+", text.lower())
    part = _PARTS.get(last) or _PARTS.get(last.removesuffix("s"))
    if part is not None and words:
        share = _count(["one"] if words == ["a"] else words)
        return None if share is None else share / part
    return _count([*words, last])


def _count(words: list[str]) -> Fraction | None:
    total, current = 0, 0
    for word in words:
        if word in _WORDS:
            free = 100 if _WORDS[word] >= 10 else 10  # "twenty one", not "two three"
            if current % free or (current % 100 and current % 100 < 20):
                return None
            current += _WORDS[word]
        elif word == "hundred" and current:
            current *= 100
        elif word in _POWERS and current:
            total, current = total + _POWERS[word] * current, 0
        elif word != "and" or not (total or current):
            return None
    return Fraction(total + current)
