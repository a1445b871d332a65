r"""Answers that are marked as such by tags, by ``####`` or by the key of a JSON object.

>>> last_tag("<answer>3</answer> No: <answer>4</answer>"), last_tag("<answer>4")
(Mark(end=32, answer='4'), Mark(end=9, answer='4'))
>>> last_hashes("4 + 5 = 9\n#### 9"), last_hashes("#### Step 1\nAdd them.")
(Mark(end=16, answer='9'), None)
>>> keyed('{"steps": ["2 + 2"], "answer": "4"}')
Mark(end=34, answer='4')
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Mark(NamedTuple):
    """An answer, and where in the text the marked place ends."""

    end: int
    answer: str


_VALUE = r"(?:[-−+]?(?:[$€£]\s?)?[-−+]?\.?\d|[\\$({\[])"
_HASHES = re.compile(rf"^####[ \t]*((?!\d+[.)] [A-Za-z]){_VALUE}[^\n]*)", re.MULTILINE)
_LAST_LINE = re.compile(r"^####[ \t]*(\S[^\n]*)\s*\Z", re.MULTILINE)
_KEY = re.compile(
    r'"(?:final[_ ])?(?:answer|result)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",}\[{][^",}\n]*))',
    re.IGNORECASE,
)
_MINERVA = re.compile(
    r"final answer: ?(?:the final answer is:? )?([^\n]{1,200}?)\. I hope it is correct",
    re.IGNORECASE,
)
_PROSE = re.compile(r"[a-z] [a-z]|\n")
SHORT = 60


def last_tag(text: str) -> Mark | None:
    """The last ``<answer>`` tag; at the end of a text it may be left open around a short answer."""
    start = len(text)
    for number, part in enumerate(reversed(text.split("<answer>")[1:])):
        start -= len(part)
        answer, closing, _ = part.partition("</answer>")
        short = number == 0 and len(answer) <= SHORT and not _PROSE.search(answer.strip())
        if answer.strip() and (closing or short):
            return Mark(start + len(answer), answer.strip())
        start -= len("<answer>")
    return None


def last_hashes(text: str) -> Mark | None:
    """The last line ``#### 9``: what follows the sign is a value, or the text ends there. Other
    such lines are headings."""
    if "####" not in text:
        return None
    found = [*_HASHES.finditer(text)] or [*_LAST_LINE.finditer(text)]
    return Mark(found[-1].end(), found[-1][1].strip()) if found else None


def last_minerva(text: str) -> Mark | None:
    """The last "Final Answer: The final answer is 9. I hope it is correct.", the form that the
    few-shot prompt of Minerva teaches."""
    if "I hope it is correct" not in text:
        return None
    found = [*_MINERVA.finditer(text)]
    return Mark(found[-1].end(), found[-1][1].strip()) if found else None


def keyed(text: str) -> Mark | None:
    """What a JSON object calls the answer, where a text is that object or ends with it."""
    start = text.rfind("\n{") + 1
    if not (text[start:].lstrip().startswith("{") and text.rstrip().endswith("}")):
        return None
    found = [*_KEY.finditer(text, start)]
    if not found:
        return None
    answer = found[-1][1] if found[-1][1] is not None else found[-1][2]
    answer = answer.replace("\\\\", "\\").replace('\\"', '"').strip()
    return Mark(found[-1].end(), answer) if answer and answer != "null" else None
