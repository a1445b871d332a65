"""Grades with math-verify, in a process of its own (``serve.py``); imports none of ours.

The time limits of math-verify itself are off: they need the main thread, and the process is killed
from outside.
"""

from __future__ import annotations

from math_verify import parse, verify

EXAMPLE = ("1", r"It is \boxed{\frac{2}{2}}, or 1.")


def answer(gold: str, completion: str) -> tuple[str, str | None, str]:
    """A verdict, the text that math-verify took for the answer, and a reason."""
    golds = parse(rf"\boxed{{{gold}}}", parsing_timeout=None)
    if not golds:
        return "unsure", None, "math-verify cannot read the gold answer"
    found = parse(completion, parsing_timeout=None)
    if not found:
        return "no_answer", None, "math-verify finds no answer"
    text = found[-1] if isinstance(found[-1], str) else None
    if verify(golds, found, timeout_seconds=None):
        return "correct", text, "math-verify finds them equal"
    return "wrong", text, "math-verify finds them different"
