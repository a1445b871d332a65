"""The five verdicts, and what a grader hands back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """``truncated`` and ``no_answer`` count as not correct; ``unsure`` leaves the denominator."""

    CORRECT = "correct"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    TRUNCATED = "truncated"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Grade:
    """A verdict, the answer it rests on (``None`` without one) and one line that says why."""

    verdict: Verdict
    extracted: str | None
    reason: str
