"""Words as filters compare them, and runs of words as numbers.

>>> words("Find $\\\\frac{1}{2}$ of Ｘ², 求和!")
['find', 'frac', '1', '2', 'of', 'x2', '求', '和']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

_OTHER = re.compile(r"[^\x00-\x7f]")
_ONE_EACH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")  # no spaces there
_SIGNS_OUT = bytes(n if n > 127 or chr(n).isalnum() else 32 for n in range(256))
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)
_POWERS: Hashes = np.cumprod(np.full(1024, 0x2545F4914F6CDD1D, dtype=np.uint64))


@lru_cache(maxsize=4)
def folded(text: str) -> str:
    """One form of each character (NFKC), in lower case."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=4)
def _spaced(text: str) -> bytes:
    """The words in UTF-8 with spaces between."""
    text = folded(text)
    if not text.isascii():
        for sign in set(_OTHER.findall(text)):
            if _ONE_EACH.match(sign):
                text = text.replace(sign, f" {sign} ")
            elif not sign.isalnum():
                text = text.replace(sign, " ")
    return text.encode("utf-8", "surrogatepass").translate(_SIGNS_OUT)


def words(text: str) -> list[str]:
    """Letters and digits in a row, folded; of Chinese and Japanese each character. Signs are none,
    so that formulas written in two ways agree as far as they can.
    """
    return _spaced(text).decode("utf-8", "surrogatepass").split()


@lru_cache(maxsize=4)
def hashes(text: str) -> Hashes:
    """A number of 64 bits for each word of the text, the same in every process.

    >>> one, two, three = hashes("Two, two 2")
    >>> one == two, one == three
    (np.True_, np.False_)
    """
    every = np.frombuffer(_spaced(text), dtype=np.uint8)
    inside = every != ord(" ")
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    letters = every[inside]
    starts = np.flatnonzero(begins[inside])
    if not len(starts):
        return np.empty(0, dtype=np.uint64)
    lengths = np.diff(starts, append=len(letters))
    places = np.arange(len(letters)) - np.repeat(starts, lengths)
    return _mixed(np.add.reduceat(letters * _POWERS[places & (len(_POWERS) - 1)], starts))


def _mixed(numbers: Hashes) -> Hashes:
    for _ in range(2):
        numbers ^= numbers >> _SHIFT
        numbers *= _MIX
    numbers ^= numbers >> _SHIFT
    return numbers


def runs(of_words: Hashes, n: int) -> Hashes:
    """A number for every n words in a row.

    >>> a, b = (runs(hashes(text), 3) for text in ("one two three four", "TWO, three four?"))
    >>> len(a), len(b), a[1] == b[0], a[0] == b[0]
    (2, 1, np.True_, np.False_)
    """
    if len(of_words) < n:
        return np.empty(0, dtype=np.uint64)
    piece, size = of_words, 1  # runs of 1, 2, 4 … words, put together as n is in binary
    total, length = None, 0
    while length < n:
        if n & size:
            total = piece if total is None else _joined(total, length, piece, size)
            length += size
        if length < n:
            piece, size = _joined(piece, size, piece, size), 2 * size
    assert total is not None
    return _mixed(total.copy())


def _joined(first: Hashes, length: int, then: Hashes, size: int) -> Hashes:
    """Runs of ``length`` words followed by runs of ``size``."""
    count = min(len(first), len(then) - length)
    joined: Hashes = first[:count] * np.uint64(pow(_BASE, size, 1 << 64))
    joined += then[length : length + count]
    return joined


def in_words(found: Sequence[str], start: int, n: int) -> str:
    return " ".join(found[start : start + n])
