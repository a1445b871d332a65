"""No text that is nearly one before it: MinHash by rensa, in bands as LSH has them.

>>> from distill.traces import Trace
>>> text = " ".join(f"step {n} adds {n * n % 17} to what step {n + 1} found" for n in range(60))
>>> def said(name, text): return Trace([], [{"role": "assistant", "content": text}], {"id": name})
>>> near = Near()
>>> for name, text in (("a", text), ("b", text + " So it is 4."), ("c", text[::-1])):
...     print(near.seen(near.note(said(name, text))))
None
0.99 like a
None
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt, PrivateAttr

from distill.filters.base import Reason
from distill.filters.language import Share
from distill.minhash import signature
from distill.table import Names, Table
from distill.traces import Trace
from distill.words import hashes, runs
from tasks.schema import Strict

_BANDS, _IN_BAND = 14, 8
_BLOCK = 1 << 14


class Near(Strict):
    """Drops a trace whose runs of ``words`` words are, by the estimate of 112 hashes, to at least
    ``at_least`` (Jaccard) those of one that was kept, of any problem. Bands and words are
    datatrove's (14 of 8, 5); two texts that agree to 0.8 meet in a band 92 times in 100, to 0.9
    nearly always. 0.8 is that of Lee et al. (arXiv 2107.06499) and SlimPajama. A kept trace takes
    some 400 bytes: 8 bits of each hash, and its place in the bands.
    """

    at_least: Share = 0.8
    words: PositiveInt = 5

    _bands: Table = PrivateAttr(default_factory=lambda: Table(rows=_BANDS))
    _names: Names = PrivateAttr(default_factory=Names)
    _hashes: list[NDArray[np.uint8]] = PrivateAttr(default_factory=list)

    def note(self, trace: Trace) -> tuple[str, bytes, bytes] | None:
        """Its id, the keys of its bands and its hashes; ``None`` for texts too short to tell."""
        of = runs(hashes(trace.text), self.words)
        if not len(of):
            return None
        hashed = signature(of, _BANDS * _IN_BAND)
        keys = np.array([crc32(band) for band in hashed.reshape(_BANDS, _IN_BAND)], dtype=np.uint32)
        return trace.id, keys.tobytes(), hashed.astype(np.uint8).tobytes()

    def seen(self, note: tuple[str, bytes, bytes] | None) -> Reason | None:
        if note is None:
            return None
        name, banded, hashed = note
        keys = np.frombuffer(banded, dtype=np.uint32)
        mine = np.frombuffer(hashed, dtype=np.uint8)
        for there in sorted(set(self._bands.find(keys).tolist()) - {-1}):
            like = _alike(mine, self._hashes[there // _BLOCK][there % _BLOCK])
            if like >= self.at_least:
                return f"{like:.2f} like {self._names[there]}"
        number = self._names.add(name)
        if number % _BLOCK == 0:
            self._hashes.append(np.empty((_BLOCK, _BANDS * _IN_BAND), dtype=np.uint8))
        self._hashes[-1][number % _BLOCK] = mine
        self._bands.add(keys, number)
        return None


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Share of hashes that agree, less what 8 bits agree by chance."""
    agree = np.count_nonzero(one == other) / len(one)
    return float(max(0.0, (256 * agree - 1) / 255))
