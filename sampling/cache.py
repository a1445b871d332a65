"""Keys and values of a batch of rows, in blocks that are there before they are needed.

Every row writes its next token into the same column, so a step is one copy into a slice and what
attention reads is a view. Rows that are shorter begin at a later column::

    column   0  1  2  3  4  5  6 | 7
    row 0    .  .  a  b  c  d  e | next
    row 1    .  .  .  .  x  y  z | next          first = 2, next = 7

transformers' own cache grows by `torch.cat`, which copies everything at every token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import CacheLayerMixin, DynamicLayer, DynamicSlidingWindowLayer

BLOCK = 128
"""Columns by which a cache grows at least."""


@dataclass
class Columns:
    """Which columns are in use, the same in all layers: from ``first`` up to before ``next``."""

    rows: int
    capacity: int
    first: int = 0
    next: int = 0


class RowCache(Cache):  # type: ignore[misc]
    """The cache of ``rows`` rows. ``windows`` holds each layer's sliding window, ``None`` where
    the layer sees everything.

    The owner sets ``columns.next`` forward after each pass of the model.
    """

    layers: list[_RowLayer]

    def __init__(self, windows: Sequence[int | None], rows: int, capacity: int) -> None:
        self.columns = Columns(rows=rows, capacity=capacity)
        super().__init__(layers=[_RowLayer(self.columns, window) for window in windows])

    def copy_rows(self, sources: Sequence[int], targets: Sequence[int]) -> None:
        """Rows take the places of others; the two sets have nothing in common."""
        used = slice(self.columns.first, self.columns.next)
        for tensor in self.tensors():
            for source, target in zip(sources, targets, strict=True):
                tensor[target, :, used] = tensor[source, :, used]

    def move_row(self, row: int, columns: slice, end: int) -> None:
        """What ``row`` has in ``columns`` ends before ``end`` afterwards."""
        target = slice(end - (columns.stop - columns.start), end)
        if target.start != columns.start:
            for tensor in self.tensors():
                tensor[row, :, target] = tensor[row, :, columns].clone()

    def adopt(self, rows: slice, other: RowCache, row: int, columns: slice) -> None:
        """``rows`` begin with the ``columns`` that ``other`` holds of one ``row``: they end where
        the next token goes.
        """
        end = self.columns.next
        start = end - (columns.stop - columns.start)
        for mine, theirs in zip(self.layers, other.layers, strict=True):
            mine.begin_like(theirs)
            mine.keys[rows, :, start:end] = theirs.keys[row, :, columns]
            mine.values[rows, :, start:end] = theirs.values[row, :, columns]

    def make_room(self, margin: int, most: int) -> int:
        """Before the next column would be beyond the last: move everything to the front, where
        ``margin`` columns stay free or in use, and grow when that leaves less than a quarter free,
        but not beyond ``most``. Returns by how many columns everything moved, mostly 0.
        """
        columns = self.columns
        if columns.next < columns.capacity:
            return 0
        before = columns.next
        used = columns.next - columns.first
        end = max(margin, used)
        if end > columns.capacity * 3 // 4:
            columns.capacity = min(most, end + max(BLOCK, end // 2))
        for layer in self.layers:
            layer.move(slice(columns.first, columns.next), end)
        columns.first, columns.next = end - used, end
        return end - before

    def tensors(self) -> list[torch.Tensor]:
        return [t for layer in self.layers if layer.is_initialized for t in layer.tensors()]


class _RowLayer(CacheLayerMixin):  # type: ignore[misc]
    def __init__(self, columns: Columns, window: int | None) -> None:
        super().__init__()
        self._columns = columns
        self._window = window
        self.is_sliding = window is not None
        self.keys: torch.Tensor
        self.values: torch.Tensor

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.keys, self.values

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        rows, capacity = self._columns.rows, self._columns.capacity
        # zeros, since what was never written is masked by adding to it: it must be a number
        self.keys, self.values = (
            states.new_zeros(rows, states.shape[1], capacity, states.shape[3])
            for states in (key_states, value_states)
        )
        self.is_initialized = True

    def begin_like(self, other: _RowLayer) -> None:
        if not self.is_initialized:
            self.lazy_initialization(other.keys, other.values)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        rows, _, tokens, _ = key_states.shape
        start, end = self._columns.next, self._columns.next + tokens
        self.keys[:rows, :, start:end] = key_states
        self.values[:rows, :, start:end] = value_states
        seen = slice(self._first_seen(), end)
        return self.keys[:rows, :, seen], self.values[:rows, :, seen]

    def move(self, used: slice, end: int) -> None:
        """What stands in the columns ``used`` ends before ``end`` afterwards."""
        if not self.is_initialized:
            return
        old = self.tensors()
        if self.keys.shape[2] != self._columns.capacity:
            self.lazy_initialization(*old)
        target = slice(end - (used.stop - used.start), end)
        for mine, theirs in zip(self.tensors(), old, strict=True):
            moved = theirs[:, :, used]
            mine[:, :, target] = moved.clone() if mine is theirs else moved

    def get_seq_length(self) -> int:
        return self._columns.next - self._columns.first

    def get_max_length(self) -> int:
        return -1

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Number of columns that attention is given, and how many before them it is not."""
        seen = self._first_seen()
        return self._columns.next + query_length - seen, seen - self._columns.first

    def _first_seen(self) -> int:
        columns = self._columns
        if self._window is None:
            return columns.first
        return max(columns.first, columns.next - self._window + 1)


def layer_windows(config: Any) -> list[int | None] | None:
    """Each layer's sliding window as transformers would cache it, ``None`` for full attention.

    ``None`` altogether when a layer keeps something else than keys and values.
    """
    layers = DynamicCache(config=config).layers
    if not layers or any(type(x) not in (DynamicLayer, DynamicSlidingWindowLayer) for x in layers):
        return None
    return [getattr(layer, "sliding_window", None) for layer in layers]
