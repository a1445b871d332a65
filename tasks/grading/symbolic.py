"""Expressions compared by math-verify, in processes that are killed when they take too long."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tasks.grading.pool import Pool, Undecided
from tasks.grading.prepare import prepare

__all__ = ["Undecided", "equal"]

_pool = Pool(Path(__file__).with_name("worker.py"))


@lru_cache(maxsize=8192)
def equal(gold: str, answer: str, within: float = 0.0) -> bool:
    r"""Whether two LaTeX expressions are equal; numbers may differ by ``within``.

    Raises :class:`Undecided` beyond the pool's limits, 2 s of processor time and 1 GB, and when
    math-verify fails.

    >>> equal(r"\sqrt{8}", r"2\sqrt{2}"), equal("x(x+1)", "x^2")
    (True, False)
    >>> equal("2024^{2024^{2024}}", "1")
    Traceback (most recent call last):
    tasks.grading.pool.Undecided: took more than 2 s of processor time
    """
    return bool(_pool.ask(prepare(gold), prepare(answer), within))
