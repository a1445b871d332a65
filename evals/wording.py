"""Figures in words, alike on the terminal, in cards and in results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.compare import Difference


def in_points(gain: Difference) -> str:
    """What a second run gains, with its interval.

    >>> from evals.compare import difference
    >>> from evals.metrics import Estimate
    >>> before = [Estimate(n / 8, None, 8) for n in range(8)]
    >>> after = [Estimate(1.0, None, 8)] * 8
    >>> in_points(difference("aime", "pass@1", list(zip(before, after))))
    '+56.2 points [+11.7, +78.9], p = 0.008'
    """
    if gain.difference is None:
        return "no problem with enough samples in both"
    interval = ", ".join("–" if end is None else f"{100 * end:+.1f}" for end in gain.ci95 or [None])
    p = "" if gain.p_value is None else f", p = {p_text(gain.p_value)}"
    return f"{100 * gain.difference:+.1f} points [{interval}]{p}"


def p_text(p: float) -> str:
    """
    >>> p_text(0.0423), p_text(0.00002)
    ('0.042', '2e-05')
    """
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"
