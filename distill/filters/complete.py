"""Only traces that finished by themselves, with a thought that was closed and an answer behind it.

>>> from distill.traces import Trace
>>> def said(text, **meta): return Trace([], [{"role": "assistant", "content": text}], meta)
>>> Complete().reason(said("<think>2 and 2</think>4", finish_reason="stop"))
>>> Complete().reason(said("<think>2 and 2</think>4", finish_reason="length"))
'cut off (length)'
>>> Complete().reason(said("<think>2 and 2"))
'thought not closed'
>>> Complete().reason(said("<think>2 and 2</think> "))
'no answer behind the thought'
>>> Complete().reason(said("4")), Complete(thought=False).reason(said("4"))
('no thought', None)
"""

from __future__ import annotations

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.schema import Strict


class Complete(Strict):
    """``thought: false`` takes answers without a thought as well. Where it is not known how a trace
    finished, its text decides.
    """

    thought: bool = True

    def reason(self, trace: Trace) -> Reason | None:
        finish, split = trace.meta.get("finish_reason"), trace.split
        if finish not in (None, "stop"):
            return f"cut off ({finish})"
        if split.opened and not split.closed:
            return "thought not closed"
        if not split.answer.strip():
            return "no answer behind the thought"
        if self.thought and not split.thought.strip():
            return "no thought"
        return None
