r"""The last ``\boxed{...}`` of a text, or the last few where an answer is spread over several.

>>> last_boxed(r"First \boxed{3}. No: \boxed {\frac{1}{2}}.")
'\\frac{1}{2}'
>>> last_boxed(r"The answers are $\boxed{1}$ and $\boxed{2}$.")
'1, 2'
>>> last_boxed("(a) The sum is \\boxed{5}.\n(b) The product is \\boxed{6}.")
'5, 6'
>>> last_boxed(r"It is $\boxed{5$."), last_boxed(r"It is \boxed7."), last_boxed(r"\boxed{5")
('5', '7', None)
>>> last_boxed(r"\boxed{}"), last_boxed(r"\boxed{\quad}")
(None, None)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tasks.grading.braces import groups

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=\{)")
_OPENED = re.compile(r"\W{0,4}\\(?:boxed|fbox|framebox)\s*\{")
_BARE_BOX = re.compile(r"\\boxed(?:\s+|(?=\d))(-?[\d.,]*\d|[A-Za-z])(?![\w{])")
_LOST_SLASH = re.compile(r"(?<![\w\\])boxed\{([^{}\n]+)\}")
_LEFT_OPEN = re.compile(r"\\boxed\s*\{([^$\n]{1,200}?)(?=\$|\\\)|\\\])")
_SPACE = re.compile(
    r"\\(?:phantom|[hv]space)\*?\{[^{}]*\}|\\(?:q?quad|[lcd]?dots|underline|text|square)\b"
)
_FILLED = re.compile(r"[^\s\\,;:!_.?{}()~-]")
# What may stand between two boxes of one answer: a comma, "and", a dollar sign, "y_2 =".
_BETWEEN = re.compile(
    r"(?:\s|\$|\\[()\[\],;]|\\(?:quad|qquad)|[,;，、]|(?<=\n)[-•*]\s|和|或|\\text\{[^{}]{0,12}\}"
    r"|\b(?:and|or|et|y|und)\b|\\?[a-zA-Z](?:_\{?\w\}?)?\s*(?:=|\\in\b))*"
)
_PART = re.compile(r"^[\s*#-]*(?:part\s+)?\(?([a-h])[).:]", re.IGNORECASE | re.MULTILINE)


class Box(NamedTuple):
    start: int
    end: int
    content: str


def last_boxed(text: str) -> str | None:
    """The content of the last box."""
    box = last_box(text)
    return box.content if box is not None else None


def last_box(text: str) -> Box | None:
    """The last box. Boxes with only a connective between them are one answer, and so are those
    of parts (a), (b), (c). One without braces, or left open in a formula, counts if no other does.
    """
    found = _boxes(text)
    if not found:
        return _damaged(text)
    first = len(found) - 1
    while first > 0 and _BETWEEN.fullmatch(text, found[first - 1].end, found[first].start):
        first -= 1
    if first == len(found) - 1:
        first = _first_part(text, found)
    contents = dict.fromkeys(box.content for box in found[first:])
    return Box(found[first].start, found[-1].end, ", ".join(contents))


def is_left_open(text: str) -> bool:
    r"""Whether a text begins with a box that nothing closes.

    >>> is_left_open(r"\boxed{42"), is_left_open(r"\boxed{42}"), is_left_open(r"$\boxed{\text{a}")
    (True, False, True)
    """
    match = _OPENED.match(text)
    return match is not None and match.end() - 1 not in groups(text)


def _boxes(text: str) -> list[Box]:
    """Each complete box that is not empty, outermost ones only."""
    opened = _BOX.search(text)
    if opened is None:
        return []
    begin = opened.start()
    ends = groups(text[begin:])
    found: list[Box] = []
    at = 0
    for match in _BOX.finditer(text, begin):
        end = ends.get(match.end() - begin)
        if end is None or match.start() < at:
            continue
        end += begin
        content = text[match.end() + 1 : end].strip()
        if _FILLED.search(_SPACE.sub("", content)):
            found.append(Box(match.start(), end + 1, content))
        at = end + 1
    return found


def _damaged(text: str) -> Box | None:
    """A box without braces, one left open in a formula, or one that lost its backslash."""
    if "boxed" not in text:
        return None
    left_open = _LEFT_OPEN.match(text, max(0, text.rfind(r"\boxed")))
    if left_open is not None and left_open[1].count("{") < left_open[1].count("}"):
        left_open = None  # it is complete, and empty
    for found in ([*_BARE_BOX.finditer(text)], [left_open], [*_LOST_SLASH.finditer(text)]):
        if found and found[-1] is not None:
            return Box(found[-1].start(), found[-1].end(), found[-1][1].strip())
    return None


def _first_part(text: str, found: list[Box]) -> int:
    """The first of the last boxes that stand one by one in parts (a), (b), (c) of an answer."""
    first = len(found)
    labels = ""
    while first > 0 and len(labels) < 8:
        start = found[first - 1].start
        line = _PART.match(text, text.rfind("\n", 0, start) + 1)
        if line is None or line.end() > start:
            break
        labels = line[1].lower() + labels
        first -= 1
    parts = len(labels) > 1 and "abcdefgh".startswith(labels)
    return first if parts else len(found) - 1
