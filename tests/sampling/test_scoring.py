"""Given text is scored as the model itself scores it, read alone."""

import pytest
import torch

from sampling import scoring
from sampling.choose import choose
from sampling.engine import OutOfMemory, Prompt, Request, Sampling
from sampling.generate import Generate
from tests.sampling.tiny import make, peak_bytes, prompts

END = frozenset([1])


def expected(model, read, given, temperature=1.0):
    if not given:
        return []
    logits = model(torch.tensor([[*read, *given]])).logits[0, len(read) - 1 : -1] / temperature
    told = logits.log_softmax(-1).gather(-1, torch.tensor(given)[:, None]).squeeze(-1)
    return pytest.approx(told.tolist(), abs=2e-4)


@pytest.mark.parametrize("kind", ["llama", "qwen3", "gemma2", "gemma3_text", "gpt2", "bloom"])
@pytest.mark.parametrize("few", [False, True])
def test_scores_are_those_of_the_model_alone(kind, few, monkeypatch):
    if few:  # columns, and rows, at a time
        monkeypatch.setattr(scoring, "_SCORES", 97 * 30)
        monkeypatch.setattr(scoring, "_ROWS", 5)
    model, same = make(kind), make(kind)
    loop, _ = choose(model, END, padding=0)
    asked = prompts(1, 12, 30)
    reads = [read for read in asked for _ in range(4)]
    given = prompts(5, 40, 1, 0, 17, 3, 9, 9, 25, 2, 31, 8)
    for temperature, places in ((1.0, 64), (0.6, 64), (1.0, 3)):
        told = loop.score(reads, given, temperature, places)
        for one, read, text in zip(told, reads, given, strict=True):
            assert one == expected(same, read, text, temperature)


def test_without_the_loop_the_scores_are_the_same():
    model = make("llama")
    reads, given = prompts(5, 9), prompts(7, 3)
    told = Generate(model, END, padding=0).score(reads, given, 1.0, places=8)
    for one, read, text in zip(told, reads, given, strict=True):
        assert one == expected(model, read, text)


def test_a_prompt_is_read_once_for_all_texts_that_are_scored():
    model = make("llama")
    loop, _ = choose(model, END, padding=0)
    computed = []
    model.register_forward_pre_hook(
        lambda _, __, asked: computed.append(asked["input_ids"].numel()), with_kwargs=True
    )
    loop.score(prompts(200) * 8, prompts(10) * 8, 1.0, places=8)
    assert sum(computed) == 199 + 8 * 10


def test_temperature_zero_is_told_as_one():
    loop, _ = choose(make("llama"), END, padding=0)
    reads, given = prompts(5, 9), prompts(7, 3)
    assert loop.score(reads, given, 0.0, places=8) == loop.score(reads, given, 1.0, places=8)


def test_memory_is_bounded_by_the_rows_that_go_at_once():
    def used(texts: int, places: int) -> int:
        loop, _ = choose(make("llama"), END, padding=0)
        reads, given = prompts(*[400] * texts), [[5, 6]] * texts
        return peak_bytes(lambda: loop.score(reads, given, 1.0, places))

    assert used(64, places=8) < 1.1 * used(16, places=8)
    assert used(64, places=64) > 2 * used(64, places=8)


def test_texts_that_fit_are_scored_at_once_and_what_does_not_fit_is_said(nano_engine, monkeypatch):
    seen = []

    def without_memory(reads, given, temperature, places):
        seen.append(places)
        return torch.empty(1 << 46)

    monkeypatch.setattr(nano_engine._sampler, "score", without_memory)
    monkeypatch.setattr(nano_engine, "rows_that_fit", lambda prompt, text: 3)
    asked = [Request(i, Prompt.chat("582+867=?"), 0, given=(5, 6)) for i in range(9)]
    with pytest.raises(OutOfMemory, match=r"3 texts of \d\d tokens"):
        nano_engine.score(asked)
    assert seen == [3]


def test_nothing_to_score_is_nothing(nano_engine):
    assert nano_engine.score([]) == []


def test_what_was_drawn_scores_as_it_was_drawn(nano_engine):
    prompt = Prompt.chat("582+867=?")
    drawn = []
    nano_engine.sample(
        [Request(i, prompt, seed=i) for i in range(6)],
        Sampling(temperature=0.7, max_tokens=60, logprobs=True),
        lambda _, completion: drawn.append(completion),
    )
    asked = [Request(i, prompt, 0, given=one.token_ids) for i, one in enumerate(drawn)]
    for told, one in zip(nano_engine.score(asked, temperature=0.7), drawn, strict=True):
        assert told == pytest.approx(one.logprobs, abs=1e-3)
