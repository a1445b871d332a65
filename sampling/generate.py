"""Drawing over transformers' `generate`, for models that the loop cannot drive.

`generate` is asked for greedy decoding, and one logits processor of ours draws each row's token
and leaves only that one standing. So every architecture, cache and quantization that transformers
knows works, and each sample keeps a random stream of its own. Rows that have finished go on
computing until half of their batch stops. A model whose positions depend on the batch
(`sampling.positions`) goes one row at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from sampling.draw import draw
from sampling.engine import OnTokens, Sampling
from sampling.positions import forget_longest, moving
from sampling.rows import OnRow, Row, logit_bytes, take
from sampling.scoring import score_plain

_REREAD_TOKENS = 32_768


class Generate:
    """The `sampling.rows.Sampler` of any model that has `generate`."""

    def __init__(self, model: Any, end_ids: frozenset[int], padding: int) -> None:
        self._model = model
        self._end_ids = end_ids
        self._alone = moving(model) is not None
        # greedy and bare: the model's own defaults (top-k, repetition penalty, …) are put aside,
        # since the protocol alone says how tokens are drawn
        self._plain = GenerationConfig(
            do_sample=False, eos_token_id=sorted(end_ids), pad_token_id=padding
        )
        model.generation_config = self._plain

    def run(
        self,
        rows: Sequence[Row],
        sampling: Sampling,
        places: int,
        on_finish: OnRow,
        on_tokens: OnTokens | None = None,
    ) -> None:
        """Batches of ``places`` rows, one after the other; those that follow come last."""
        places = 1 if self._alone else places
        following: list[Row] = []

        def finish(row: Row) -> None:
            if (follower := on_finish(row)) is not None:
                following.append(follower)

        while rows:
            for start in range(0, len(rows), places):
                running = list(rows[start : start + places])
                while running:
                    drawing = _Drawing(running, sampling, self._end_ids, finish, on_tokens)
                    most = min(row.max_tokens - len(row.ids) for row in running)
                    self._generate(running, most, drawing)
                    running = [row for row in running if not row.finished]
            rows, following = following, []

    def bytes_per_row(self, prompt_tokens: int, max_tokens: int) -> int:
        config = self._model.config.get_text_config()
        # a state-space model has no heads: planned as if its state grew, which is too much
        queries = getattr(config, "num_attention_heads", None) or 1
        heads = getattr(config, "num_key_value_heads", None) or queries
        width = getattr(config, "head_dim", None) or config.hidden_size // queries
        per_token = 2 * config.num_hidden_layers * heads * width * self._model.dtype.itemsize
        # a layer's cache is copied as it grows, and what was freed before may lie in pieces
        return int(1.4 * per_token * (prompt_tokens + max_tokens)) + logit_bytes(self._model)

    def score(
        self,
        reads: Sequence[Sequence[int]],
        given: Sequence[Sequence[int]],
        temperature: float,
        places: int,
    ) -> list[list[float]]:
        """One text at a time."""
        scores = []
        for before, text in zip(reads, given, strict=True):
            if self._alone:
                forget_longest(self._model)
            scores += score_plain(self._model, [before], [text], temperature)
        return scores

    def _generate(self, rows: Sequence[Row], max_tokens: int, drawing: _Drawing) -> None:
        """Go on from what each row has read and drawn, until ``drawing`` stops it."""
        read = [[*row.read, *row.ids] for row in rows]
        width = max(len(ids) for ids in read)
        padding = self._plain.pad_token_id
        input_ids = torch.tensor([[padding] * (width - len(ids)) + ids for ids in read])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in read])
        config = copy.copy(self._plain)
        config.max_new_tokens = max_tokens
        if self._alone:
            forget_longest(self._model)
        with torch.inference_mode():
            self._model.generate(
                input_ids=input_ids.to(self._model.device),
                attention_mask=mask.to(self._model.device),
                generation_config=config,
                logits_processor=LogitsProcessorList([drawing]),
                stopping_criteria=StoppingCriteriaList([_Thinned(drawing)]),
            )


class _Drawing(LogitsProcessor):  # type: ignore[misc]
    """Draws each row's next token, and leaves only that one standing."""

    def __init__(
        self,
        rows: Sequence[Row],
        sampling: Sampling,
        end_ids: frozenset[int],
        on_finish: OnRow,
        on_tokens: OnTokens | None,
    ) -> None:
        self._rows = rows
        self._sampling = sampling
        self._end_ids = end_ids
        self._on_finish = on_finish
        self._on_tokens = on_tokens

    def worth_a_new_batch(self, length: int) -> bool:
        """Whether half of the batch has finished, and the rest, each ``length`` tokens long, is
        little enough to be read again at once."""
        running = sum(not row.finished for row in self._rows)
        return 2 * running <= len(self._rows) and running * length <= _REREAD_TOKENS

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        running = [None if row.finished else row for row in self._rows]
        uniforms = [0.5 if row is None else row.stream.next() for row in running]
        drawn = draw(scores, self._sampling, torch.tensor(uniforms, dtype=torch.float64))
        if self._on_tokens is not None:
            self._on_tokens(sum(row is not None for row in running))
        take(running, drawn, self._end_ids, self._on_finish)
        standing = torch.full_like(scores, float("-inf"))
        return standing.scatter_(-1, drawn.tokens.to(scores.device).unsqueeze(-1), 0.0)


class _Thinned(StoppingCriteria):  # type: ignore[misc]
    """Ends a batch that is no longer worth going on with."""

    def __init__(self, drawing: _Drawing) -> None:
        self._drawing = drawing

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        rows, length = input_ids.shape
        ended = self._drawing.worth_a_new_batch(length)
        return torch.full((rows,), ended, device=input_ids.device)
