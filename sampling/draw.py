"""Drawing tokens: temperature and top-p, exactly, each row from a random stream of its own.

A row's stream depends on its seed and the number of tokens drawn so far and on nothing else, so
what a sample draws does not depend on what shares its batch. One uniform number per token
suffices: it is looked up in the cumulative distribution.
"""

from __future__ import annotations

import numpy as np
import torch

from sampling.engine import ModelError

_NUCLEUS_WINDOW = 1024  # nearly always holds the nucleus, and spares sorting the vocabulary


class Stream:
    """A sample's own uniform numbers, each in [0, 1).

    >>> a, b = Stream(8), Stream(8)
    >>> [a.next(), a.next()] == [b.next(), b.next()]
    True
    """

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def next(self) -> float:
        return self._generator.random()


def draw(
    logits: torch.Tensor, temperature: float, top_p: float, uniforms: torch.Tensor
) -> torch.Tensor:
    """One token id per row.

    ``logits`` has shape ``[rows, vocabulary]``, ``uniforms`` shape ``[rows]``. The nucleus is the
    smallest set of most likely tokens whose probabilities sum to at least ``top_p`` (arXiv
    1904.09751); ties in probability are broken by the sort.

    >>> logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    >>> [draw(logits, 1.0, 1.0, torch.tensor([u])).item() for u in (0.1, 0.6, 0.9)]
    [0, 1, 2]
    >>> draw(logits, 1.0, 0.7, torch.tensor([0.99])).item()  # 0.5 + 0.3 reach 0.7: token 2 is out
    1
    >>> draw(logits, 0.0, 1.0, torch.tensor([0.99])).item()
    0
    """
    if temperature == 0:
        return logits.argmax(dim=-1)
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    if not bool(probabilities.isfinite().all()):
        raise ModelError("the model's scores are not numbers: use --engine-arg dtype=float32")
    if top_p >= 1:
        return _look_up(probabilities, uniforms).squeeze(-1)
    window = min(_NUCLEUS_WINDOW, probabilities.shape[-1])
    values, ids = probabilities.topk(window, dim=-1)
    tokens = _draw_nucleus(values, ids, top_p, uniforms)
    overflow = values.double().sum(dim=-1) < top_p
    if window < probabilities.shape[-1] and bool(overflow.any()):
        values, ids = probabilities[overflow].sort(dim=-1, descending=True)
        tokens[overflow] = _draw_nucleus(values, ids, top_p, uniforms[overflow.cpu()])
    return tokens


def _draw_nucleus(
    values: torch.Tensor, ids: torch.Tensor, top_p: float, uniforms: torch.Tensor
) -> torch.Tensor:
    """One of ``ids`` per row; ``values`` are their probabilities in falling order."""
    before = values.double().cumsum(dim=-1) - values.double()
    nucleus = torch.where(before < top_p, values, 0.0)
    return ids.gather(-1, _look_up(nucleus, uniforms)).squeeze(-1)


def _look_up(weights: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """Index of the first column whose cumulative weight exceeds ``uniform × total``: ``[rows,
    1]``.
    """
    cumulative = weights.double().cumsum(dim=-1)
    target = uniforms.to(cumulative.device).unsqueeze(-1) * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True).clamp_(max=weights.shape[-1] - 1)
