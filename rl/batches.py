"""From a rollout to the batches of its optimiser steps, without padding that nobody reads.

TRL pads every row to the longest prompt and the longest completion of the whole rollout. Here the
rows of an optimiser step are ordered by length and each batch is cut to its own longest: the same
rows in the same step, so the same gradient where a batch's loss is a mean over rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

Rows = dict[str, Any]
_PROMPT = ("prompt_ids", "prompt_mask")


def cut(rows: Mapping[str, Any]) -> Rows:
    """Without the columns that are padding in every row: left of prompts, right of completions.

    >>> one = {"prompt_ids": torch.tensor([[0, 5]]), "prompt_mask": torch.tensor([[0, 1]])}
    >>> one |= {"completion_ids": torch.tensor([[7, 8, 0]])}
    >>> one |= {"completion_mask": torch.tensor([[1, 1, 0]]), "advantages": torch.ones(1)}
    >>> {name: tuple(t.shape) for name, t in cut(one).items()}  # doctest: +NORMALIZE_WHITESPACE
    {'prompt_ids': (1, 1), 'prompt_mask': (1, 1), 'completion_ids': (1, 2),
     'completion_mask': (1, 2), 'advantages': (1,)}
    """
    width = rows["completion_ids"].shape[1]
    prompt = max(1, int(rows["prompt_mask"].sum(dim=1).max()))
    length = max(1, int(lengths(rows).max()))
    return {
        name: value
        if not torch.is_tensor(value) or value.dim() < 2
        else value[:, -prompt:]
        if name in _PROMPT
        else value[:, :length]
        if value.shape[1] == width
        else value
        for name, value in rows.items()
    }


def lengths(rows: Mapping[str, Any]) -> torch.Tensor:
    """Tokens of each completion: ``[rows]``. A row that is masked out counts as it stands."""
    mask = rows["completion_mask"]
    places = torch.arange(1, mask.shape[1] + 1, device=mask.device)
    longest: torch.Tensor = (mask * places).amax(dim=1)
    return longest


def take(rows: Mapping[str, Any], chosen: torch.Tensor) -> Rows:
    """The rows of these numbers; what belongs to all of them stays."""
    return {
        name: value[chosen] if torch.is_tensor(value) and value.dim() > 0 else value
        for name, value in rows.items()
    }


def split(
    rows: Mapping[str, Any],
    steps: int,
    batches: int,
    kept: torch.Tensor,
    by_length: bool,
) -> list[Rows]:
    """The batches of ``steps`` optimiser steps, ``batches`` each, of the rows that are ``kept``.

    Rows belong to the step that their place gives them. ``share`` is what part of a full batch's
    rows a batch holds: a mean over its rows times that is its part of the mean over all. A batch
    that keeps no row holds one with share 0, so that every process has something to differentiate.
    ``weight`` is what part of an even share of its step's tokens it holds: a mean over its tokens
    times that is its part of the mean over the step's. Where none is kept there is no such mean.
    """
    number = rows["completion_ids"].shape[0]
    full = number // (steps * batches)
    tokens = lengths(rows)
    made = []
    for step in range(steps):
        of_step = torch.arange(step * full * batches, (step + 1) * full * batches)
        chosen = of_step[kept[of_step]]
        if by_length:
            chosen = chosen[tokens[chosen].sort(stable=True).indices]
        for part in torch.tensor_split(chosen, batches):
            share = len(part) / full
            of_all = float(tokens[chosen].sum())
            weight = batches * float(tokens[part].sum()) / of_all if of_all else math.nan
            if not len(part):
                part = of_step[tokens[of_step].argmin()].unsqueeze(0)
            made.append({**cut(take(rows, part)), "share": share, "weight": weight})
    return made


def exchange(
    rows: Mapping[str, Any],
    target: torch.Tensor,
    others: Mapping[str, Any],
    source: torch.Tensor,
) -> Rows:
    """``rows`` with those at ``target`` replaced by those at ``source`` of ``others``."""
    first, second = _as_wide(rows, others)
    for name, value in first.items():
        if torch.is_tensor(value) and value.dim() > 0:
            first[name] = value.clone()
            first[name][target] = second[name][source]
    return first


def members(groups: torch.Tensor, size: int) -> torch.Tensor:
    """The rows of groups of a size.

    >>> members(torch.tensor([0, 2]), 2)
    tensor([0, 1, 4, 5])
    """
    within = torch.arange(size, device=groups.device)
    return (groups.unsqueeze(1) * size + within).flatten()


def gather(rows: Mapping[str, Any], accelerator: Any) -> Rows:
    """The rows of all processes, in their order, padded to the widest."""
    made = {}
    for name, value in rows.items():
        if not torch.is_tensor(value) or value.dim() == 0:
            made[name] = value
            continue
        if value.dim() > 1:
            left = name in _PROMPT
            value = accelerator.pad_across_processes(value, dim=1, pad_first=left)
        made[name] = accelerator.gather(value)
    return made


def _as_wide(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Rows, Rows]:
    """Both padded to the wider of the two, prompts on the left."""
    widths = {
        name: max(one[name].shape[1], other[name].shape[1])
        for name, value in one.items()
        if torch.is_tensor(value) and value.dim() == 2
    }

    def padded(rows: Mapping[str, Any]) -> Rows:
        made = dict(rows)
        for name, width in widths.items():
            lacking = width - rows[name].shape[1]
            sides = (lacking, 0) if name in _PROMPT else (0, lacking)
            made[name] = torch.nn.functional.pad(rows[name], sides)
        return made

    return padded(one), padded(other)
