r"""The last ``\boxed{...}`` of a text, or the last few where an answer is spread over several.

>>> last_boxed(r"First \boxed{3}. No: \boxed {\frac{1}{2}}.")
'\\frac{1}{2}'
>>> last_boxed(r"The answers are $\boxed{1}$ and $\boxed{2}$.")
'1, 2'
>>> last_boxed(r"It is \boxed{5"), last_boxed(r"\boxed{}")
(None, None)
"""

from __future__ import annotations

import re

from tasks.grading.braces import groups

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=\{)")
_BARE_BOX = re.compile(r"\\boxed\s+(-?[\d.,]*\d|[A-Za-z])(?![\w{])")
# What may stand between two boxes of one answer: a comma, "and", a dollar sign, "y_2 =".
_BETWEEN = re.compile(
    r"(?:\s|\$|\\[()\[\],;]|\\(?:quad|qquad)|[,;，、]|和|或|\\text\{[^{}]{0,12}\}|\b(?:and|or|et|y|und)\b"
    r"|\\?[a-zA-Z](?:_\{?\w\}?)?\s*(?:=|\\in\b))*"
)


def boxes(text: str) -> list[tuple[int, int, str]]:
    """Start, end and content of each complete box that is not empty, outermost ones only."""
    found = []
    at = 0
    ends = groups(text)
    for match in _BOX.finditer(text):
        end = ends.get(match.end())
        if end is None or match.start() < at:
            continue
        content = text[match.end() + 1 : end].strip()
        if content:
            found.append((match.start(), end + 1, content))
        at = end + 1
    return found


def last_boxed(text: str) -> str | None:
    """The last box's content; boxes with only a connective between them are one answer."""
    found = boxes(text)
    if not found:
        bare = _BARE_BOX.findall(text)
        return bare[-1] if bare else None
    first = len(found) - 1
    while first > 0 and _BETWEEN.fullmatch(text, found[first - 1][1], found[first][0]):
        first -= 1
    contents = [content for _, _, content in found[first:]]
    return ", ".join(dict.fromkeys(contents))
