"""Models in which a token's position does not say all: what it means depends on the batch.

Such a model is right for one row at a time only, by whatever drives it, and a short text does not
show it: the difference begins beyond the length that the model was first trained on.
"""

from __future__ import annotations

from typing import Any

import torch

_MOVING = ("dynamic", "longrope")


def moving(model: Any) -> str | None:
    """Why a token's position means another thing beside other rows, ``None`` where it does not.

    Rotary frequencies that are chosen by the batch's largest position: LongRoPE (arXiv 2402.13753,
    Phi-3) and dynamic NTK scaling. A temperature of attention that is taken from the column of the
    cache, padding included: Llama 4, in its layers without rotary positions.
    """
    for module in model.modules():
        kinds = str(getattr(module, "rope_type", ""))  # a name, or one for each type of layer
        if any(kind in kinds for kind in _MOVING):
            return "its rotary frequencies change with the longest row of a batch"
        if getattr(module, "attn_temperature_tuning", False):
            return "its attention is scaled by the column, not by the row's position"
    return None


def forget_longest(model: Any) -> None:
    """Dynamic NTK scaling keeps the frequencies of the longest text so far until a short one comes:
    let that be a single token, so that a text does not depend on those before it.
    """
    with torch.inference_mode():
        model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), use_cache=False)
