"""No over-long paragraphs: the second of the paper's three (see ``language``).

>>> from distill.traces import Trace
>>> def said(text): return Trace([], [{"role": "assistant", "content": text}])
>>> short = Paragraphs(at_most=9)
>>> short.reason(said("2 and 2\\n \\nare 4")), short.reason(said("2 and 2 are 4"))
(None, 'a paragraph of 13 characters')
"""

from __future__ import annotations

from pydantic import PositiveInt

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.schema import Strict


class Paragraphs(Strict):
    """No paragraph of more than so many characters; between paragraphs stands an empty line. The
    paper gives no number; of 1,145 published solutions that are correct, four have more than 2,000.
    """

    at_most: PositiveInt = 2000

    def reason(self, trace: Trace) -> Reason | None:
        longest = length = 0
        for line in trace.text.split("\n"):
            length = length + len(line) + 1 if line and not line.isspace() else 0
            longest = max(longest, length)
        longest -= 1  # the line feed at the end
        return f"a paragraph of {longest} characters" if longest > self.at_most else None
