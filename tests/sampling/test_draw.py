"""Tokens are drawn as the textbook draws them."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from transformers import (
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from sampling.draw import Stream, draw
from sampling.engine import ModelError, Sampling
from sampling.rows import logit_bytes
from tests.sampling.tiny import make, peak_bytes

DRAWS = 10_000


def textbook(logits: torch.Tensor, how: Sampling) -> np.ndarray:
    """The distribution that transformers' own warpers leave, in the order of its `generate`."""
    scores = TemperatureLogitsWarper(how.temperature)(None, logits.double())
    if how.top_k:
        scores = TopKLogitsWarper(how.top_k)(None, scores)
    if how.top_p < 1:
        scores = TopPLogitsWarper(how.top_p)(None, scores)
    if how.min_p:
        scores = MinPLogitsWarper(how.min_p)(None, scores)
    return torch.softmax(scores, dim=-1)[0].numpy()


def drawn(logits: torch.Tensor, how: Sampling) -> np.ndarray:
    """How often each token comes, in `DRAWS` draws."""
    numbers = torch.from_numpy(np.random.default_rng(7).random(DRAWS))
    tokens = [draw(logits.expand(500, -1), how, part).tokens for part in numbers.view(-1, 500)]
    return np.bincount(torch.cat(tokens).numpy(), minlength=logits.shape[-1])


def random_logits(vocabulary: int, spread: float, seed: int = 1) -> torch.Tensor:
    return spread * torch.randn(1, vocabulary, generator=torch.Generator().manual_seed(seed))


CUTS = [
    {},
    {"top_p": 0.3},
    {"top_p": 0.95},
    {"top_k": 1},
    {"top_k": 20},
    {"top_k": 200},
    {"min_p": 0.02},
    {"min_p": 0.4},
    {"top_k": 30, "top_p": 0.8},
    {"top_p": 0.9, "min_p": 0.05},
    {"top_k": 100, "top_p": 0.9, "min_p": 0.01},
]


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7])
@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize(
    ("vocabulary", "spread"),
    # of 2,001 flat tokens neither the nucleus nor most draws lie among the likeliest 64 or 1,024
    [(40, 2.0), (2001, 0.5), (4096, 3.0)],
)
def test_draws_follow_the_textbook_distribution(vocabulary, spread, temperature, cut):
    logits = random_logits(vocabulary, spread)
    how = Sampling(temperature=temperature, **cut)
    counts, expected = drawn(logits, how), textbook(logits, how) * DRAWS
    assert counts[expected == 0].sum() == 0, "drew a token that was cut off"
    rare = expected < 10
    observed = np.append(counts[~rare], counts[rare].sum())
    predicted = np.append(expected[~rare], expected[rare].sum())
    if predicted[-1] == 0:
        observed, predicted = observed[:-1], predicted[:-1]
    if len(observed) > 1:
        assert chisquare(observed, predicted * (DRAWS / predicted.sum())).pvalue > 1e-4


@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("spread", [0.5, 3.0, 30.0])
def test_every_token_that_is_left_can_be_drawn_and_no_other(cut, spread):
    logits = random_logits(2000, spread)
    how = Sampling(**cut)
    numbers = torch.linspace(0, 1 - 1e-9, 20_000, dtype=torch.float64)
    seen = set()
    for part in numbers.view(-1, 1000):
        seen |= set(draw(logits.expand(1000, -1), how, part).tokens.tolist())
    left = textbook(logits, how)
    assert seen <= set(np.flatnonzero(left > 1e-12)), "2,000 of them would come once in 5e8 draws"
    assert seen >= set(np.flatnonzero(left > 2e-4))


@pytest.mark.parametrize("likely", [2, 64, 300])
def test_no_draw_falls_between_the_likeliest_tokens_and_the_others(likely):
    rows, numbers = 8, torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(rows, 151_936, generator=numbers)
    ids = torch.randperm(151_936, generator=numbers)[:likely]
    logits[:, ids] = 30 - torch.rand(rows, likely, generator=numbers)  # all others: 1e-14
    for exponent in range(4, 13):
        uniforms = torch.full((rows,), 1 - 10.0**-exponent, dtype=torch.float64)
        drawn = draw(logits, Sampling(temperature=0.6), uniforms).tokens
        assert set(drawn.tolist()) <= set(ids.tolist()), f"at 1 - 1e-{exponent}"


