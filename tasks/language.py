"""Which language a thought is written in, by the script of its words.

The paper's language consistency is the share of a thought's words that are in the target language
(arXiv 2501.12948v2, section 3.2.1). What mixes in practice are English and Chinese, and there the
script tells. It cannot tell languages of one script apart: English from French, say, since single
short words are too little for any identifier.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import regex

from tasks.errors import UserError

_LATIN = r"\p{Latin}[\p{Latin}\p{M}'’]+"  # one letter alone is a variable
_HAN = r"\p{Han}"  # Chinese writes no spaces: a character counts as a word
WORDS: dict[str, str] = {
    **dict.fromkeys(("en", "fr", "de", "es", "it", "pt"), _LATIN),
    "zh": _HAN,
    "ja": r"[\p{Han}\p{Hiragana}\p{Katakana}]",
    "ko": r"\p{Hangul}+",
    "ru": r"\p{Cyrillic}{2,}",
    "ascii": r"[0-9]",  # the numeral scripts of the miniature world
    "han": r"[〇一二三四五六七八九]",
}
"""What a word of each language looks like. In the world of `nano` every digit is a word."""

_NUMERALS = ("ascii", "han")
_FORMULA = regex.compile(
    r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}|\$\$.*?\$\$|\$[^$\n]*\$(?!\d)|\\\[.*?\\\]|\\\(.*?\\\)"
    r"|```.*?```|`[^`\n]*`|\\[A-Za-z]+|</?\w+>",
    regex.DOTALL,
)
_ANY_WORD = regex.compile(  # none spans two scripts: 设x为整数 is four characters and a variable
    rf"{_LATIN}|{_HAN}|[\p{{Hiragana}}\p{{Katakana}}]|\p{{Hangul}}+|\p{{Cyrillic}}{{2,}}"
    r"|\p{Greek}{4,}"  # fewer are a formula: πr, αβ
    r"|[\p{L}--[\p{Latin}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Cyrillic}\p{Greek}\p{Common}]]{2,}",
    regex.VERSION1,
)
_NO_LATIN = regex.compile(r"[\p{L}\p{M}--\p{Latin}]", regex.VERSION1)
_NO_ASCII = re.compile(r"[^\x00-\x7f]")
_GREEK_WORD = regex.compile(r"\p{Greek}{4,}")
_FORMULA_OR_WORD = regex.compile(rf"(?s:{_FORMULA.pattern})|(?P<word>{_LATIN})")
_ANY_NUMERAL = regex.compile("|".join(WORDS[script] for script in _NUMERALS))


def consistency(thought: str, language: str) -> float | None:
    """Share of the thought's words that are in ``language``; ``None`` without a word.

    Formulas, code, commands and tags are no words.

    >>> consistency("First we add 2 and 3, 然后 we check $x_{max}$.", "en")
    0.75
    >>> consistency("8+6+0=14;五+八=一三;", "ascii")
    0.5555555555555556

    Raises UserError on a language that is not in ``WORDS``.
    """
    check_language(language)
    if language in _NUMERALS:
        words = _ANY_NUMERAL.findall(thought)
    elif _only_latin(thought):
        return float(WORDS[language] == _LATIN) if _has_latin_word(thought) else None
    else:
        words = _ANY_WORD.findall(_FORMULA.sub(" ", thought))
    if not words:
        return None
    is_wanted = _wanted(language).fullmatch
    return sum(is_wanted(word) is not None for word in words) / len(words)


def check_language(language: str) -> None:
    """Raises UserError on a language that is not in ``WORDS``."""
    if language not in WORDS:
        raise UserError(f"unknown language {language!r}: {', '.join(WORDS)}")


@cache
def _wanted(language: str) -> regex.Pattern[str]:
    return regex.compile(WORDS[language])


def _only_latin(text: str) -> bool:
    """Whether no word is of another script: then none has to be looked at by itself."""
    if text.isascii():
        return True
    kinds = {_kind(character) for character in set(_NO_ASCII.findall(text))}
    return "other" not in kinds and not ("greek" in kinds and _GREEK_WORD.search(text))


@cache
def _kind(character: str) -> Literal["", "greek", "other"]:
    """Of a letter or a mark that is not Latin."""
    if not _NO_LATIN.match(character):
        return ""
    return "greek" if _GREEK_WORD.match(4 * character) else "other"


def _has_latin_word(text: str) -> bool:
    return any(match["word"] for match in _FORMULA_OR_WORD.finditer(text))


def mixes(thought: str, language: str) -> bool:
    """Whether a thought holds words of another language than its target.

    >>> mixes("8+6=14;五+八=一三;", "ascii"), mixes("8+6=14;", "ascii"), mixes("", "en")
    (True, False, False)
    """
    share = consistency(thought, language)
    return share is not None and share < 1
