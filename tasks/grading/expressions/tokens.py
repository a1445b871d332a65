r"""Tidy LaTeX, or mathematics in plain text, cut into tokens.

>>> [token.text for token in tokens(r"2\sin x_{12}+3!")]
['2', '\\sin', 'x', '_', '{', '12', '}', '+', '3', '!']
>>> [token.text for token in tokens("np.sqrt(2)*x**2")]
['\\sqrt', '(', '2', ')', '*', 'x', '^', '2']
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tasks.grading.expressions.vocabulary import PLAIN_WORDS

MAX_TOKENS = 600

_NUMERAL = r"(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d{1,3}(?: \d{3})+(?! ?\d)|\d+)"
DECIMAL = rf"(?:{_NUMERAL}(?:\.\d*)?|\.\d+)"
"""An unsigned decimal in tidy text; thousands may be set apart by commas or spaces."""

_TOKEN = re.compile(
    rf"\s*(?:(?P<repeating>{_NUMERAL}?\.\d*\\overline\s*\{{\d{{1,100}}\}})"
    rf"|(?P<number>{DECIMAL}(?:[eE][+-]?\d{{1,6}}(?!\d))?)"
    r"|(?P<text>\\text\s*\{[^{}]*\})"
    r"|(?P<command>\\[a-zA-Z]+)"
    r"|(?P<word>(?:(?:np|numpy|math|sympy)\.)?[a-zA-Z]+)"
    r"|(?P<sign>\\[{}|%\\]|\*\*|[-+*/^_!()\[\]{}|,'%=&]))"
)


class Token(NamedTuple):
    """``kind`` is number, repeating, text, command, letter or sign; ``spaced`` after a space."""

    kind: str
    text: str
    spaced: bool


class Unreadable(ValueError):
    """The text is no expression; the message says why."""


class TooLarge(Unreadable):
    """The text is too long, or nested too deeply, for anyone to compare."""


def tokens(text: str) -> list[Token]:
    """The tokens of tidy text. Raises Unreadable where there is no token, or too many."""
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Unreadable(f"no mathematics at {text[at : at + 10]!r}")
        kind = match.lastgroup
        start = match.start(kind)
        piece, spaced, at = text[start : match.end()], start > at, match.end()
        if kind == "word":
            found.extend(_word(piece, spaced))
        elif piece == "**":
            found.append(Token("sign", "^", spaced))
        else:
            found.append(Token(kind, piece, spaced))
        if len(found) > MAX_TOKENS:
            raise TooLarge("too long to compare")
    return found


def _word(word: str, spaced: bool) -> list[Token]:
    """A function's or Greek letter's name is that; any other word a product of its letters."""
    word = word.rpartition(".")[2]
    if len(word) > 1:
        if word in PLAIN_WORDS:
            return [Token("command", "\\" + word, spaced)]
        if word in ("inf", "infinity", "oo"):
            return [Token("command", "\\infty", spaced)]
    return [Token("letter", letter, spaced and i == 0) for i, letter in enumerate(word)]
