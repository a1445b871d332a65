"""Models whose positions mean another thing beside longer rows go one row at a time."""

import pytest

from sampling.choose import choose
from sampling.draw import Stream
from sampling.engine import ModelError, Sampling
from sampling.generate import Generate
from sampling.rows import Row
from tests.sampling.tiny import generated, make, prompts

END = frozenset([1])
MOVING = {
    "phi3": {  # LongRoPE: other frequencies beyond 32 tokens
        "max_position_embeddings": 256,
        "original_max_position_embeddings": 32,
        "rope_parameters": {
            "rope_type": "longrope",
            "rope_theta": 10000.0,
            "short_factor": [1.0] * 6,
            "long_factor": [4.0] * 6,
            "original_max_position_embeddings": 32,
            "partial_rotary_factor": 1.0,
        },
    },
    "llama": {
        "max_position_embeddings": 32,
        "rope_parameters": {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0},
    },
    "llama4_text": {
        "attention_chunk_size": 64,
        "num_local_experts": 2,
        "intermediate_size_mlp": 96,
        "no_rope_layers": [1, 1, 1, 0],
        "attn_temperature_tuning": True,
        "floor_scale": 12,
        "attn_scale": 1.0,
    },
}
REASON = {"phi3": "rotary frequencies", "llama": "rotary frequencies", "llama4_text": "scaled"}


def greedy(sampler, reads: list[list[int]], tokens: int = 40) -> list[list[int]]:
    rows = [Row(read, Stream(0), tokens) for read in reads]
    sampler.run(rows, Sampling(temperature=0, max_tokens=tokens), 8, lambda _: None)
    return [row.ids for row in rows]


@pytest.mark.parametrize("kind", MOVING)
def test_text_is_that_of_a_row_alone_though_many_are_asked_for_at_once(kind):
    reads = prompts(3, 17, 9, 30, 1)
    sampler, why_not = choose(make(kind, **MOVING[kind]), END, padding=0)
    assert isinstance(sampler, Generate)
    assert REASON[kind] in why_not
    expected = [generated(make(kind, **MOVING[kind]), read) for read in reads]
    assert greedy(sampler, reads) == expected


@pytest.mark.parametrize("kind", MOVING)
def test_the_loop_is_refused_and_the_same_model_without_it_is_not(kind):
    with pytest.raises(ModelError, match=REASON[kind]):
        choose(make(kind, **MOVING[kind]), END, padding=0, wanted="loop")
    still = {**MOVING[kind], "rope_parameters": None, "attn_temperature_tuning": False}
    assert choose(make(kind, **still), END, padding=0)[1] is None


def test_text_and_scores_do_not_depend_on_longer_texts_before():
    read = prompts(40)[0]
    sampler, _ = choose(make("llama", **MOVING["llama"]), END, padding=0)
    before, scored = greedy(sampler, [read], 20), sampler.score([read], [[5, 6]], 1.0, 8)
    greedy(sampler, prompts(30), 90)
    sampler.score(prompts(200), [[5, 6]], 1.0, 8)
    assert sampler.score([read], [[5, 6]], 1.0, 8) == scored
    greedy(sampler, prompts(30), 90)
    assert greedy(sampler, [read], 20) == before
    assert before == [generated(make("llama", **MOVING["llama"]), read, 20)]


def test_a_model_that_knows_each_rows_position_goes_many_rows_at_a_time():
    model = make("llama")
    computed = []
    model.register_forward_pre_hook(
        lambda _, __, asked: computed.append(len(asked["input_ids"])), with_kwargs=True
    )
    greedy(Generate(model, END, padding=0), prompts(3, 17, 9))
    assert max(computed) == 3
