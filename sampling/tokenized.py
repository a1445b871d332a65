"""What engines that hold a model's tokenizer have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sampling import tokens
from sampling.engine import EngineFacts, Prompt


class Tokenized:
    """The part of `sampling.engine.Engine` that is about text and ids alone."""

    facts: EngineFacts
    _tokenizer: Any
    _end_ids: frozenset[int]

    @property
    def prompt_language(self) -> str:
        """As the tokenizer says it of itself."""
        return str(self._tokenizer.init_kwargs.get("prompt_language", "natural"))

    def render(self, prompt: Prompt) -> str:
        return tokens.render(self._tokenizer, prompt, self.facts.model)

    def count_prompt_tokens(self, prompt: Prompt) -> int:
        return len(self._encode(prompt))

    def unknown_share(self, prompt: Prompt) -> float:
        return tokens.unknown_share(self._tokenizer, self._encode(prompt))

    def has_token(self, text: str) -> bool:
        return text in self._tokenizer.get_vocab()

    def decode(self, token_ids: Sequence[int]) -> str:
        return tokens.decode(self._tokenizer, token_ids, self._end_ids)

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _encode(self, prompt: Prompt) -> list[int]:
        return tokens.encode(self._tokenizer, prompt, self.facts.model)
