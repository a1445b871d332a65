"""Stop strings: where a reply ends before its own end. They are part of the protocol.

A thought may hold any of them (an empty line ends none), so only the answer after it is looked at;
a reply without thinking tags is an answer from its first character.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.thinking import split_thought


def stops(until: Sequence[str], prefilled: bool) -> Callable[[str], bool]:
    """Whether a reply so far has come to a stop string in its answer.

    >>> stop = stops(["Q:"], prefilled=False)
    >>> stop("<think>Q: what?"), stop("<think>Q: what?</think>4 Q:")
    (False, True)
    """
    return lambda text: any(word in _answer(text, prefilled) for word in until)


def before_stop(text: str, until: Sequence[str], prefilled: bool = False) -> str:
    """The answer of a reply, up to the first stop string; empty where its thought did not end.

    >>> before_stop("<think>Q: what?</think>4 Q: more", ["Q:"])
    '4 '
    """
    answer = _answer(text, prefilled)
    return answer[: min((at for word in until if (at := answer.find(word)) >= 0), default=None)]


def _answer(text: str, prefilled: bool) -> str:
    return split_thought(text, prefilled=prefilled).answer
