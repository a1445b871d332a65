"""Reading what rows begin with, several trunks at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sampling.cache import RowCache
from sampling.trunks import Trunk

_TOKENS = {"cpu": 512}
_TOKENS_OTHERWISE = 8192
"""Read at once: enough to keep the device busy, few enough to need little padding, and that the
mask of a long trunk, which has as many columns as it, does not grow with the square.
"""


@dataclass(frozen=True)
class Read:
    """Where a trunk's keys and values are: a row of ``cache``, in the columns from ``start``."""

    cache: RowCache
    row: int
    start: int


def read(
    model: Any, windows: Sequence[int | None], trunks: Sequence[Trunk]
) -> Iterator[tuple[Trunk, Read]]:
    """Each trunk with what the model keeps of it. Trunks come longest first."""
    trunks = [trunk for trunk in trunks if trunk.ids]
    while trunks:
        number = max(1, _most(model) // len(trunks[0].ids))
        together, trunks = trunks[:number], trunks[number:]
        yield from _read_together(model, windows, together)


def _read_together(
    model: Any, windows: Sequence[int | None], trunks: Sequence[Trunk]
) -> Iterator[tuple[Trunk, Read]]:
    width = max(len(trunk.ids) for trunk in trunks)
    padding = [width - len(trunk.ids) for trunk in trunks]
    cache = RowCache(windows, len(trunks), width)
    ids = torch.tensor([[0] * pad + list(t.ids) for pad, t in zip(padding, trunks, strict=True)])
    positions = torch.arange(width) - torch.tensor(padding).unsqueeze(-1)
    most = _most(model)
    for begin in range(0, width, most):
        end = min(begin + most, width)
        model(
            input_ids=ids[:, begin:end].to(model.device),
            attention_mask=(positions[:, :end] >= 0).to(model.device),
            position_ids=positions[:, begin:end].clamp(min=0).to(model.device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache.columns.next = end
    for row, (trunk, pad) in enumerate(zip(trunks, padding, strict=True)):
        yield trunk, Read(cache, row, pad)


def _most(model: Any) -> int:
    return _TOKENS.get(model.device.type, _TOKENS_OTHERWISE)
