"""A sample at a budget: what of its tokens counts there, seen from no more than those tokens.

A budget of B tokens of thought and an allowance of A tokens for the answer look at the first B + A
tokens and at nothing after them, so a sample gives at each budget what a run at that budget alone
would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sampling.engine import FinishReason
from tasks.thinking import DEFAULT as TAGS
from tasks.thinking import split_thought

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Reader:
    """Reads ids as text. ``prefilled``: the prompt opened the thought; ``thinking_tags``: the model
    marks its thoughts (where it does not, all that it writes is thought)."""

    decode: Callable[[Sequence[int]], str]
    prefilled: bool
    thinking_tags: bool

    def thinking(self, ids: Ids) -> bool:
        """Whether more would belong to the thought."""
        split = split_thought(self.decode(ids), prefilled=self.prefilled)
        return not split.closed if split.opened else not self.thinking_tags

    def closing_tag(self, ids: Ids, prompt: str) -> str:
        """The tag that would close the thought; empty where none was opened."""
        text = prompt + self.decode(ids)
        opened, tag = max((text.rfind(tags.opening), tags.closing) for tags in TAGS)
        return tag if opened >= 0 else ""

    def thought(self, ids: Ids, ended: bool) -> Ids | None:
        """The tokens of a thought without its end; ``None`` when it has none to go on with."""
        text = self.decode(ids)
        split = split_thought(text, prefilled=self.prefilled)
        if split.closed:
            end = len(text) - len(split.answer)
            closings = [text.rfind(tags.closing, 0, end) for tags in TAGS]
            return ids[: _tokens_within(self.decode, ids, max(closings))]
        if split.opened or not self.thinking_tags:
            return ids[:-1] if ended else ids
        return None


@dataclass(frozen=True)
class Cut:
    """What counts at a budget: these tokens, and how they end."""

    ids: Ids
    finish_reason: FinishReason


def at_budget(ids: Ids, ended: bool, budget: int, allowance: int, reader: Reader) -> Cut | None:
    """What counts of a sample at a budget; ``None`` when its thought does not end within it.

    ``ended``: the sample came to its own end, which is the last of ``ids``.

    >>> words = ["so", "</think>", "4", "."]
    >>> reader = Reader(lambda ids: "".join(words[i] for i in ids), True, True)
    >>> at_budget((0, 0, 1, 2, 3), True, 2, 8, reader)
    >>> at_budget((0, 0, 1, 2, 3), True, 3, 1, reader)
    Cut(ids=(0, 0, 1, 2), finish_reason='length')
    >>> at_budget((0, 0, 1, 2, 3), True, 3, 2, reader)
    Cut(ids=(0, 0, 1, 2, 3), finish_reason='stop')
    """
    if not (ended and len(ids) <= budget) and reader.thinking(ids[:budget]):
        return None
    whole = ended and len(ids) <= budget + allowance
    return Cut(ids[: budget + allowance], "stop" if whole else "length")


def _tokens_within(decode: Callable[[Sequence[int]], str], ids: Ids, length: int) -> int:
    """The most tokens whose text is not longer than ``length``."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high + 1) // 2
        if len(decode(ids[:middle])) <= length:
            low = middle
        else:
            high = middle - 1
    return low
