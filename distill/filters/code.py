"""No code blocks: the third of the paper's three (see ``language``).

>>> from distill.traces import Trace
>>> def said(text): return Trace([], [{"role": "assistant", "content": text}])
>>> Code().reason(said("<think>Run it:\\n```python\\nprint(4)\\n```\\nSo 4.</think>4"))
'1 code block'
>>> Code(at_most=1).reason(said("```\\n4\\n```")), Code().reason(said("use `print`"))
(None, None)
"""

from __future__ import annotations

import re

from pydantic import NonNegativeInt

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.schema import Strict

_FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)", re.MULTILINE)


class Code(Strict):
    """At most so many fenced blocks; one that is not closed counts. Not for traces about code."""

    at_most: NonNegativeInt = 0

    def reason(self, trace: Trace) -> Reason | None:
        text = trace.text
        if "```" not in text and "~~~" not in text:
            return None
        blocks = (len(_FENCE.findall(text)) + 1) // 2
        if blocks <= self.at_most:
            return None
        return f"{blocks} code block{'s' * (blocks > 1)}"
