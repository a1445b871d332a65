"""What is particular to drawing over transformers' `generate`."""

import pytest

from sampling import generate
from sampling.choose import choose
from sampling.draw import Stream
from sampling.engine import Sampling
from sampling.generate import Generate
from sampling.rows import Row
from tests.sampling.tiny import STATE_SPACE, make, make_state_space, prompts

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


def ends_at(length: int):
    return lambda ids: len(ids) == length


def test_a_batch_of_which_half_has_finished_begins_anew_and_draws_the_same():
    model = make("llama")
    batches, steps = [], []
    begin = model.generate

    def counted(**given):
        batches.append(len(given["input_ids"]))
        return begin(**given)

    model.generate = counted
    model.register_forward_pre_hook(
        lambda _, __, given: steps.append(len(given["input_ids"])), with_kwargs=True
    )
    lengths = [4, 4, 4, 4, 20, 20, 20, 60]
    reads = prompts(*range(3, 11))
    rows = [Row(read, Stream(n), 60, ends_at(lengths[n])) for n, read in enumerate(reads)]
    told = []
    Generate(model, frozenset(), padding=0).run(rows, Sampling(), 8, told.append)
    assert [len(row.ids) for row in told] == lengths
    assert batches == [8, 4, 1]
    assert sum(steps) == sum(lengths), "no row went on beside others after its end"
    alone = [Row(read, Stream(n), lengths[n]) for n, read in enumerate(reads)]
    Generate(make("llama"), frozenset(), padding=0).run(alone, Sampling(), 1, lambda _: None)
    assert [row.ids for row in rows] == [row.ids for row in alone]


def test_a_batch_too_long_to_be_read_again_goes_on_with_rows_that_have_finished(monkeypatch):
    monkeypatch.setattr(generate, "_REREAD_TOKENS", 20)
    model = make("llama")
    batches = []
    begin = model.generate
    model.generate = lambda **given: batches.append(len(given["input_ids"])) or begin(**given)
    rows = [Row(prompts(30)[0], Stream(0), 40, ends_at(end)) for end in (5, 5, 40)]
    Generate(model, frozenset(), padding=0).run(rows, Sampling(), 3, lambda _: None)
    assert [len(row.ids) for row in rows] == [5, 5, 40]
    assert batches == [3]
