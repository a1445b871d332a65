"""Drawing tokens: temperature, top-k, top-p and min-p, exactly, without sorting the vocabulary.

A row's stream depends on its seed and the number of tokens drawn so far and on nothing else, so
what a sample draws does not depend on what shares its batch. One uniform number per token
suffices: it is looked up in the cumulative distribution, likeliest tokens first. Nearly always
the few likeliest decide: the total of the others is known without looking at them one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sampling.engine import ModelError, Sampling

_WINDOWS = (64, 1024)  # how many of the likeliest tokens are looked at, before all of them
_BLOCK = 64  # tokens of which only the likeliest is compared at first
_FEW = 4
"""Rows that are looked at whole at once: sorting takes ten times the memory of their scores."""
_AHEAD = 64
_WITHOUT_FLOAT64 = ("mps",)  # shares are summed in it


class Stream:
    """A sample's own uniform numbers, each in [0, 1), after the first ``drawn`` of them.

    >>> a, b = Stream(8), Stream(8)
    >>> [a.next(), a.next()] == [b.next(), b.next()]
    True
    >>> Stream(8, drawn=2).next() == a.next()
    True
    """

    def __init__(self, seed: int, drawn: int = 0) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed).advance(drawn))
        self._drawn: list[float] = []

    def next(self) -> float:
        if not self._drawn:
            self._drawn = self._generator.random(_AHEAD)[::-1].tolist()
        return self._drawn.pop()


@dataclass(frozen=True)
class Drawn:
    """One token per row, and its log-probability: of the whole distribution at the temperature
    (at 1 when greedy), before top-k, top-p and min-p cut it. They are where the scores were, or on
    the CPU where that place has no float64.
    """

    tokens: torch.Tensor  # [rows]
    logprobs: torch.Tensor | None  # [rows], float32, when asked for


def draw(logits: torch.Tensor, sampling: Sampling, uniforms: torch.Tensor) -> Drawn:
    """One token per row.

    ``logits`` has shape ``[rows, vocabulary]``, ``uniforms`` shape ``[rows]``. The cuts come in the
    order of transformers' warpers: top-k keeps the k likeliest, top-p of those the smallest set
    whose share is at least ``top_p`` (arXiv 1904.09751), min-p those at least ``min_p`` times as
    likely as the likeliest (arXiv 2407.01082). Ties in probability are broken by the sort.
    Raises ModelError on scores that are not numbers.

    >>> logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    >>> def token(u, **how): return draw(logits, Sampling(**how), torch.tensor([u])).tokens.item()
    >>> [token(u) for u in (0.1, 0.6, 0.9)]
    [0, 1, 2]
    >>> token(0.99, top_p=0.7)  # 0.5 + 0.3 reach 0.7: token 2 is out
    1
    >>> token(0.99, top_k=1), token(0.99, min_p=0.5), token(0.99, temperature=0.0)
    (0, 1, 0)
    """
    logits = (logits.cpu() if logits.device.type in _WITHOUT_FLOAT64 else logits).float()
    if sampling.temperature == 0:
        values, tokens = logits.max(dim=-1)
        _check(values)
        logprobs = values - logits.logsumexp(dim=-1) if sampling.logprobs else None
        return Drawn(tokens, logprobs)
    scores = logits / sampling.temperature if sampling.temperature != 1 else logits
    scale = _Scale.of(scores)
    _check(scale.total)
    tokens = _draw(scores, scale, sampling, uniforms.to(scores.device, torch.float64), _WINDOWS)
    if not sampling.logprobs:
        return Drawn(tokens, None)
    drawn = scores.gather(-1, tokens.unsqueeze(-1))
    return Drawn(tokens, (drawn - scale.best).squeeze(-1) - scale.total.log())


@dataclass(frozen=True)
class _Scale:
    """What makes a row's scores shares. A logarithm of the total would not do: near 50 float32 has
    steps of 4e-6, and in so wide a gap beside 1 fall draws that then no token accounts for.
    """

    best: torch.Tensor  # [rows, 1], the highest score
    total: torch.Tensor  # [rows], the sum of exp(score - best)

    @classmethod
    def of(cls, scores: torch.Tensor) -> _Scale:
        best = scores.amax(dim=-1, keepdim=True)
        return cls(best, (scores - best).exp_().sum(dim=-1))

    def __getitem__(self, rows: torch.Tensor) -> _Scale:
        return _Scale(self.best[rows], self.total[rows])


def _draw(
    scores: torch.Tensor,
    scale: _Scale,
    sampling: Sampling,
    uniforms: torch.Tensor,
    windows: tuple[int, ...],
) -> torch.Tensor:
    """Decides what the first of ``windows`` decides, and leaves the other rows to the next."""
    vocabulary = scores.shape[-1]
    window = max(windows[0], sampling.top_k) if windows else vocabulary
    whole = window >= vocabulary
    values, ids = _likeliest(scores, min(window, vocabulary))
    if 0 < sampling.top_k < values.shape[-1]:
        values, ids = values[:, : sampling.top_k], ids[:, : sampling.top_k]
    weights = (values - scale.best).double().exp_()
    if sampling.top_k:
        total, whole = weights.sum(dim=-1), True
    else:
        total = scale.total.double()
    shares = weights / total.unsqueeze(-1)
    cumulative = shares.cumsum(dim=-1)
    kept = (shares > 0) & (shares >= sampling.min_p * shares[:, :1])
    if sampling.top_p < 1:
        kept &= cumulative - shares < sampling.top_p
    number = kept.sum(dim=-1)  # what is kept comes first, since the likeliest do
    mass = cumulative.gather(-1, (number - 1).unsqueeze(-1)).squeeze(-1)
    cut = number < values.shape[-1]
    plain = not whole and sampling.top_p >= 1 and sampling.min_p == 0
    undecided = ~cut & (uniforms >= mass) if plain else ~cut & (not whole)
    target = uniforms if plain else uniforms * mass
    places = torch.searchsorted(cumulative, target.unsqueeze(-1), right=True)
    places = torch.minimum(places, (number - 1).unsqueeze(-1))
    tokens = ids.gather(-1, places).squeeze(-1)
    for rest in undecided.nonzero().squeeze(-1).split(_FEW):
        if not rest.numel():
            continue
        some = scores[rest]
        if plain:
            of_all = some.sub_(scale.best[rest]).exp_()
            tokens[rest] = _of_all(of_all, ids[rest], weights[rest], uniforms[rest])
        else:
            tokens[rest] = _draw(some, scale[rest], sampling, uniforms[rest], windows[1:])
    return tokens


def _of_all(
    weights: torch.Tensor, ids: torch.Tensor, likeliest: torch.Tensor, uniforms: torch.Tensor
) -> torch.Tensor:
    """A token by its weight, where the ``likeliest`` weights of ``ids`` come first, and then the
    others' in the order of the vocabulary. Both are summed here, so that there is no gap between.
    """
    others = weights.scatter_(-1, ids, 0.0).cumsum(dim=-1, dtype=torch.float64)
    before = likeliest.cumsum(dim=-1)
    cumulative = torch.cat([before, others + before[:, -1:]], dim=-1)
    below = torch.nextafter(cumulative[:, -1], torch.zeros_like(uniforms))
    target = torch.minimum(uniforms * cumulative[:, -1], below).unsqueeze(-1)
    places = torch.searchsorted(cumulative, target, right=True)
    window = ids.shape[-1]
    among = ids.gather(-1, places.clamp(max=window - 1))
    return torch.where(places < window, among, places - window).squeeze(-1)


def _likeliest(scores: torch.Tensor, window: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The ``window`` highest scores of each row, falling, and their ids: both ``[rows, window]``.

    They lie in the ``window`` blocks whose highest scores are highest, so only those are searched.
    """
    rows, vocabulary = scores.shape
    blocks = -(-vocabulary // _BLOCK)
    if blocks <= 2 * window:
        values, ids = scores.topk(window, dim=-1)
        return values, ids
    if vocabulary % _BLOCK:
        scores = torch.nn.functional.pad(scores, (0, -vocabulary % _BLOCK), value=float("-inf"))
    by_block = scores.view(rows, blocks, _BLOCK)
    best = by_block.amax(dim=-1).topk(window, dim=-1, sorted=False).indices
    candidates = by_block.gather(1, best.unsqueeze(-1).expand(-1, -1, _BLOCK)).view(rows, -1)
    values, places = candidates.topk(window, dim=-1)
    ids = best.gather(-1, places // _BLOCK) * _BLOCK + places % _BLOCK
    return values, ids


def _check(numbers: torch.Tensor) -> None:
    if not bool(numbers.isfinite().all()):
        raise ModelError("the model's scores are not numbers: use --engine-arg dtype=float32")
