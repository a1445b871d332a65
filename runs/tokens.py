"""How many of a completion's tokens were thought."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sampling.engine import Completion
from tasks.thinking import split_thought


def count_thinking(
    completion: Completion,
    decode: Callable[[Sequence[int]], str],
    *,
    prefilled: bool,
    thinking_tags: bool,
) -> int | None:
    """Tokens up to and with the closing tag. Without ids it is what the engine was told, and else
    ``None`` but for a reply that is all thought or has none.

    All of them when the thought was not closed, and for a model without thinking tags, whose whole
    reply is thought. None of them when a model that marks its thoughts answers at once.

    >>> reply = Completion("a</think>b", "stop", (0, 1, 2), None, 3, "ids")
    >>> words = ["a", "</think>", "b"]
    >>> count_thinking(
    ...     reply, lambda ids: "".join(words[i] for i in ids), prefilled=True, thinking_tags=True
    ... )
    2
    """
    ids = completion.token_ids
    if ids is None and completion.thinking_tokens is not None:
        return completion.thinking_tokens
    split = split_thought(completion.text, prefilled=prefilled)
    if not split.opened and thinking_tags:
        return 0
    if not (split.opened and split.closed):
        return completion.completion_tokens
    if ids is None:
        return None
    end = len(completion.text) - len(split.answer)
    low, high = 0, len(ids)  # the shortest prefix whose text reaches the end of the thought
    while low < high:
        middle = (low + high) // 2
        if len(decode(ids[:middle])) >= end:
            high = middle
        else:
            low = middle + 1
    return low
