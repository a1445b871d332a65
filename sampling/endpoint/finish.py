"""How a reply ended, by the word that a server has for it."""

from __future__ import annotations

from sampling.endpoint.failures import Again, Refused
from sampling.endpoint.reply import CLOSING, OPENING, Reply
from sampling.engine import FinishReason

_STOP = {"stop", "eos", "eos_token", "end_turn", "stop_sequence"}
_LENGTH = {"length", "max_tokens", "model_length"}
_CUT = {"insufficient_system_resource", "abort", "error", "cancelled"}  # the first is DeepSeek's
_FILTERED = {"content_filter", "safety", "recitation"}


def known(finish: str | None) -> bool:
    return finish is not None and finish.lower() in _STOP | _LENGTH


def finish_reason(reply: Reply, max_tokens: int) -> FinishReason:
    """``stop`` or ``length``. Raises Again when the server cut it off, Refused when it withholds
    the text. A word that is not known, or none, is read from the text: full to the last token, or
    with a thought that never ends, it was cut off.

    >>> from sampling.endpoint.reply import Usage
    >>> def ended(finish, text, tokens):
    ...     return Reply(text, None, finish, None, None, Usage(None, tokens))
    >>> [finish_reason(ended(finish, text, tokens), 64) for finish, text, tokens in [
    ...     ("eos", "4", 9), ("length", "4", 64), (None, "4", 64), (None, "<think>2 +", 9)]]
    ['stop', 'length', 'length', 'length']
    """
    word = (reply.finish or "").lower()
    if word in _STOP:
        return "stop"
    if word in _LENGTH:
        return "length"
    if word in _CUT:
        raise Again(f"the server broke off ({word})")
    if word in _FILTERED:
        raise Refused(f"the server's filter withheld the reply ({word})")
    full = reply.usage.completion is not None and reply.usage.completion >= max_tokens
    text = reply.text("")
    unclosed = text.rfind(OPENING) > text.rfind(CLOSING)
    return "length" if full or unclosed else "stop"
