"""A server's reply, whichever dialect of OpenAI's protocol it speaks.

The thought comes in ``reasoning`` (vLLM since 0.11, Ollama, Together), in ``reasoning_content``
(DeepSeek, SGLang, older vLLM, llama.cpp), in parts of ``content`` (Mistral) or within the text:

>>> reply = read_reply({"choices": [{"finish_reason": "stop", "message":
...     {"content": "\\n\\n4", "reasoning_content": "2 + 2"}}]})
>>> reply.text(""), reply.text("<think>\\n")
('<think>\\n2 + 2\\n</think>\\n\\n4', '2 + 2\\n</think>\\n\\n4')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sampling.endpoint.failures import Again

OPENING, CLOSING = "<think>", "</think>"


_MOST = 2**31  # tokens: what is beyond is no count


@dataclass(frozen=True)
class Usage:
    """Tokens as the server counted them; ``None`` where it did not say."""

    prompt: int | None = None
    completion: int | None = None
    thinking: int | None = None
    cached: int | None = None


@dataclass(frozen=True)
class Reply:
    """``finish`` as the server worded it. ``thought`` is ``None`` where it came within ``content``,
    or not at all.
    """

    content: str
    thought: str | None
    finish: str | None
    model: str | None
    fingerprint: str | None
    usage: Usage

    def text(self, begun: str) -> str:
        """The reply as one text with the model's tags. ``begun`` is what the reply goes on from: a
        thought that it opened is not opened again, one that it closed does not come back.
        """
        if self.thought is None:
            return self.content
        opened, closed = begun.rfind(OPENING), begun.rfind(CLOSING)
        if closed > opened:
            return self.thought + self.content
        thought = ("" if opened >= 0 else f"{OPENING}\n") + self.thought.strip("\n")
        answer = self.content.lstrip("\n")
        return f"{thought}\n{CLOSING}\n\n{answer}" if answer else thought


def read_reply(body: Any) -> Reply:
    """The first choice of a chat or text completion. Raises Again on what is none."""
    if not isinstance(body, Mapping):
        raise Again("the reply is not an object")
    if body.get("error"):
        raise Again(f"an error in place of a reply: {said(body)}")
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise Again("no choices in the reply")
    choice = choices[0]
    message = choice.get("message")
    if isinstance(message, Mapping):
        content, inline = content_of(message.get("content"))
        thought = message.get("reasoning") or message.get("reasoning_content") or inline
    else:
        content, thought = choice.get("text"), None
    if not isinstance(content, str) or not isinstance(thought, str | None):
        raise Again("no text in the reply")
    content, thought = whole(content), None if thought is None else whole(thought)
    if thought is not None and _holds(content, thought):
        thought = None  # the server tells it twice
    if not content and not thought and choice.get("finish_reason") is None:
        raise Again("an empty reply")
    return Reply(
        content=content,
        thought=thought or None,
        finish=_text_or_none(choice.get("finish_reason")),
        model=_text_or_none(body.get("model")),
        fingerprint=_text_or_none(body.get("system_fingerprint")),
        usage=read_usage(body.get("usage")),
    )


def read_usage(usage: Any) -> Usage:
    """
    >>> read_usage({"prompt_tokens": 9, "completion_tokens": 30,
    ...     "completion_tokens_details": {"reasoning_tokens": 20}})
    Usage(prompt=9, completion=30, thinking=20, cached=None)
    """
    if not isinstance(usage, Mapping):
        return Usage()
    details = usage.get("completion_tokens_details")
    read = usage.get("prompt_tokens_details")
    cached = read.get("cached_tokens") if isinstance(read, Mapping) else None
    return Usage(
        prompt=_count(usage.get("prompt_tokens")),
        completion=_count(usage.get("completion_tokens")),
        thinking=_count(details.get("reasoning_tokens")) if isinstance(details, Mapping) else None,
        cached=_count(usage.get("prompt_cache_hit_tokens", cached)),  # DeepSeek's name, OpenAI's
    )


def said(body: Any) -> str:
    """The message of an error body, in one short line.

    >>> said({"error": {"message": "model is\\nloading", "type": "x"}}), said({"detail": "no"})
    ('model is loading', 'no')
    """
    if isinstance(body, Mapping):
        error = body.get("error", body)
        if isinstance(error, Mapping):
            error = error.get("message") or error.get("detail") or error
        body = error
    line = printable(" ".join(str(body).split()))
    return line if len(line) <= 200 else f"{line[:200]}…"


def content_of(content: Any) -> tuple[Any, str | None]:
    """Text and thought of a message's content, which may come in parts (Mistral's).

    >>> content_of([{"type": "thinking", "thinking": [{"text": "2+2"}]}, {"text": "4"}])
    ('4', '2+2')
    """
    if content is None:
        return "", None
    if not isinstance(content, list):
        return content, None
    text, thought = "", ""
    for part in content:
        if isinstance(part, Mapping):
            text += str(part.get("text") or "")
            inner, _ = content_of(part.get("thinking"))
            thought += inner or ""
    return text, thought or None


def _holds(content: str, thought: str) -> bool:
    """Whether the thought stands in the content too, in its tags."""
    begin, end = content.find(OPENING), content.find(CLOSING)
    return 0 <= begin < end and content[begin + len(OPENING) : end].strip() == thought.strip()


def _count(value: Any) -> int | None:
    counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
    return value if counts else None


def _text_or_none(value: Any) -> str | None:
    return printable(value) or None if isinstance(value, str) else None


def whole(text: str) -> str:
    """Pairs of surrogates joined, which a stream may have cut in two; what is left of one is no
    character.

    >>> whole("a" + chr(0xD83D) + chr(0xDE00)) == "a" + chr(0x1F600)
    True
    >>> whole(chr(0xD83D)) == chr(0xFFFD)
    True
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    """Without what moves a terminal's cursor or colours it.

    >>> printable("a" + chr(27) + "[31mb")
    'a[31mb'
    """
    return "".join(char for char in text if char.isprintable())
