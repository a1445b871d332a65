"""No refusals.

>>> from distill.traces import Trace
>>> def said(text): return Trace([], [{"role": "assistant", "content": text}])
>>> Refusal().reason(said("<think>Hm.</think>I'm sorry, but I can't assist with that."))
"refused: I'm sorry, but I can't assist with"
>>> Refusal().reason(said("<think>Hm.</think>Sorry, a slip: I can't divide by 0. So x = 4."))
"""

from __future__ import annotations

import re

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.schema import Strict

_FIRST = 300  # characters of the answer: a refusal begins with it
_DO = r"(?:assist|help|comply|fulfil+|answer|provide|do (?:that|this)|engage|discuss|continue)"
_REFUSED = re.compile(
    rf"(?:i['’]?\s?a?m (?:very |so )?sorry|sorry|i apologi[sz]e|unfortunately)[,.]?"
    rf"(?: but)?,? i (?:cannot|can['’]?t|can not|am unable to|am not able to|won['’]?t) {_DO}"
    rf"(?: you)?(?: with| to)?"
    rf"|\bi (?:cannot|can['’]?t|can not|am unable to|am not able to|won['’]?t) {_DO}"
    r"(?: you)? (?:with |to )?(?:this|that|your|such)\b"
    r"|\bas an? (?:ai|artificial intelligence)(?: language)?(?: model| assistant)?\b"
    r"|(?:抱歉|对不起)[，,]?\s*(?:但)?我(?:无法|不能)|作为(?:一个|一名)?(?:AI|人工智能)",
    re.IGNORECASE,
)


class Refusal(Strict):
    """Looks at how the answer begins, for what assistants say in English and Chinese; the patterns
    are ours. In the thought a model may say what it likes.
    """

    def reason(self, trace: Trace) -> Reason | None:
        found = _REFUSED.search(trace.split.answer.lstrip()[:_FIRST])
        return f"refused: {found[0]}" if found else None
