r"""Matching brackets in LaTeX, where ``\{`` is a sign and ``{`` a group."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)  # an escaped sign is matched to be passed over
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def groups(text: str) -> dict[int, int]:
    r"""Where each group that is closed ends, by where it opens. One pass over the text.

    >>> groups(r"{a_{1}}+{\}}"), groups("{a")
    ({3: 5, 0: 6, 8: 11}, {})
    """
    ends: dict[int, int] = {}
    if "{" not in text:
        return ends
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            ends[opened.pop()] = match.start()
    return ends


def depths(text: str) -> Iterator[tuple[int, str, int]]:
    r"""Each index, sign and nesting depth (of brackets of any kind; ``\{`` counts as a bracket).

    Half-open intervals make ``(`` and ``]`` a pair, so kinds are not matched against each other.

    >>> [i for i, sign, depth in depths("(1,2),3") if sign == "," and depth == 0]
    [5]
    """
    depth = 0
    for i, sign in enumerate(text):
        if sign in ")]}":
            depth = max(0, depth - 1)
        yield i, sign, depth
        if sign in "([{":
            depth += 1


def split_top(text: str, separators: str) -> list[str]:
    """``text`` cut at the separators that stand outside every bracket; the parts are stripped.

    >>> split_top("(1,2), 3", ",")
    ['(1,2)', '3']
    """
    if not any(sign in text for sign in separators):
        return [text.strip()]
    parts, last, depth = [], 0, 0
    for i, sign in enumerate(text):
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth = max(0, depth - 1)
        elif depth == 0 and sign in separators:
            parts.append(text[last:i].strip())
            last = i + 1
    return [*parts, text[last:].strip()]


def is_balanced(text: str) -> bool:
    """Whether every bracket that opens is closed, by whatever kind: ``[0, 1)`` is balanced.

    >>> is_balanced("[0, 1)"), is_balanced("(1, (2"), is_balanced("}{")
    (True, False, False)
    """
    depth = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0:
            return False
    return depth == 0


def is_wrapped(text: str) -> bool:
    """Whether the bracket that opens ``text`` is closed by its last sign.

    >>> is_wrapped("(1)(2)"), is_wrapped("((1)(2))")
    (False, True)
    """
    if len(text) < 2 or text[0] not in _CLOSING or text[-1] not in ")]}":
        return False
    return all(depth > 0 for i, _, depth in depths(text) if 0 < i < len(text) - 1)
