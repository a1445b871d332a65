r"""Where an answer ends and an invented next problem begins.

A base model that has answered often goes on: with another question, or with a user's turn of its
own making. What it says there answers nothing that was asked.

>>> turns("The answer is 4.\nQuestion: What is 3 + 3?\nAnswer: 6")
['The answer is 4.', '\nQuestion: What is 3 + 3?\nAnswer: 6']
>>> turns("It is 4.<|im_end|>\n<|im_start|>user\nAnd 3 + 3?")
['It is 4.']
"""

from __future__ import annotations

import re

_END = re.compile(
    r"<\|(?:im_end|im_start|endoftext|eot_id|eom_id|end|user|end_of_text|end_of_solution"
    r"|start_header_id|return|END_RESPONSE)\|>|<｜(?:end|User)|<(?:end|start)_of_turn>|</s>|\[INST\]"
)
_OPENING = re.compile(r"\A\s*(?:<\|(?:begin_of_solution|im_start)\|>(?:assistant\b)?\s*)?")
_KIND = r"(?:problem|question|exercise)"
_NEXT = re.compile(
    r"\n[ \t]*(?:#{1,6} ?|\*\*)?(?:"
    rf"(?:{_KIND} ?#?\d*|q\d*|human|user|instruction)(?:\*\*)? ?[:：]"
    rf"|{_KIND} \d+[.)\n]"
    rf"|(?<=# )(?:instruction|{_KIND})\b"
    r"|(?:问题|题目|问) ?[:：]"
    r")",
    re.IGNORECASE,
)


def turns(text: str) -> list[str]:
    """The text's parts up to the first sign that a turn ended, cut before each line that opens
    another problem. Which of them answers is for the reader to find: the first may be an echo."""
    text = _OPENING.sub("", text)
    end = _END.search(text)
    if end is not None:
        text = text[: end.start()]
    starts = [match.start() for match in _NEXT.finditer(text) if match.start() > 0]
    return [text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True)]


def turn_end(text: str, start: int) -> int:
    """Where the turn that ``start`` lies in ends.

    >>> turn_end("a</s>b", 0), turn_end("a\\nUser: b", 0), turn_end("a", 0)
    (1, 1, 1)
    """
    ends = (mark.search(text, start) for mark in (_END, _NEXT))
    return min((match.start() for match in ends if match is not None), default=len(text))
