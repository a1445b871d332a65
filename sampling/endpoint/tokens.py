"""Token ids of text that a server sent, by a tokenizer that the user names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sampling import tokens
from sampling.engine import ModelError, Prompt


class Tokenizer:
    """Ids made from text need not be those that were drawn: they count as ``retokenized``."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._tokenizer: Any = tokens.load_tokenizer(path)
        end = self._tokenizer.eos_token_id
        if end is None:
            raise ModelError(f"the tokenizer of {path} has no end-of-sequence token")
        self._end = int(end)
        self.language = str(self._tokenizer.init_kwargs.get("prompt_language", "natural"))

    @property
    def end(self) -> str:
        return str(self._tokenizer.eos_token)

    def render(self, prompt: Prompt) -> str:
        return tokens.render(self._tokenizer, prompt, self._path)

    def count_prompt(self, prompt: Prompt) -> int:
        return len(tokens.encode(self._tokenizer, prompt, self._path))

    def has(self, text: str) -> bool:
        return text in self._tokenizer.get_vocab()

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer(text, add_special_tokens=False).input_ids)

    def of_reply(self, text: str, ended: bool) -> tuple[int, ...]:
        """As an embedded model would have drawn them, the end of sequence included."""
        return (*self.encode(text), self._end) if ended else self.encode(text)

    def decode(self, token_ids: Sequence[int]) -> str:
        return tokens.decode(self._tokenizer, token_ids, frozenset({self._end}))
