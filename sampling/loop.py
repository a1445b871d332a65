"""The sampling loop: many rows at once over a model's `forward`, with a cache of our own.

A prompt is read once for all of its samples. Rows that finish leave the batch, and others of the
same group take their place::

    waiting   p1 p1 p1 p2 p2 …        p1 and p2 are read once; each sample begins as a copy
    batch     p0 p0 p0 p0 p1 p1 p1    one token for every row at each step
    finished  p0 …                    the last row of the batch moves into its place

What a batch holds at each step follows from the requests alone, so the same requests give the same
sums and the same text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch

from sampling.cache import BLOCK, RowCache
from sampling.draw import draw
from sampling.engine import OnTokens, Sampling
from sampling.reading import Read, read
from sampling.rows import OnRow, Row, logit_bytes, take
from sampling.scoring import score_shared
from sampling.trunks import Trunk, common, share

_FILL = 8
"""New rows join when one place in so many is free."""
_CLOSE = 16
"""Finished rows leave when they are one in so many."""


class Loop:
    """Draws rows from a decoder-only model whose attention is `sampling.attention.NAME`.

    ``windows`` is what `sampling.cache.layer_windows` says of the model.
    """

    def __init__(self, model: Any, windows: Sequence[int | None], end_ids: frozenset[int]) -> None:
        self._model = model
        self._windows = windows
        self._end_ids = end_ids

    def run(
        self,
        rows: Sequence[Row],
        sampling: Sampling,
        places: int,
        on_finish: OnRow,
        on_tokens: OnTokens | None = None,
    ) -> None:
        """At most ``places`` rows go at once; the others wait."""
        if not rows:
            return
        with torch.inference_mode():
            batch = _Batch(self._model, self._windows, rows, min(places, len(rows)))
            while batch.fill():
                logits = batch.step()
                drawing = batch.drawing()
                uniforms = [0.5 if row is None else row.stream.next() for row in drawing]
                drawn = draw(logits, sampling, torch.tensor(uniforms, dtype=torch.float64))
                if on_tokens is not None:
                    on_tokens(sum(row is not None for row in drawing))
                following = take(drawing, drawn, self._end_ids, on_finish)
                batch.go_on(drawn.tokens, following)

    def bytes_per_row(self, prompt_tokens: int, max_tokens: int) -> int:
        with torch.inference_mode():
            (_, probe), *_ = read(self._model, self._windows, [Trunk([0])])
        per_token = sum(tensor.nbytes for tensor in probe.cache.tensors())
        # the prompt as it was read and as the row's own; one layer is there twice as it grows
        tokens = 2 * prompt_tokens + max_tokens + BLOCK
        return int((1 + 1 / len(self._windows)) * per_token * tokens) + logit_bytes(self._model)

    def score(
        self,
        reads: Sequence[Sequence[int]],
        given: Sequence[Sequence[int]],
        temperature: float,
        places: int,
    ) -> list[list[float]]:
        return score_shared(self._model, self._windows, reads, given, temperature, places)


@dataclass(frozen=True)
class _Waiting:
    """A row that has no place yet: it begins with ``length`` ids of a trunk."""

    trunk: Trunk
    row: Row
    length: int


class _Batch:
    """The rows that go at once, each in its place, and those that wait."""

    def __init__(
        self,
        model: Any,
        windows: Sequence[int | None],
        rows: Sequence[Row],
        places: int,
    ) -> None:
        self._model = model
        self._windows = windows
        self._places = places
        trunks = share([row.read for row in rows])
        self._waiting = deque(
            _Waiting(trunk, rows[number], length)
            for trunk in trunks
            for number, length in trunk.members
        )
        self._reads: dict[int, Read] = {}
        self._margin = len(trunks[0].ids)
        self._cache = RowCache(windows, places, self._margin + BLOCK)
        self._most_columns = max(len(row.read) + row.max_tokens for row in rows) + BLOCK
        self._cache.columns.first = self._cache.columns.next = self._margin
        self.rows: list[Row] = []
        self._feeds: dict[int, list[int]] = {}
        self._forgotten = 0
        self._tokens, self._starts, self._positions = (self._ids([]) for _ in range(3))

    def fill(self) -> bool:
        """Let waiting rows take free places, if that is worth it. Whether there is any row."""
        free = self._places - len(self.rows)
        if self._waiting and free * _FILL >= self._places:
            number = min(free, len(self._waiting))
            self._begin([self._waiting.popleft() for _ in range(number)])
        return bool(self.rows)

    def step(self) -> torch.Tensor:
        """One token for every row; returns the scores of the next: ``[rows, vocabulary]``."""
        columns = self._cache.columns
        seen = torch.arange(columns.first, columns.next + 1, device=self._model.device)
        output = self._model(
            input_ids=self._tokens.unsqueeze(-1),
            attention_mask=seen >= self._starts.unsqueeze(-1),
            position_ids=self._positions.unsqueeze(-1),
            past_key_values=self._cache,
            use_cache=True,
        )
        columns.next += 1
        self._positions += 1
        scores: torch.Tensor = output.logits[:, -1]
        return scores

    def drawing(self) -> list[Row | None]:
        """The rows that draw, in their places: they have read all, and have not finished."""
        return [
            None if row.finished or place in self._feeds else row
            for place, row in enumerate(self.rows)
        ]

    def go_on(self, drawn: torch.Tensor, following: Mapping[int, Row]) -> None:
        """The next step reads the tokens ``drawn``, or what a row is still to read. Rows that
        follow finished ones begin in their places.
        """
        self._tokens = drawn.to(self._model.device)
        for place, feed in list(self._feeds.items()):
            self._tokens[place] = feed.pop()
            if not feed:
                del self._feeds[place]
        for place, row in following.items():
            self._follow(place, row)
        finished = [place for place, row in enumerate(self.rows) if row.finished]
        if finished and len(finished) * _CLOSE >= len(self.rows):
            self._close()
        elif len(finished) > self._forgotten:
            self._forget(finished)
        shift = self._cache.make_room(self._margin, self._most_columns)
        if shift:
            self._starts += shift

    def _begin(self, waiting: Sequence[_Waiting]) -> None:
        """Put rows into the places after the last."""
        lacking = {id(w.trunk): w.trunk for w in waiting if id(w.trunk) not in self._reads}
        for trunk, kept in read(self._model, self._windows, list(lacking.values())):
            self._reads[id(trunk)] = kept
        place = len(self.rows)
        for (begun, length), alike in groupby(waiting, lambda w: (id(w.trunk), w.length)):
            end = place + len(list(alike))
            if length:
                kept = self._reads[begun]
                columns = slice(kept.start, kept.start + length)
                self._cache.adopt(slice(place, end), kept.cache, kept.row, columns)
            place = end
        ahead = id(self._waiting[0].trunk) if self._waiting else None
        self._reads = {key: kept for key, kept in self._reads.items() if key == ahead}
        for place, w in enumerate(waiting, start=len(self.rows)):
            if rest := list(w.row.read[w.length + 1 :]):
                self._feeds[place] = rest[::-1]
        self.rows += [w.row for w in waiting]
        lengths = self._ids([w.length for w in waiting])
        self._tokens = torch.cat([self._tokens, self._ids([w.row.read[w.length] for w in waiting])])
        self._starts = torch.cat([self._starts, self._cache.columns.next - lengths])
        self._positions = torch.cat([self._positions, lengths])
        self._cache.columns.first = int(self._starts.min())

    def _follow(self, place: int, row: Row) -> None:
        """``row`` keeps what it has in common with the row that ended in this place."""
        before = self.rows[place]
        there = [*before.read, *before.ids[:-1]]  # the last one drawn has not been read
        length = common(there, row.read[:-1])
        end = self._cache.columns.next
        start = end - len(there)
        self._cache.move_row(place, slice(start, start + length), end)
        self.rows[place] = row
        self._tokens[place] = row.read[length]
        self._starts[place] = end - length
        self._positions[place] = length
        if rest := list(row.read[length + 1 :]):
            self._feeds[place] = rest[::-1]
        self._cache.columns.first = int(self._starts.min())
        self._most_columns = max(self._most_columns, len(row.read) + row.max_tokens + BLOCK)

    def _forget(self, finished: Sequence[int]) -> None:
        """Rows that have finished and stay for a while begin anew: they hold no columns open, and
        their positions do not go beyond what the model knows.
        """
        places = self._ids(finished)
        self._starts[places] = self._cache.columns.next
        self._positions[places] = 0
        self._cache.columns.first = int(self._starts.min())
        self._forgotten = len(finished)

    def _close(self) -> None:
        """Take the finished rows out: the last ones move into their places."""
        self._forgotten = 0
        running = [place for place, row in enumerate(self.rows) if not row.finished]
        free = [place for place in range(len(running)) if self.rows[place].finished]
        last = [place for place in running if place >= len(running)]
        self._cache.copy_rows(last, free)
        order = list(range(len(running)))
        for source, target in zip(last, free, strict=True):
            order[target] = source
        self.rows = [self.rows[place] for place in order]
        self._feeds = {n: self._feeds[p] for n, p in enumerate(order) if p in self._feeds}
        chosen = self._ids(order)
        self._tokens, self._starts = self._tokens[chosen], self._starts[chosen]
        self._positions = self._positions[chosen]
        if running:
            self._cache.columns.first = int(self._starts.min())

    def _ids(self, numbers: Sequence[int]) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.long, device=self._model.device)
