"""Words as filters compare them, and runs of words as numbers.

>>> words("Find $\\\\frac{1}{2}$ of Ｘ², 求和!")
['find', 'frac', '1', '2', 'of', 'x2', '求', '和']
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

_OTHER = re.compile(r"[^\x00-\x7f]+")
_ONE_EACH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")  # no spaces there
_SIGNS_OUT = bytes(n if n > 127 or chr(n).isalnum() else 32 for n in range(256))
_MOST_KNOWN = 300_000
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


def folded(text: str) -> str:
    """One form of each character (NFKC), in lower case."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=4)
def words(text: str) -> list[str]:
    """Letters and digits in a row, folded; of Chinese and Japanese each character. Signs are none,
    so that formulas written in two ways agree as far as they can.
    """
    text = folded(text)
    if not text.isascii():
        for sign in set("".join(_OTHER.findall(text))):
            if _ONE_EACH.match(sign):
                text = text.replace(sign, f" {sign} ")
            elif not sign.isalnum():
                text = text.replace(sign, " ")
    data = text.encode("utf-8", "surrogatepass").translate(_SIGNS_OUT)
    return data.decode("utf-8", "surrogatepass").split()


class _Known(dict[str, int]):
    """The number of every word that was met."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_KNOWN:  # numbers have no end
            self.clear()
        data = word.encode("utf-8", "surrogatepass")
        number = zlib.crc32(data) << 32 | zlib.crc32(data, 0x9E3779B9) ^ zlib.adler32(data)
        self[word] = number
        return number


_known = _Known()


@lru_cache(maxsize=4)
def hashes(text: str) -> Hashes:
    """A number of 64 bits for each word of the text, the same in every process."""
    found = words(text)
    return np.fromiter(map(_known.__getitem__, found), dtype=np.uint64, count=len(found))


def runs(of_words: Hashes, n: int) -> Hashes:
    """A number for every n words in a row.

    >>> a, b = (runs(hashes(text), 3) for text in ("one two three four", "TWO, three four?"))
    >>> len(a), len(b), a[1] == b[0], a[0] == b[0]
    (2, 1, np.True_, np.False_)
    """
    if len(of_words) < n:
        return np.empty(0, dtype=np.uint64)
    last = len(of_words) - n + 1
    total = of_words[:last].copy()
    for k in range(1, n):
        total *= _BASE
        total += of_words[k : last + k]
    total ^= total >> _SHIFT
    total *= _MIX
    total ^= total >> _SHIFT
    return total


def in_words(found: Sequence[str], start: int, n: int) -> str:
    return " ".join(found[start : start + n])
