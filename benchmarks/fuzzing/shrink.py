"""The least text that still raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from benchmarks.fuzzing.cases import Case, grade


def smallest(case: Case) -> Case:
    """A case that raises, with as little text as still does."""
    case = replace(case, gold=shrunk(case.gold, lambda gold: raises(replace(case, gold=gold))))
    return replace(case, text=shrunk(case.text, lambda text: raises(replace(case, text=text))))


def raises(case: Case) -> bool:
    try:
        grade(case)
    except Exception:
        return True
    return False


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """The text without all that it still fails without.

    >>> shrunk("12345", lambda text: "3" in text)
    '3'
    """
    size = len(text)
    while size:
        at = 0
        while at < len(text):
            shorter = text[:at] + text[at + size :]
            if fails(shorter):
                text = shorter
            else:
                at += size
        size //= 2
    return text
