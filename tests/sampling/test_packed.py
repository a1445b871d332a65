"""Packed weights are the same weights."""

from types import SimpleNamespace

import pytest
import torch

from sampling.choose import choose
from sampling.draw import Stream
from sampling.engine import Sampling
from sampling.packed import PackedLinear, pack
from sampling.rows import Row
from tests.sampling.tiny import generated, make, prompts

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN"
)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 5, 64, 300])
def test_a_packed_layer_gives_what_the_layer_gives(bias, rows):
    torch.manual_seed(0)
    linear = torch.nn.Linear(100, 70, bias=bias)
    packed = PackedLinear(linear)
    inputs = torch.randn(rows, 2, 100)
    with torch.inference_mode():
        assert torch.allclose(packed(inputs), linear(inputs), atol=1e-5)
    assert torch.equal(packed.weight, linear.weight)


def test_a_packed_model_says_what_it_said_and_a_tied_embedding_stays():
    model, packed = make("llama", tie_word_embeddings=True), make("llama", tie_word_embeddings=True)
    assert pack(packed) == 4 * 7 + 1
    read = prompts(17)[0]
    assert generated(packed, read) == generated(model, read)


def test_the_loop_draws_over_packed_weights_what_generate_draws_over_plain_ones():
    model, packed = make("qwen2"), make("qwen2")
    assert pack(packed) > 0
    loop, why_not = choose(packed, frozenset([1]), padding=0)
    assert why_not is None
    reads = prompts(3, 17, 9, 30)
    rows = [Row(read, Stream(0), 40) for read in reads]
    loop.run(rows, Sampling(temperature=0), 3, lambda _: None)
    assert [row.ids for row in rows] == [generated(model, read) for read in reads]


def test_a_torch_without_the_operators_leaves_layers_as_they_are(monkeypatch):
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    model = make("llama")
    assert pack(model) == 0
    assert not any(isinstance(module, PackedLinear) for module in model.modules())


def test_layers_that_are_more_than_linear_are_left_alone():
    class Noisy(torch.nn.Linear):
        pass

    model = torch.nn.Sequential(Noisy(4, 4), torch.nn.Linear(4, 4, dtype=torch.float64))
    assert pack(model) == 0
