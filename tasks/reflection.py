"""Words of reflection in a thought, whose rise the paper shows (arXiv 2501.12948v2, Figure 9)."""

from __future__ import annotations

import re

WORDS = (
    "wait",
    "mistake",
    "however",
    "but",
    "retry",
    "error",
    "verify",
    "wrong",
    "evaluate",
    "check",
)
"""The paper's list, supplement C.2."""

_REFLECTION = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(WORDS)})(?![A-Za-z])", re.IGNORECASE)


def reflections(thought: str) -> int:
    """How many there are. The miniature writes without gaps.

    >>> reflections("But wait, is that wrong? Butter."), reflections("=449;wait582+867:")
    (3, 1)
    """
    return len(_REFLECTION.findall(thought))
