"""Only thoughts in one language: the first of the three things that the paper filters out (arXiv
2501.12948, section 2.3.3: "mixed languages, long paragraphs, and code blocks").

>>> from distill.traces import Trace
>>> def thought(text):
...     return Trace([], [{"role": "assistant", "content": f"<think>{text}</think>4"}])
>>> OneLanguage().reason(thought("First we add 2 and 2, 然后检查。"))
'0.50 of the words are en'
>>> OneLanguage().reason(thought("2+2=4")), OneLanguage(language="zh").reason(thought("然后检查"))
(None, None)
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.language import check_language, consistency
from tasks.schema import Strict

Share = Annotated[float, Field(ge=0, le=1)]


class OneLanguage(Strict):
    """At least so large a share of the thought's words in ``language``, by script (see
    `tasks.language`). A thought without words mixes nothing. The paper gives no number; of 1,145
    published solutions that are correct, three have less than 0.95.
    """

    language: str = "en"
    at_least: Share = 0.95

    @field_validator("language")
    @classmethod
    def _known(cls, language: str) -> str:
        check_language(language)
        return language

    def reason(self, trace: Trace) -> Reason | None:
        split = trace.split
        share = consistency(split.thought if split.opened else split.answer, self.language)
        if share is None or share >= self.at_least:
            return None
        return f"{_below(share)} of the words are {self.language}"


def _below(share: float) -> str:
    """Rounded down, so that 0.9496 is not said to be 0.95."""
    return f"{int(share * 100) / 100:.2f}"
