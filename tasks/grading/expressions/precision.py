"""The precision of ball arithmetic, which flint keeps for the whole process.

One comparison at a time changes it: two threads that took turns would lower each other's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flint import ctx

BITS = 256
MORE_BITS = 4_096
"""To tell 1 from 1 - 2^-1000; only what seems equal is computed again with so many."""

_lock = threading.RLock()


@contextmanager
def precision(bits: int = BITS) -> Iterator[None]:
    """Compute to ``bits`` bits within the block."""
    with _lock:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def _after_fork() -> None:
    """The thread that held the lock is not in the child, and its precision must not stay."""
    global _lock
    _lock = threading.RLock()
    ctx.prec = BITS


os.register_at_fork(after_in_child=_after_fork)
