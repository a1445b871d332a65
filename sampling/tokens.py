"""From token ids to text without a model: its tokenizer alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from transformers import AutoTokenizer

from sampling.engine import ModelError
from sampling.loading import ModelPlace


def load_decode(place: ModelPlace) -> Callable[[Sequence[int]], str]:
    """Text of generated ids, special tokens included. Raises ModelError without a tokenizer."""
    options: dict[str, Any] = {"trust_remote_code": place.trust_remote_code}
    options |= {"revision": place.revision} if place.revision else {}
    options |= {"gguf_file": place.gguf_file} if place.gguf_file else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(place.source, **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot load the tokenizer of {place.source}: {reason}") from error

    def decode(ids: Sequence[int]) -> str:
        return str(
            tokenizer.decode(
                list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    return decode
