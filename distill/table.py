"""What was seen, in little memory: a million traces in tens of megabytes, where dictionaries would
take gigabytes.
"""

from __future__ import annotations

from array import array
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

_FIRST = 1 << 10
_NONE = np.uint32(0xFFFFFFFF)

Numbers: TypeAlias = NDArray[np.int64]
Keys: TypeAlias = NDArray[Any]


class Names:
    """Texts by number, one after the other in one piece of memory.

    >>> names = Names()
    >>> names.add("a"), names.add("bc"), names[1], len(names)
    (0, 1, 'bc', 2)
    """

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("Q")

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        begin = self._ends[number - 1] if number else 0
        return self._text[begin : self._ends[number]].decode("utf-8", "surrogatepass")

    def add(self, name: str) -> int:
        self._text += name.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._text))
        return len(self._ends) - 1


class Table:
    """Which number was first added under a key, in each of several rows by itself. An open table
    that doubles: a key and its number take 8 or, with ``bits=64``, 12 bytes, twice that on average.

    >>> table = Table(rows=2)
    >>> table.add(np.array([5, 6], dtype=np.uint32), 0)
    >>> table.add(np.array([5, 7], dtype=np.uint32), 1)
    >>> table.find(np.array([5, 7], dtype=np.uint32)).tolist()
    [0, 1]
    >>> table.find(np.array([7, 5], dtype=np.uint32)).tolist()
    [-1, -1]
    """

    def __init__(self, rows: int, bits: Literal[32, 64] = 32) -> None:
        self._rows = np.arange(rows)
        self._type: Any = np.uint32 if bits == 32 else np.uint64
        self._factor = self._type(0x9E3779B1 if bits == 32 else 0x9E3779B97F4A7C15)
        self._bits = bits
        self._last: tuple[Keys, Numbers] | None = None  # keys that were looked up, and where
        self._filled: Numbers = np.zeros(rows, dtype=np.int64)
        self._keys: Keys = np.zeros((rows, _FIRST), dtype=self._type)
        self._numbers: Keys = np.full((rows, _FIRST), _NONE, dtype=np.uint32)

    def find(self, keys: Keys) -> Numbers:
        """For each row the number under its key, -1 where there is none."""
        self._last = keys, self._places(keys)
        found = self._numbers[self._rows, self._last[1]]
        return np.where(found == _NONE, -1, found.astype(np.int64))

    def add(self, keys: Keys, number: int) -> None:
        """What is there stays. Quick behind a ``find`` of the same array."""
        if self._filled.max() >= self._keys.shape[1] // 2:
            self._double()
            self._last = None
        places = self._last[1] if self._last and self._last[0] is keys else self._places(keys)
        self._last = None
        free = self._numbers[self._rows, places] == _NONE
        rows, places = self._rows[free], places[free]
        self._keys[rows, places] = keys[free]
        self._numbers[rows, places] = number
        self._filled[rows] += 1

    def _places(self, keys: Keys) -> Numbers:
        """Where each key stands, or would."""
        size = self._keys.shape[1]
        places = self._first_places(keys, size)
        while True:
            away = self._keys[self._rows, places] != keys
            away &= self._numbers[self._rows, places] != _NONE
            if not away.any():
                return places
            places = (places + away) & (size - 1)

    def _first_places(self, keys: Keys, size: int) -> Numbers:
        shift = self._type(self._bits - (size.bit_length() - 1))
        return ((keys * self._factor) >> shift).astype(np.int64)

    def _double(self) -> None:
        size = 2 * self._keys.shape[1]
        keys = np.zeros((len(self._rows), size), dtype=self._type)
        numbers: Keys = np.full((len(self._rows), size), _NONE, dtype=np.uint32)
        for row in self._rows:
            there = self._numbers[row] != _NONE
            left, of = self._keys[row][there], self._numbers[row][there]
            places = self._first_places(left, size)
            while len(left):
                free = numbers[row][places] == _NONE
                _, one_each = np.unique(places, return_index=True)
                lands: Keys = np.zeros(len(left), dtype=bool)
                lands[one_each] = True
                lands &= free
                keys[row][places[lands]] = left[lands]
                numbers[row][places[lands]] = of[lands]
                left, of = left[~lands], of[~lands]
                places = (places[~lands] + 1) & (size - 1)
        self._keys, self._numbers = keys, numbers
