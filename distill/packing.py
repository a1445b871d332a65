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

NAME = "each_apart"
ENDS = "cu_seq_lens_q"
SCORED = "scored_positions"
_UNKNOWN = ("position_bias", "s_aux", "sinks", "softcap", "cache")
_CLOSE = 0.02


def attend_apart(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    sliding_window: int | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention interface, over one row in which examples end at
    ``cu_seq_lens_q[1:]``; without it a row is one example.

    ``query`` has shape ``[rows, heads, tokens, width]``, ``key`` and ``value`` ``[rows, groups,
    tokens, width]``; the result has shape ``[rows, tokens, heads, width of values]``. Raises
    NotImplementedError on masks, biases, sinks and soft caps.
    """
    given = [name for name in _UNKNOWN if options.get(name) is not None]
    if given or attention_mask is not None:
        raise NotImplementedError(f"attention with {', '.join(given) or 'a mask'}")
    known = {name: options[name] for name in ("dropout", "scaling") if name in options}
    ends = [0, query.shape[2]] if cu_seq_lens_q is None else cu_seq_lens_q.tolist()
    parts = []
    for begin, end in pairwise(ends):
        mask = _band(end - begin, sliding_window, query.device)
        own = (states[:, :, begin:end] for states in (query, key, value))
        parts.append(sdpa_attention_forward(module, *own, mask, **known)[0])
    return torch.cat(parts, dim=1), None


def _band(tokens: int, window: int | None, device: torch.device) -> torch.Tensor | None:
    """What a window lets each token see: itself and ``window - 1`` before it."""
    if window is None or tokens <= window:
        return None
    back = torch.arange(tokens, device=device).unsqueeze(1) - torch.arange(tokens, device=device)
    return ((back >= 0) & (back < window))[None, None]


AttentionInterface.register(NAME, attend_apart)


def pack(rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
    """One row of all: ids and positions ``[1, tokens]``, where examples end ``[examples + 1]``, the
    positions whose next token is trained on ``[trained]``, and these tokens ``[1, trained]``, as
    ``shift_labels`` and once more as ``labels``, by which transformers' Trainer counts them.

    >>> batch = pack([{"prompt": [5, 6], "completion": [7]}, {"prompt": [5], "completion": [8, 9]}])
    >>> [batch[name].tolist() for name in ("input_ids", "position_ids", "shift_labels")]
    [[[5, 6, 7, 5, 8, 9]], [[0, 1, 2, 0, 1, 2]], [[7, 8, 9]]]
    >>> batch["scored_positions"].tolist(), batch["cu_seq_lens_q"].tolist()
    ([1, 3, 4], [0, 3, 6])
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
        ENDS: offsets,
        "cu_seq_lens_k": offsets,
        "max_length_q": max(lengths),
        "max_length_k": max(lengths),
    }


def learn_packing(model: Any) -> bool:
    """Let a model read rows that examples share; ``False``, and the model as it was, when it
    cannot: what it keeps of a row is more than keys and values, or its attention has biases.

    That is tried: two examples in a row must give what each gives alone, and the second the very
    same whatever the first one says.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    before = base.config._attn_implementation
    if not before.startswith("flash_attention"):
        try:
            base.set_attn_implementation(NAME)
        except ValueError:
            return False
    try:
        apart = _reads_apart(base.base_model)
    except (NotImplementedError, TypeError):
        apart = False
    if not apart:
        base.set_attn_implementation(before)
        return False
    base.base_model.register_forward_hook(_keep_scored, with_kwargs=True)
    return True


def _reads_apart(body: torch.nn.Module) -> bool:
    vocabulary = body.get_input_embeddings().num_embeddings
    first, second = ([n % vocabulary for n in range(start, start + 12)] for start in (3, 40))
    other = [n % vocabulary for n in range(77, 89)]
    was_training = body.training
    body.eval()
    with torch.no_grad():
        device = next(body.parameters()).device
        one, two, changed = (
            _states(body, rows, device) for rows in ([second], [first, second], [other, second])
        )
    body.train(was_training)
    alone = one.float()
    near = (two[12:].float() - alone).norm() <= _CLOSE * alone.norm()
    return bool(near) and torch.equal(two[12:], changed[12:])


def _states(body: torch.nn.Module, rows: Sequence[list[int]], device: torch.device) -> torch.Tensor:
    batch = pack([{"prompt": row[:1], "completion": row[1:]} for row in rows])
    left_out = ("labels", "shift_labels", SCORED)
    given = {
        name: value.to(device) if isinstance(value, torch.Tensor) else value
        for name, value in batch.items()
        if name not in left_out
    }
    states: torch.Tensor = body(**given, use_cache=False).last_hidden_state[0]
    return states


def _keep_scored(
    _: torch.nn.Module, __: tuple[Any, ...], given: Mapping[str, Any], output: Any
) -> Any:
    """The head reads the positions that are scored, and no others."""
    if (scored := given.get(SCORED)) is not None:
        output.last_hidden_state = output.last_hidden_state[:, scored]
    return output
