"""Which sampler drives a model: the loop where it computes what the model computes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import Any, Literal

import torch

from sampling import attention
from sampling.cache import layer_windows
from sampling.draw import Stream
from sampling.engine import ModelError, Sampling
from sampling.generate import Generate
from sampling.loop import Loop
from sampling.positions import moving
from sampling.rows import Row, Sampler

SamplerName = Literal["auto", "loop", "generate"]

_TOLERANCE = {torch.float32: 1e-3}
_TOLERANCE_16_BITS = 0.15
"""Of a log-probability. What is computed otherwise, a mask or a position, is off by far more."""


_FAULTS = (
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    ModelError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What models raise that were not written for another cache, mask or attention, and what drawing
does when their scores are then not numbers."""


def choose(
    model: Any, end_ids: frozenset[int], padding: int, wanted: SamplerName = "auto"
) -> tuple[Sampler, str | None]:
    """The sampler, and why it is not the loop when ``wanted`` is ``auto`` and it is not.

    The model's attention is exchanged for the loop's. Raises ModelError when the loop is wanted
    and cannot drive this model.
    """
    if wanted == "generate":
        return Generate(model, end_ids, padding), None
    before = model.config._attn_implementation
    loop = _loop(model, end_ids)
    if isinstance(loop, Loop):
        return loop, None
    model.set_attn_implementation(before)
    if wanted == "loop":
        raise ModelError(f"the loop cannot drive this model: {loop}; use --engine-arg sampler=auto")
    return Generate(model, end_ids, padding), loop


def _loop(model: Any, end_ids: frozenset[int]) -> Loop | str:
    """The loop, or why not."""
    windows = layer_windows(model.config)
    if windows is None:
        return "its layers keep something else than keys and values"
    if (why := moving(model)) is not None:
        return why
    rows = [Row(_probe_ids(model, length), Stream(0), 2) for length in (3, 6, 6)]
    sampling = Sampling(temperature=0, max_tokens=2, logprobs=True)
    try:
        loop = Loop(model, windows, end_ids)
        model.set_attn_implementation(attention.NAME)
        loop.run(rows, sampling, places=2, on_finish=lambda _: None)
        model.set_attn_implementation("eager")
        expected = [_logprobs(model, row) for row in rows]
        model.set_attn_implementation(attention.NAME)
    except _FAULTS as error:
        return f"{type(error).__name__}: {(str(error).strip() or 'no word').splitlines()[0]}"
    tolerance = _TOLERANCE.get(model.dtype, _TOLERANCE_16_BITS)
    furthest = max(
        abs(a - b) if isfinite(b) else inf
        for row, logprobs in zip(rows, expected, strict=True)
        for a, b in zip(row.logprobs, logprobs, strict=True)
    )
    if furthest > tolerance:
        return f"its log-probabilities are off by {furthest:.2g}"
    return loop


def _probe_ids(model: Any, length: int) -> list[int]:
    vocabulary = model.config.get_text_config().vocab_size
    return [(7 + 31 * place) % vocabulary for place in range(length)]


def _logprobs(model: Any, row: Row) -> Sequence[float]:
    """What the model itself says of the tokens that the row drew, read alone and without cache."""
    ids = torch.tensor([[*row.read, *row.ids]], device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, use_cache=False).logits[0].float()
    drawn = ids[0, len(row.read) :]
    before = logits[len(row.read) - 1 : -1].log_softmax(dim=-1)
    told: list[float] = before.gather(-1, drawn.unsqueeze(-1)).squeeze(-1).tolist()
    return told
