"""What is particular to drawing over transformers' `generate`."""

import pytest

from sampling.choose import choose
from sampling.generate import Generate
from tests.sampling.tiny import STATE_SPACE, make, make_state_space

END = frozenset([1])


@pytest.mark.parametrize("kind", STATE_SPACE)
def test_memory_is_planned_for_models_without_heads(kind):
    model = make_state_space(kind)
    assert not hasattr(model.config, "num_attention_heads")
    sampler, _ = choose(model, END, padding=0)
    assert isinstance(sampler, Generate)
    assert sampler.bytes_per_row(10, 100) > sampler.bytes_per_row(10, 10) > 0


def test_memory_of_a_row_holds_its_keys_and_values():
    planned = Generate(make("llama"), END, padding=0).bytes_per_row(100, 300)
    kept = 4 * 2 * 2 * 12 * 400 * 4  # layers, keys and values, groups, width, tokens, bytes
    assert kept < planned < 3 * kept