def test_a_row_draws_the_same_whatever_shares_its_batch():
    flat, peaked = random_logits(5000, 1.0, seed=2), random_logits(5000, 9.0, seed=3)
    for cut in CUTS:
        how = Sampling(temperature=0.6, **cut)
        for uniform in (0.01, 0.37, 0.999):
            alone = draw(peaked, how, torch.tensor([uniform])).tokens
            beside = draw(torch.cat([flat, peaked]), how, torch.tensor([0.99, uniform])).tokens
            assert beside[1] == alone[0]


@pytest.mark.parametrize("cut", [{}, {"top_p": 0.95}, {"min_p": 0.01}], ids=str)
def test_drawing_from_flat_rows_takes_the_memory_that_is_planned(cut):
    model = make("llama", vocab_size=20_003, num_hidden_layers=1)
    logits = random_logits(20_003, 0.5).expand(64, -1).clone()
    uniforms = torch.full((64,), 0.93, dtype=torch.float64)  # far beyond the likeliest 1,024
    how = Sampling(temperature=1.5, **cut)
    used = logits.nbytes + peak_bytes(lambda: draw(logits, how, uniforms))
    assert used <= 64 * logit_bytes(model)


class OnApple(torch.Tensor):
    """Says that it is on a device that this machine does not have."""

    device = torch.device("mps")

    def cpu(self):
        return self.as_subclass(torch.Tensor)


@pytest.mark.parametrize("temperature", [0.0, 0.6])
def test_where_there_is_no_float64_the_processor_draws(temperature):
    logits, uniforms = random_logits(3000, 2.0), torch.tensor([0.7], dtype=torch.float64)
    how = Sampling(temperature=temperature, top_p=0.9, logprobs=True)
    there, here = draw(logits.as_subclass(OnApple), how, uniforms), draw(logits, how, uniforms)
    assert there == here


def test_a_longer_stream_begins_as_a_shorter_one_and_goes_on_as_its_generator():
    stream = Stream(3)
    numbers = [stream.next() for _ in range(400)]
    assert numbers == np.random.Generator(np.random.PCG64(3)).random(400).tolist()


def test_temperature_zero_takes_the_likeliest_token():
    logits = torch.tensor([[0.0, 3.0, 1.0], [2.0, 0.0, 1.0]])
    how = Sampling(temperature=0, top_p=0.95)
    assert draw(logits, how, torch.tensor([0.99, 0.99])).tokens.tolist() == [1, 0]


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_log_probabilities_are_of_the_whole_distribution_at_the_temperature(temperature, cut):
    logits = torch.cat([random_logits(3000, spread) for spread in (0.5, 2.0, 5.0)])
    how = Sampling(temperature=temperature, logprobs=True, **cut)
    told = draw(logits, how, torch.tensor([0.2, 0.6, 0.97]))
    expected = (logits.double() / (temperature or 1)).log_softmax(dim=-1)
    of_drawn = expected.gather(-1, told.tokens.unsqueeze(-1)).squeeze(-1)
    assert torch.allclose(told.logprobs.double(), of_drawn, atol=1e-5)


def test_log_probabilities_come_only_when_asked_for():
    assert draw(random_logits(40, 1.0), Sampling(), torch.tensor([0.5])).logprobs is None


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_not_numbers_are_refused(temperature):
    logits = torch.tensor([[1.0, float("nan")]])
    with pytest.raises(ModelError, match="dtype=float32"):
        draw(logits, Sampling(temperature=temperature), torch.tensor([0.5]))


@pytest.mark.parametrize("uniform", [0.0, 1 - 1e-12])
@pytest.mark.parametrize("vocabulary", [3, 3000])
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_ends_of_the_unit_interval_are_tokens_that_can_occur(uniform, vocabulary, cut):
    logits = torch.full((1, vocabulary), float("-inf"))
    logits[0, [1, vocabulary - 1]] = torch.tensor([1.0, 0.0])
    numbers = torch.tensor([uniform], dtype=torch.float64)
    assert draw(logits, Sampling(**cut), numbers).tokens.item() in (1, vocabulary - 1)
