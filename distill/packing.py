"""Examples that share a row without padding, none of which sees another.

The rows of a batch stand one behind the other in one long row, positions begin at 0 for each, and
attention is computed for each apart::

    ids        a  b  c  d  x  y  z
    positions  0  1  2  3  0  1  2      a … d is one example, x … z the next

A batch has as many tokens as its examples have, and scores are made of the positions alone whose
next token is trained on, where TRL, off a GPU, makes them of every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from sampling.cache import layer_windows

NAME = "each_apart"
SCORED = "scored_positions"
_UNKNOWN = ("position_bias", "s_aux", "sinks", "softcap", "cache")
_TRIED = 12
"""Tokens of an example with which a model is tried."""
_CLOSE = 0.02
"""How far, as a share, rounding may take a half-precision model's states."""


def attend_apart(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    example_ends: Sequence[int] | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention interface, over one row in which an example ends before each of
    ``example_ends``; without them a row is one example.

    ``query`` has shape ``[rows, heads, tokens, width]``, ``key`` and ``value`` ``[rows, groups,
    tokens, width]``; the result has shape ``[rows, tokens, heads, width of values]``. Raises
    NotImplementedError on masks, biases, sinks and soft caps.
    """
    given = [name for name in _UNKNOWN if options.get(name) is not None]
    if given or attention_mask is not None:
        raise NotImplementedError(f"attention with {', '.join(given) or 'a mask'}")
    known = {name: options[name] for name in ("dropout", "scaling") if name in options}
    parts = []
    for begin, end in pairwise([0, *(example_ends or [query.shape[2]])]):
        own = (states[:, :, begin:end] for states in (query, key, value))
        parts.append(sdpa_attention_forward(module, *own, None, **known)[0])
    return torch.cat(parts, dim=1), None


AttentionInterface.register(NAME, attend_apart)


def pack(rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
    """One row of all: ids and positions ``[1, tokens]``, the positions whose next token is trained
    on ``[trained]``, and these tokens ``[1, trained]``, as ``shift_labels`` and once more as
    ``labels``, by which transformers' Trainer counts them. Where examples end is said twice: to
    `attend_apart` in ``example_ends``, to flash attention in its own words.

    >>> batch = pack([{"prompt": [5, 6], "completion": [7]}, {"prompt": [5], "completion": [8, 9]}])
    >>> [batch[name].tolist() for name in ("input_ids", "position_ids", "shift_labels")]
    [[[5, 6, 7, 5, 8, 9]], [[0, 1, 2, 0, 1, 2]], [[7, 8, 9]]]
    >>> batch["scored_positions"].tolist(), batch["example_ends"]
    ([1, 3, 4], (3, 6))
    """
    lengths = [len(row["prompt"]) + len(row["completion"]) for row in rows]
    ends = [0, *accumulate(lengths)]
    scored = [
        begin + len(row["prompt"]) - 1 + n
        for begin, row in zip(ends, rows, strict=False)
        for n in range(len(row["completion"]))
    ]
    trained = torch.tensor([[token for row in rows for token in row["completion"]]])
    offsets = torch.tensor(ends, dtype=torch.int32)
    return {
        "input_ids": torch.tensor([[t for r in rows for t in (*r["prompt"], *r["completion"])]]),
        "position_ids": torch.cat([torch.arange(length) for length in lengths]).unsqueeze(0),
        "labels": trained,
        "shift_labels": trained,
        SCORED: torch.tensor(scored),
        "example_ends": tuple(ends[1:]),
        "cu_seq_lens_q": offsets,
        "cu_seq_lens_k": offsets,
        "max_length_q": max(lengths),
        "max_length_k": max(lengths),
    }


def learn_packing(model: Any, longest: int) -> bool:
    """Let a model read rows that examples of at most ``longest`` tokens share; ``False``, and the
    model as it was, when it cannot: what it keeps of a row is more than keys and values, its
    attention has biases, or a window shorter than an example.

    That is tried: in a row of two examples the second must give what it gives alone to the model as
    it came, and the very same whatever the first one says.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    windows = layer_windows(base.config.get_text_config())
    if windows is None or any(window is not None and window < longest for window in windows):
        return False
    before = base.config._attn_implementation
    words = base.get_input_embeddings().num_embeddings
    first, second, other = ([(at + n) % words for n in range(_TRIED)] for at in (0, 20, 40))
    try:
        alone = _states(base.base_model, [second])
        if not before.startswith("flash_attention"):
            base.set_attn_implementation(NAME)
        after, after_other = (_states(base.base_model, [one, second]) for one in (first, other))
    except (NotImplementedError, TypeError, ValueError):
        apart = False
    else:
        near = (after[_TRIED:] - alone).norm() <= _CLOSE * alone.norm()
        apart = bool(near) and torch.equal(after[_TRIED:], after_other[_TRIED:])
    if apart:
        base.base_model.register_forward_hook(_keep_scored, with_kwargs=True)
    else:
        base.set_attn_implementation(before)
    return apart


def _states(body: torch.nn.Module, rows: Sequence[list[int]]) -> torch.Tensor:
    """What the last layer says of each token of rows in one: ``[tokens, width]``."""
    batch = pack([{"prompt": row[:1], "completion": row[1:]} for row in rows])
    device = next(body.parameters()).device
    given = {
        name: value.to(device) if isinstance(value, torch.Tensor) else value
        for name, value in batch.items()
        if name not in ("labels", "shift_labels", SCORED)
    }
    was_training = body.training
    body.eval()
    try:
        with torch.no_grad():
            states: torch.Tensor = body(**given, use_cache=False).last_hidden_state[0]
    finally:
        body.train(was_training)
    return states.float()


def _keep_scored(
    _: torch.nn.Module, __: tuple[Any, ...], given: Mapping[str, Any], output: Any
) -> Any:
    """The head reads the positions that are scored, and no others."""
    if (scored := given.get(SCORED)) is not None:
        output.last_hidden_state = output.last_hidden_state[:, scored]
    return output
