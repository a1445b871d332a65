"""Attention for a step of one token a row, over grouped heads without copying them.

transformers' own attention copies the keys and values of each group once for every query head
whenever a mask is given. Here the queries of a group are the rows of one matrix product instead:
``[rows × groups, queries of a group, width]`` times ``[rows × groups, width, columns]``.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask

NAME = "grouped"
_UNKNOWN = ("position_bias", "s_aux", "sinks")


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    softcap: float | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention interface.

    ``query`` has shape ``[rows, heads, tokens, width]``, ``key`` and ``value`` ``[rows, groups,
    columns, width]``, the additive mask ``[rows, 1, tokens, columns]``; the result has shape
    ``[rows, tokens, heads, width of values]``. Raises NotImplementedError on biases and sinks.
    """
    if given := [name for name in _UNKNOWN if options.get(name) is not None]:
        raise NotImplementedError(f"attention with {', '.join(given)}")
    rows, heads, tokens, width = query.shape
    if tokens > 1 and softcap is None:
        attended, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling
        )
        return attended, None
    groups, columns = key.shape[1:3]
    scale = width**-0.5 if scaling is None else scaling
    queries = (query * scale).reshape(rows * groups, heads // groups * tokens, width)
    keys = key.reshape(rows * groups, columns, width)
    scores = torch.bmm(queries, keys.transpose(1, 2)).view(rows, heads, tokens, columns)
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    if attention_mask is not None:
        scores += attention_mask
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(value.dtype)
    values = value.reshape(rows * groups, columns, -1)
    attended = torch.bmm(weights.view(rows * groups, -1, columns), values)
    return attended.view(rows, heads, tokens, -1).transpose(1, 2), None


AttentionInterface.register(NAME, grouped_attention)
AttentionMaskInterface.register(NAME, eager_mask)
