"""No trace twice: of those that are asked the same and say the same, the first is kept.

>>> from distill.traces import Trace
>>> def said(name, text):
...     return Trace([], [{"role": "assistant", "content": text}], {"id": name, "question": "2+2?"})
>>> exact = Exact()
>>> exact.seen(exact.note(said("a", "<think>2 and 2</think>It is 4.")))
>>> exact.seen(exact.note(said("b", "<think>2  and 2</think>it is 4.")))
'the same text as a'
"""

from __future__ import annotations

import hashlib

import numpy as np
from pydantic import PrivateAttr

from distill.filters.base import Reason
from distill.table import Names, Table
from distill.traces import Trace
from distill.words import folded
from tasks.schema import Strict

_SPACES = b" \t\n\r\v\f"  # NFKC has made spaces of the others


class Exact(Strict):
    """The same question and text up to case, white space and forms of one character (NFKC): "It is
    4." may be said to two questions. A trace takes 64 bits: of a million different ones, two agree
    in one case of 37 million.
    """

    _seen: Table = PrivateAttr(default_factory=lambda: Table(rows=1, bits=64))
    _names: Names = PrivateAttr(default_factory=Names)

    def note(self, trace: Trace) -> tuple[str, bytes]:
        said = f"{trace.question}\0{trace.text}"
        text = folded(said).encode("utf-8", "surrogatepass").translate(None, _SPACES)
        return trace.id, hashlib.blake2b(text, digest_size=8).digest()

    def seen(self, note: tuple[str, bytes]) -> Reason | None:
        name, digest = note
        key = np.frombuffer(digest, dtype=np.uint64)
        (there,) = self._seen.find(key).tolist()
        if there >= 0:
            return f"the same text as {self._names[there]}"
        self._seen.add(key, self._names.add(name))
        return None
