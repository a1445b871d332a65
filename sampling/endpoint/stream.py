"""A reply that comes in pieces (server-sent events), put together as if it had come whole.

>>> lines = ['data: {"model": "m", "choices": [{"delta": {"reasoning": "2 +"}}]}', "",
...          'data: {"choices": [{"delta": {"reasoning": " 2"}}]}', ": keep-alive",
...          'data: {"choices": [{"delta": {"content": "4"}, "finish_reason": "stop"}]}',
...          'data: {"choices": [], "usage": {"completion_tokens": 5}}', "data: [DONE]"]
>>> pieces = Pieces()
>>> [pieces.add(line) for line in lines]
[True, False, True, False, True, False, False]
>>> pieces.whole()["choices"][0]["message"]
{'content': '4', 'reasoning': '2 + 2'}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sampling.endpoint.failures import Again
from sampling.endpoint.reply import content_of, said

_HEAD = ("model", "system_fingerprint", "usage")


class Pieces:
    """Takes the lines of a stream; `whole` is the body of a reply that was not streamed."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._content: list[str] = []
        self._thought: list[str] = []
        self._finish: str | None = None
        self._chat = False
        self.done = False

    def add(self, line: str) -> bool:
        """Whether it brought text. Raises Again on what is no event of a reply."""
        if not line.startswith("data:"):
            return False
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            self.done = True
            return False
        try:
            piece = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise Again("a piece of the stream is not JSON") from error
        if not isinstance(piece, Mapping):
            raise Again("a piece of the stream is not an object")
        if piece.get("error"):
            raise Again(f"an error within the stream: {said(piece)}")
        self._head |= {name: piece[name] for name in _HEAD if piece.get(name)}
        choices = piece.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
            return False
        return self._add_choice(choices[0])

    def _add_choice(self, choice: Mapping[str, Any]) -> bool:
        if choice.get("finish_reason"):
            self._finish = str(choice["finish_reason"])
        delta = choice.get("delta")
        if isinstance(delta, Mapping):
            self._chat = True
            content, inline = content_of(delta.get("content"))
            thought = delta.get("reasoning") or delta.get("reasoning_content") or inline
        else:
            content, thought = choice.get("text"), None
        for piece, pieces in ((content, self._content), (thought, self._thought)):
            if isinstance(piece, str) and piece:
                pieces.append(piece)
        return bool(content or thought)

    def whole(self) -> dict[str, Any]:
        """Raises Again where the stream did not come to its end."""
        if self._finish is None:
            raise Again("the stream stopped before its end")
        text = "".join(self._content)
        choice: dict[str, Any] = {"finish_reason": self._finish}
        if self._chat:
            choice["message"] = {"content": text, "reasoning": "".join(self._thought)}
        else:
            choice["text"] = text
        return {**self._head, "choices": [choice]}
