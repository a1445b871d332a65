"""The embedded engine: any decoder-only model that transformers loads, driven by our own loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch

from sampling import tokens
from sampling.choose import SamplerName, choose
from sampling.draw import Stream
from sampling.engine import (
    TINY,
    Completion,
    EngineFacts,
    OnFinish,
    OnTokens,
    Request,
    Sampling,
)
from sampling.loading import DType, ModelPlace, load
from sampling.loop import Loop
from sampling.memory import free_bytes, out_of_memory_at
from sampling.packed import pack
from sampling.rows import Row
from sampling.tokenized import Tokenized

_MEMORY_SHARE = 0.8  # of what is free now


@cache
def _all_threads() -> int:
    """Those that the process began with, before an engine took fewer."""
    return int(torch.get_num_threads())


class TransformersEngine(Tokenized):
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
        sampler: SamplerName = "auto",
    ) -> None:
        loaded = load(place, dtype=dtype, device=device)
        tiny = loaded.parameters < TINY
        torch.set_num_threads(threads or (min(_all_threads(), 4) if tiny else _all_threads()))
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        if not tiny:  # below it the call costs more than the product
            pack(self._model)
        self._end_ids = tokens.end_ids(self._model.generation_config, self._tokenizer)
        padding = self._tokenizer.pad_token_id
        if padding is None:
            padding = min(self._end_ids, default=0)
        self.ends = tuple(self._tokenizer.convert_ids_to_tokens(sorted(self._end_ids)))
        self.padding: str | None = self._tokenizer.pad_token
        self._sampler, why_not = choose(self._model, self._end_ids, padding, sampler)
        config = self._model.config.get_text_config()
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
            sampler="loop" if isinstance(self._sampler, Loop) else "generate",
            notices=()
            if why_not is None
            else (f"{label} is sampled by transformers' generate, which is slower: {why_not}",),
        )

    def rows_that_fit(self, prompt_tokens: int, max_tokens: int) -> int:
        per_row = self._sampler.bytes_per_row(prompt_tokens, max_tokens)
        return max(1, int(free_bytes(self.facts.device) * _MEMORY_SHARE / per_row))

    def sample(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        on_finish: OnFinish,
        on_tokens: OnTokens | None = None,
        rows: int | None = None,
    ) -> None:
        at_once = rows or len(requests)
        asked: dict[int, Request] = {}

        def row_of(request: Request) -> Row:
            row = Row(
                [*self._encode(request.prompt), *request.given],
                Stream(request.seed, request.drawn),
                sampling.max_tokens if request.max_tokens is None else request.max_tokens,
                self._until(request),
            )
            asked[id(row)] = request
            return row

        def finish(row: Row) -> Row | None:
            request = asked[id(row)]
            assert row.finish_reason is not None
            completion = Completion(
                text=self.decode(row.ids),
                finish_reason=row.finish_reason,
                token_ids=tuple(row.ids),
                prompt_tokens=len(row.read) - len(request.given),
                completion_tokens=len(row.ids),
                token_source="ids",
                logprobs=tuple(row.logprobs) if sampling.logprobs else None,
            )
            follower = on_finish(request, completion)
            del asked[id(row)]
            return None if follower is None else row_of(follower)

        samples = [row_of(request) for request in requests]
        longest = max((len(row.read) + row.max_tokens for row in samples), default=0)
        with out_of_memory_at(f"{at_once} rows of {longest} tokens"):
            self._sampler.run(samples, sampling, at_once, finish, on_tokens)

    def score(
        self, requests: Sequence[Request], temperature: float = 1.0
    ) -> list[tuple[float, ...]]:
        reads = [self._encode(request.prompt) for request in requests]
        given = [request.given for request in requests]
        prompt, text = (max(map(len, ids), default=0) for ids in (reads, given))
        rows = self.rows_that_fit(prompt, text)
        with out_of_memory_at(f"{min(rows, len(reads))} texts of {prompt + text} tokens"):
            return [tuple(one) for one in self._sampler.score(reads, given, temperature, rows)]

    def _until(self, request: Request) -> Callable[[Sequence[int]], bool] | None:
        until = request.until
        return None if until is None else lambda ids: until(self.decode(ids))
