r"""Answers in words, and letters of a multiple choice.

>>> words(r"\text{an Ellipse}"), words("no solution."), words("x+1"), words("ab")
('ellipse', 'no solution', None, None)
>>> letter(r"\textbf{(B)}\ 12"), letter(r"\text{A. } \frac{1}{2}"), letter("Both")
('B', 'A', None)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tasks.grading.tidy import tidy

_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_ARTICLE = re.compile(r"^(?:the|an?)\s+")
_SPOKEN = {r"\infty": "infinity", r"\emptyset": "empty set", r"\{\}": "empty set"}
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})\s*(?P<half>[ap])?[.\s]*m?[.\s]*", re.I)
_VOWEL = re.compile(r"[aeiouyAEIOUY]|[^\x00-\x7f]")
_SEPARATOR = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*")
_VERB = re.compile(r"\b(?:is|are|was|has|have)\b")
_OPTION = re.compile(r"^(?:option|choice|answer|答案|选)\s*:?\s*(?=\(?[A-J]\b)", re.IGNORECASE)
_LABELLED = re.compile(r"\(\s*(?P<letter>[A-J])\s*\)\s*(?P<rest>\S.*)", re.DOTALL)
_LETTER = re.compile(r"\(?\s*([A-J])\s*(?:\)|[.:,](?=\s|$)|$)")


class Time(NamedTuple):
    """Minutes since midnight; ``sure`` unless the half of the day is open."""

    minutes: int
    sure: bool


def words(text: str) -> str | None:
    r"""The text in lower case without wrappers and articles; ``None`` if it is not all words.

    Bare letters count as a word from three on (``ab`` is a product), and not after a backslash.
    """
    tidied = tidy(text)
    if tidied in _SPOKEN:
        return _SPOKEN[tidied]
    bare = _TEXT.sub(r" \1 ", tidied)
    if not re.fullmatch(r"[^\W\d_]+(?:[\s,'’.-]+[^\W\d_]+)*[\s.!]*", bare.strip()):
        return None
    if bare == tidied and not any(
        word.lower() == "no" or (len(word) >= 3 and not word.isupper() and _VOWEL.search(word))
        for word in re.findall(r"[^\W\d_]+", bare)
    ):
        return None
    spoken = _ARTICLE.sub("", " ".join(re.findall(r"[^\W\d_]+", bare.lower())))
    return "does not exist" if spoken == "dne" else spoken


def word_list(text: str) -> list[str] | None:
    r"""The items of a list in words, in alphabetical order; ``None`` for one item.

    >>> word_list(r"\text{Bob and Alice}"), word_list("red") is None
    (['alice', 'bob'], True)
    """
    if words(text) is None:
        return None
    items = [
        words(item) or item for item in _SEPARATOR.split(_TEXT.sub(r" \1 ", tidy(text)).lower())
    ]
    names = all(len(item.split()) <= 2 and not _VERB.search(item) for item in items)
    return sorted(item.strip() for item in items) if len(items) > 1 and names else None


def clock(text: str) -> Time | None:
    r"""A time of day; ``4:30\text{ p.m.}`` is 16:30 for certain, ``4:30`` may be either half.

    >>> clock(r"4:30\text{ p.m.}"), clock("4:30"), clock("3:4")
    (Time(minutes=990, sure=True), Time(minutes=270, sure=False), None)
    """
    match = _CLOCK.fullmatch(_TEXT.sub(r"\1", tidy(text)).strip())
    if match is None:
        return None
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if hour > 24 or int(match["minute"]) > 59:
        return None
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return Time(60 * hour + int(match["minute"]), bool(half) or not 0 < hour <= 12)


def same_time(gold: Time, answer: Time) -> bool:
    """The half of the day may be left out, and read into the answer where the gold has none."""
    if gold.sure and answer.sure:
        return gold.minutes == answer.minutes
    return gold.minutes % 720 == answer.minutes % 720


def only_letter(text: str) -> str | None:
    r"""The choice that an answer is and nothing else.

    >>> only_letter(r"\text{(B)}"), only_letter("B. 12"), only_letter("b")
    ('B', None, None)
    """
    bare = re.sub(r"[\s().]", "", _TEXT.sub(r"\1", tidy(text)))
    return bare if re.fullmatch("[A-J]", bare) else None


def letter(text: str) -> str | None:
    """The choice that an answer begins with: ``B``, ``(B)``, ``B. 12``; of several, none."""
    bare = _OPTION.sub("", _TEXT.sub(r"\1 ", tidy(text)).strip())
    match = _LETTER.match(bare)
    if match is None:
        return None
    rest = re.findall(r"\w+", bare[match.end() :])
    others = [word for word in rest if word not in ("and", "or")]
    several = bool(others) and all(re.fullmatch("[A-J]", word) for word in others)
    return None if several else match[1]


def labelled(text: str) -> tuple[str, str] | None:
    r"""The letter of a choice and what it stands for.

    >>> labelled(r"\textbf{(D)}\ 12"), labelled("(A)") is None, labelled("(a) 3") is None
    (('D', '12'), True, True)
    """
    match = _LABELLED.fullmatch(_TEXT.sub(r"\1 ", tidy(text)).strip())
    return (match["letter"], match["rest"]) if match is not None else None
