"""Tokens are drawn as the textbook draws them."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from transformers import TemperatureLogitsWarper, TopPLogitsWarper

from sampling.draw import Stream, draw
from sampling.engine import ModelError

DRAWS = 40_000


def textbook(logits: torch.Tensor, temperature: float, top_p: float) -> np.ndarray:
    """The distribution that transformers' own warpers leave."""
    scores = TemperatureLogitsWarper(temperature)(None, logits) if temperature != 1 else logits
    scores = TopPLogitsWarper(top_p)(None, scores) if top_p < 1 else scores
    return torch.softmax(scores.double(), dim=-1)[0].numpy()


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7])
@pytest.mark.parametrize("top_p", [0.3, 0.95, 1.0])
@pytest.mark.parametrize(
    ("vocabulary", "spread"),
    [(40, 2.0), (4000, 0.5)],  # of 4,000 flat tokens the nucleus does not fit into the window
)
def test_draws_follow_the_textbook_distribution(vocabulary, spread, temperature, top_p):
    rng = torch.Generator().manual_seed(1)
    logits = spread * torch.randn(1, vocabulary, generator=rng)
    stream = Stream(7)
    drawn = torch.cat(
        [
            draw(logits.expand(500, -1), temperature, top_p, numbers)
            for numbers in torch.tensor([stream.next() for _ in range(DRAWS)]).view(-1, 500)
        ]
    )
    expected = textbook(logits, temperature, top_p) * DRAWS
    counts = np.bincount(drawn.numpy(), minlength=vocabulary)
    assert counts[expected == 0].sum() == 0, "drew a token outside the nucleus"
    rare = expected < 10
    observed = np.append(counts[~rare], counts[rare].sum())
    predicted = np.append(expected[~rare], expected[rare].sum())
    if predicted[-1] == 0:
        observed, predicted = observed[:-1], predicted[:-1]
    if len(observed) > 1:
        assert chisquare(observed, predicted * (DRAWS / predicted.sum())).pvalue > 1e-4


def test_a_row_draws_the_same_whatever_shares_its_batch():
    rng = torch.Generator().manual_seed(2)
    flat, peaked = torch.randn(1, 5000, generator=rng), 9 * torch.randn(1, 5000, generator=rng)
    alone = draw(peaked, 0.6, 0.95, torch.tensor([0.37]))
    beside = draw(torch.cat([flat, peaked]), 0.6, 0.95, torch.tensor([0.99, 0.37]))
    assert beside[1] == alone[0]


def test_a_longer_stream_begins_as_a_shorter_one():
    short, long = Stream(3), Stream(3)
    first = [short.next() for _ in range(4)]
    assert [long.next() for _ in range(400)][:4] == first


def test_temperature_zero_takes_the_likeliest_token():
    logits = torch.tensor([[0.0, 3.0, 1.0], [2.0, 0.0, 1.0]])
    assert draw(logits, 0, 0.95, torch.tensor([0.99, 0.99])).tolist() == [1, 0]


def test_scores_that_are_not_numbers_are_refused():
    with pytest.raises(ModelError, match="dtype=float32"):
        draw(torch.tensor([[1.0, float("nan")]]), 1.0, 1.0, torch.tensor([0.5]))


@pytest.mark.parametrize("uniform", [0.0, 1 - 1e-12])
def test_the_ends_of_the_unit_interval_are_tokens_that_can_occur(uniform):
    logits = torch.full((1, 3), float("-inf"))
    logits[0, 1] = 0.0
    numbers = torch.tensor([uniform], dtype=torch.float64)
    for top_p in (0.5, 1.0):
        assert draw(logits, 1.0, top_p, numbers).item() == 1
