"""Log-probabilities of text that is there already: for rewards, KL and filters.

What several texts begin with is read once, as in sampling, and kept until the last of them is
scored. Then the texts go through the same kind
of cache, some columns at a time, so that the scores of the whole vocabulary never stand in memory
for more than a few hundred tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from sampling.cache import RowCache
from sampling.reading import Read, read
from sampling.trunks import Trunk, share

Ids = Sequence[int]

_SCORES = 1 << 25
"""Scores of the vocabulary held at once: 128 MiB in float32."""
_ROWS = 64


def score_shared(
    model: Any,
    windows: Sequence[int | None],
    reads: Sequence[Ids],
    given: Sequence[Ids],
    temperature: float,
    rows: int,
) -> list[list[float]]:
    """The log-probability of each id in ``given`` after what was read and given before it, at a
    temperature: as many lists as texts, each as long as its text. No list in ``reads`` is empty.
    At most ``rows`` go at once, and of as many is kept what their texts begin with.
    """
    scores: list[list[float]] = [[] for _ in given]
    with torch.inference_mode():
        for lot in _lots(share(reads), given, rows):
            kept = {id(trunk): where for trunk, where in read(model, windows, lot)}
            members = [(trunk, *member) for trunk in lot for member in trunk.members]
            members.sort(key=lambda member: len(given[member[1]]))
            at_once = min(_ROWS, rows)
            for start in range(0, len(members), at_once):
                batch = members[start : start + at_once]
                feeds = [[*reads[n][length:], *given[n][:-1]] for _, n, length in batch]
                targets = [given[n] for _, n, _ in batch]
                places = [(kept.get(id(trunk)), length) for trunk, _, length in batch]
                told = _score_batch(model, windows, places, feeds, targets, temperature)
                for (_, number, _), one in zip(batch, told, strict=True):
                    scores[number] = one
    return scores


def _lots(trunks: Sequence[Trunk], given: Sequence[Ids], rows: int) -> Iterator[list[Trunk]]:
    """Trunks that are kept at the same time: as many as have ``rows`` members with a text. One with
    more is alone.
    """
    lot: list[Trunk] = []
    number = 0
    for trunk in trunks:
        members = [member for member in trunk.members if given[member[0]]]
        if not members:
            continue
        if lot and number + len(members) > rows:
            yield lot
            lot, number = [], 0
        lot.append(Trunk(trunk.ids, members))
        number += len(members)
    if lot:
        yield lot


def _score_batch(
    model: Any,
    windows: Sequence[int | None],
    places: Sequence[tuple[Read | None, int]],
    feeds: Sequence[Ids],
    targets: Sequence[Ids],
    temperature: float,
) -> list[list[float]]:
    """``places`` say which columns each row begins with; ``feeds`` are read after them."""
    margin = max(length for _, length in places)
    longest = max(map(len, feeds))
    cache = RowCache(windows, len(feeds), margin + longest)
    cache.columns.first = cache.columns.next = margin
    for row, (where, length) in enumerate(places):
        if where is not None and length:
            columns = slice(where.start, where.start + length)
            cache.adopt(slice(row, row + 1), where.cache, where.row, columns)
    starts = torch.tensor([margin - length for _, length in places])
    cache.columns.first = int(starts.min())
    ids, last = _padded(feeds), torch.tensor([len(feed) - 1 for feed in feeds])
    wanted = _padded(
        [[0] * (len(f) - len(t)) + list(t) for f, t in zip(feeds, targets, strict=True)]
    )
    lengths = torch.tensor([length for _, length in places])
    step = max(1, _SCORES // (len(feeds) * model.config.get_text_config().vocab_size))
    parts = []
    for begin in range(0, longest, step):
        columns = torch.arange(begin, min(begin + step, longest))
        # padding stands at the end, where nothing looks at it; its position must only exist
        positions = lengths.unsqueeze(-1) + torch.minimum(columns, last.unsqueeze(-1))
        seen = torch.arange(cache.columns.first, margin + int(columns[-1]) + 1)
        output = model(
            input_ids=ids[:, columns].to(model.device),
            attention_mask=(seen >= starts.unsqueeze(-1)).to(model.device),
            position_ids=positions.to(model.device),
            past_key_values=cache,
            use_cache=True,
        )
        cache.columns.next += len(columns)
        parts.append(_of(output.logits, wanted[:, columns], temperature))
    logprobs = torch.cat(parts, dim=-1)
    return [
        logprobs[row, len(feed) - len(target) : len(feed)].tolist()
        for row, (feed, target) in enumerate(zip(feeds, targets, strict=True))
    ]


def score_plain(
    model: Any, reads: Sequence[Ids], given: Sequence[Ids], temperature: float
) -> list[list[float]]:
    """The same, one text at a time and without a cache, for any model."""
    scores = []
    for before, text in zip(reads, given, strict=True):
        ids = torch.tensor([[*before, *text]], device=model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, use_cache=False).logits[:, len(before) - 1 : -1]
            scores.append(_of(logits, ids[:, len(before) :], temperature)[0].tolist())
    return scores


def _of(logits: torch.Tensor, ids: torch.Tensor, temperature: float) -> torch.Tensor:
    """Log-probabilities of ``ids``, ``[rows, tokens]``, on the CPU. Few tokens at once are brought
    to float32, so that the scores stand in memory once.
    """
    few = max(1, _SCORES // 16 // logits.shape[-1])
    told = []
    for some, drawn in zip(logits.flatten(0, 1).split(few), ids.flatten().split(few), strict=True):
        scores = some.float() / (temperature or 1.0)
        chosen = scores.gather(-1, drawn.to(scores.device).unsqueeze(-1)).squeeze(-1)
        told.append((chosen - scores.logsumexp(dim=-1)).cpu())
    return torch.cat(told).view(ids.shape)


def _padded(lists: Sequence[Ids]) -> torch.Tensor:
    width = max(map(len, lists))
    return torch.tensor([[*ids, *[0] * (width - len(ids))] for ids in lists])
