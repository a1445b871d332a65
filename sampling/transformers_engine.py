"""The embedded engine: transformers' `generate`, with a token drawn per row from its own stream.

`generate` is asked for greedy decoding, and one logits processor of ours draws each row's token
and leaves only that one standing. So every architecture, cache and quantization that transformers
knows works, and each sample keeps a random stream of its own. Rows that have finished go on
computing until the longest of their batch stops.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import psutil
import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from sampling.draw import Stream, draw
from sampling.engine import (
    TINY,
    Completion,
    EngineFacts,
    ModelError,
    OnFinish,
    OnTokens,
    OutOfMemory,
    Prompt,
    Request,
    Sampling,
)
from sampling.loading import DType, ModelPlace, load

_REREAD_TOKENS = 32_768
_ALL_THREADS = torch.get_num_threads()
_MEMORY_SHARE = (
    0.6  # of what is free now; `generate` holds a second copy of a layer's cache as it grows
)


class TransformersEngine:
    """Decoder-only models on CPU or CUDA. Deterministic on a CPU: the same group gives the same
    text.
    """

    def __init__(
        self,
        place: ModelPlace,
        label: str,
        dtype: DType = "auto",
        device: str = "auto",
        threads: int | None = None,
    ) -> None:
        loaded = load(place, dtype=dtype, device=device)
        torch.set_num_threads(threads or (1 if loaded.parameters < TINY else _ALL_THREADS))
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self._end_ids = _end_ids(self._model, self._tokenizer)
        self._generation = _plain_generation(self._model, self._tokenizer, self._end_ids)
        config = self._model.config.get_text_config()
        self.prompt_language = str(self._tokenizer.init_kwargs.get("prompt_language", "natural"))
        self.facts = EngineFacts(
            engine="transformers",
            model=label,
            revision=loaded.revision,
            device=loaded.device,
            dtype=loaded.dtype,
            threads=torch.get_num_threads() if loaded.device == "cpu" else None,
            parameters=loaded.parameters,
            context_length=getattr(config, "max_position_embeddings", None),
            closed_groups=True,
        )

    def render(self, prompt: Prompt) -> str:
        if prompt.text is not None:
            return prompt.text + prompt.prefill
        if not self._tokenizer.chat_template:
            raise ModelError(
                f"{self.facts.model} has no chat template: it looks like a base model; "
                "use --protocol r1-zero, or a protocol file with a template of plain text"
            )
        messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
        text: str = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        if prompt.prefill and text.rstrip().endswith(prompt.prefill.rstrip()):
            return text
        return text + prompt.prefill

    def count_prompt_tokens(self, prompt: Prompt) -> int:
        return len(self._encode(prompt))

    def unknown_share(self, prompt: Prompt) -> float:
        ids = self._encode(prompt)
        unknown = self._tokenizer.unk_token_id
        return ids.count(unknown) / max(len(ids), 1) if unknown is not None else 0.0

    def has_token(self, text: str) -> bool:
        return text in self._tokenizer.get_vocab()

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of generated ids. Special tokens stay (some models' thinking tags are special), but
        the end of the sequence does not.
        """
        kept = [i for i in token_ids if i not in self._end_ids]
        return str(
            self._tokenizer.decode(
                kept, skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    def rows_that_fit(self, prompt_tokens: int, max_tokens: int) -> int:
        config = self._model.config.get_text_config()
        heads = getattr(config, "num_key_value_heads", None)
        heads = heads or getattr(config, "num_attention_heads", 1)
        width = (
            getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        )
        itemsize = torch.empty((), dtype=self._model.dtype).element_size()
        per_token = 2 * config.num_hidden_layers * heads * width * itemsize
        logits = 4 * 4 * config.vocab_size  # float32 logits, probabilities and their cumulative sum
        per_row = per_token * (prompt_tokens + max_tokens) + logits
        return max(1, int(_free_bytes(self.facts.device) * _MEMORY_SHARE / per_row))

    def sample(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        on_finish: OnFinish,
        on_tokens: OnTokens | None = None,
    ) -> None:
        prompts = [self._encode(r.prompt) for r in requests]

        def finish(row: int, ids: list[int]) -> None:
            completion = Completion(
                text=self.decode(ids),
                finish_reason="stop" if ids[-1] in self._end_ids else "length",
                token_ids=tuple(ids),
                prompt_tokens=len(prompts[row]),
                completion_tokens=len(ids),
                token_source="ids",
            )
            on_finish(requests[row], completion)

        drawing = _Drawing([r.seed for r in requests], sampling, self._end_ids, finish, on_tokens)
        while rows := drawing.begin():
            read = [prompts[row] + drawing.drawn[row] for row in rows]
            left = sampling.max_tokens - len(drawing.drawn[rows[0]])
            self._generate(read, left, drawing)

    def _generate(self, read: list[list[int]], max_tokens: int, drawing: _Drawing) -> None:
        """Go on from the ids that each row has read, until ``drawing`` stops it."""
        width = max(len(ids) for ids in read)
        padding = self._generation.pad_token_id
        input_ids = torch.tensor([[padding] * (width - len(ids)) + ids for ids in read])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in read])
        try:
            with torch.inference_mode():
                self._model.generate(
                    input_ids=input_ids.to(self._model.device),
                    attention_mask=mask.to(self._model.device),
                    generation_config=_up_to(self._generation, max_tokens),
                    logits_processor=LogitsProcessorList([drawing]),
                    stopping_criteria=StoppingCriteriaList([_Thinned(drawing)]),
                )
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(f"{len(read)} rows of {width + max_tokens} tokens") from error

    def _encode(self, prompt: Prompt) -> list[int]:
        rendered = self.render(prompt)  # a chat template writes its own begin-of-sequence token
        ids: list[int] = self._tokenizer(
            rendered, add_special_tokens=prompt.text is not None
        ).input_ids
        return ids


