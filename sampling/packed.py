"""Weights laid out once for the processor's matrix product, instead of at every product.

A product of few rows with a large matrix spends much of its time putting the matrix into the order
in which the kernel reads it. oneDNN can be given that order beforehand: the sums are the same up to
rounding, and the weights take the same memory. `python -m benchmarks.sampling` prints what it is
worth here.
"""

from __future__ import annotations

from typing import Any

import torch

_ROWS = 64
"""What the layout is chosen for; it serves other numbers of rows too."""
_OPERATORS = ("_reorder_linear_weight", "_linear_pointwise")
"""torch promises neither: without them the layers stay as they are."""


class PackedLinear(torch.nn.Module):  # type: ignore[misc]
    """A `torch.nn.Linear` for inference on a CPU."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        weight = linear.weight.detach()
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)

    @property
    def weight(self) -> torch.Tensor:
        """The weights in the usual order; a copy."""
        dense: torch.Tensor = self._packed.to_dense()
        return dense

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            inputs, self._packed, self.bias, "none", [], ""
        )
        return outputs


def pack(model: Any) -> int:
    """Exchange the model's linear layers for packed ones, where oneDNN takes their type. Returns
    how many. The model can no longer be trained or saved.
    """
    number = 0
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear and _packable(child.weight):
                setattr(module, name, PackedLinear(child))
                number += 1
    return number


def _packable(weight: torch.Tensor) -> bool:
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if not all(hasattr(torch.ops.mkldnn, name) for name in _OPERATORS):
        return False
    if weight.dtype == torch.bfloat16:
        supported: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return supported
    return weight.dtype is torch.float32
