"""How much one pair may cost in the caller's process: a thread's processor time is counted.

>>> with budget(0.0):
...     check()
Traceback (most recent call last):
tasks.grading.pool.Undecided: took more than 0 s of processor time
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.grading.pool import Undecided

CPU_SECONDS = 2.0
MAX_QUESTIONS = 6
"""Comparisons that one pair may ask of other processes."""


class _Account(threading.local):
    deadline = float("inf")
    seconds = 0.0
    questions = 0


_account = _Account()


@contextmanager
def budget(seconds: float = CPU_SECONDS) -> Iterator[None]:
    """Within the block ``check`` raises when this thread has computed for longer."""
    before = _account.deadline, _account.seconds, _account.questions
    _account.deadline, _account.seconds = time.thread_time() + seconds, seconds
    _account.questions = 0
    try:
        yield
    finally:
        _account.deadline, _account.seconds, _account.questions = before


def check() -> None:
    """Raise Undecided when the time is over."""
    if time.thread_time() >= _account.deadline:
        raise Undecided(f"took more than {_account.seconds:g} s of processor time")


def count_question() -> None:
    """Raise Undecided when a pair asks too much of other processes."""
    _account.questions += 1
    if _account.questions > MAX_QUESTIONS:
        raise Undecided(f"more than {MAX_QUESTIONS} integrals, limits and sums to compare")