class _Drawing(LogitsProcessor):  # type: ignore[misc]
    """Draws each row's next token, notes it, and reports a row as soon as it has finished."""

    def __init__(
        self,
        seeds: Sequence[int],
        sampling: Sampling,
        end_ids: frozenset[int],
        finish: Callable[[int, list[int]], None],
        on_tokens: OnTokens | None,
    ) -> None:
        self.drawn: list[list[int]] = [[] for _ in seeds]
        self._streams = [Stream(seed) for seed in seeds]
        self._sampling = sampling
        self._end_ids = end_ids
        self._finish = finish
        self._on_tokens = on_tokens
        self._running = set(range(len(seeds)))
        self._batch: list[int] = []

    def begin(self) -> list[int]:
        """The rows still running, in order: the rows of the next batch. All have drawn alike."""
        self._batch = sorted(self._running)
        return self._batch

    def worth_a_new_batch(self, length: int) -> bool:
        """Whether half of the batch has finished, and the rest, each ``length`` tokens long, is
        little enough to be read again at once."""
        running = len(self._running)
        return 2 * running <= len(self._batch) and running * length <= _REREAD_TOKENS

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        numbers = [self._streams[row].next() for row in self._batch]
        uniforms = torch.tensor(numbers, dtype=torch.float64)
        tokens = draw(scores, self._sampling.temperature, self._sampling.top_p, uniforms)
        if self._on_tokens is not None:
            self._on_tokens(len(self._running))
        for row, token in zip(self._batch, tokens.tolist(), strict=True):
            if row not in self._running:
                continue
            self.drawn[row].append(token)
            full = len(self.drawn[row]) == self._sampling.max_tokens
            if full or token in self._end_ids:
                self._running.discard(row)
                self._finish(row, self.drawn[row])
        standing = torch.full_like(scores, float("-inf"))
        return standing.scatter_(-1, tokens.unsqueeze(-1), 0.0)


class _Thinned(StoppingCriteria):  # type: ignore[misc]
    """Ends a batch that is no longer worth going on with."""

    def __init__(self, drawing: _Drawing) -> None:
        self._drawing = drawing

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        rows, length = input_ids.shape
        ended = self._drawing.worth_a_new_batch(length)
        return torch.full((rows,), ended, device=input_ids.device)


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every id that ends a reply: the generation config's (often several) and the tokenizer's."""
    configured = model.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)


def _plain_generation(model: Any, tokenizer: Any, end_ids: frozenset[int]) -> GenerationConfig:
    """Greedy and bare. The model's own defaults (top-k, repetition penalty, …) are put aside,
    since the protocol alone says how tokens are drawn.
    """
    padding = tokenizer.pad_token_id
    if padding is None:
        padding = min(end_ids, default=0)
    plain = GenerationConfig(do_sample=False, eos_token_id=sorted(end_ids), pad_token_id=padding)
    model.generation_config = plain
    return plain


def _up_to(plain: GenerationConfig, max_tokens: int) -> GenerationConfig:
    config = copy.copy(plain)
    config.max_new_tokens = max_tokens
    return config


def _free_bytes(device: str) -> int:
    if device.startswith("cuda"):
        held = int(torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
        return int(torch.cuda.mem_get_info(device)[0]) + held
    return int(psutil.virtual_memory().available)
