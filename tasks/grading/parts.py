r"""Answers in several parts, each on a line of its own at the end of a text.

>>> listed(["The roots are:", "- 2", "- 3"]), listed(["(a) Anna has 8.", "(b) Ben has 15."])
('2, 3', '8, 15')
>>> listed(["- Add 2 and 3.", "- The sum is 5."]) is None
True
"""

from __future__ import annotations

import re

from tasks.grading.sentences import is_bare
from tasks.grading.values import value_in

_BULLET = re.compile(r"[-•*]\s+(?=\S)")
_STATES = re.compile(r"\b(?:is|are|has|have|equals)\b|=")
_LABEL = re.compile(r"\(?([a-h])\)\s*")


def listed(said: list[str]) -> str | None:
    """The values of the bullets, or of the parts (a), (b), (c), that the sentences end with."""
    bullets: list[str] = []
    for sentence in reversed(said):
        bullet = _BULLET.match(sentence)
        if bullet is None or not is_bare(sentence[bullet.end() :]):
            break
        bullets.insert(0, sentence[bullet.end() :].strip(" .;,*"))
    if len(bullets) > 1:
        return ", ".join(bullets)
    labels = ""
    parts: list[str] = []
    for sentence in reversed(said):
        label = _LABEL.match(sentence)
        stated = label is not None and _STATES.search(sentence)
        value = value_in(sentence[label.end() :]) if label is not None and stated else None
        if label is None or value is None:
            break
        labels = label[1] + labels
        parts.insert(0, value)
    return ", ".join(parts) if len(parts) > 1 and "abcdefgh".startswith(labels) else None
