"""Between text and token ids, by a model's tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from transformers import AutoTokenizer

from sampling.engine import ModelError, Prompt
from sampling.loading import ModelPlace


def load_decode(place: ModelPlace) -> Callable[[Sequence[int]], str]:
    """Text of generated ids, special tokens included. Raises ModelError without a tokenizer."""
    options: dict[str, Any] = {"trust_remote_code": place.trust_remote_code}
    options |= {"revision": place.revision} if place.revision else {}
    options |= {"gguf_file": place.gguf_file} if place.gguf_file else {}
    tokenizer = load_tokenizer(place.source, **options)
    return lambda ids: decode(tokenizer, ids)


def load_tokenizer(source: str, **options: Any) -> Any:
    """The tokenizer alone, of a folder or a hub id. Raises ModelError where there is none."""
    try:
        return AutoTokenizer.from_pretrained(source, **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot load the tokenizer of {source}: {reason}") from error


def render(tokenizer: Any, prompt: Prompt, model: str) -> str:
    """The prompt's text as the model reads it. Raises ModelError on a conversation where the model
    has no chat template.
    """
    if prompt.text is not None:
        return prompt.text + prompt.prefill
    if not tokenizer.chat_template:
        raise ModelError(
            f"{model} has no chat template: it looks like a base model; "
            "use --protocol r1-zero, or a protocol file with a template of plain text"
        )
    messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    if prompt.prefill and text.rstrip().endswith(prompt.prefill.rstrip()):
        return text
    return text + prompt.prefill


def encode(tokenizer: Any, prompt: Prompt, model: str) -> list[int]:
    """The prompt's ids. Raises ModelError when there are none."""
    rendered = render(tokenizer, prompt, model)
    # a chat template writes its own begin-of-sequence token
    special = prompt.text is not None
    # what is longer than the context is said by whoever asks, not by the tokenizer
    ids: list[int] = tokenizer(rendered, add_special_tokens=special, verbose=False).input_ids
    if not ids:
        raise ModelError("a prompt without a token cannot be continued: give it some text")
    return ids


def unknown_share(tokenizer: Any, ids: Sequence[int]) -> float:
    """Share of the ids that stand for what the tokenizer does not know, in [0, 1]."""
    unknown = tokenizer.unk_token_id
    return ids.count(unknown) / max(len(ids), 1) if unknown is not None else 0.0


def decode(tokenizer: Any, ids: Sequence[int], end_ids: frozenset[int] = frozenset()) -> str:
    """Text of generated ids. Special tokens stay (some models' thinking tags are special), but
    those of ``end_ids`` do not.
    """
    kept = [i for i in ids if i not in end_ids]
    return str(
        tokenizer.decode(kept, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    )


def end_ids(generation_config: Any, tokenizer: Any) -> frozenset[int]:
    """Every id that ends a reply: the generation config's (often several) and the tokenizer's."""
    configured = generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)
