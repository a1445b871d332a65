"""Given text is scored as the model itself scores it, read alone."""

import pytest
import torch

from sampling import scoring
from sampling.choose import choose
from sampling.engine import Prompt, Request, Sampling
from sampling.generate import Generate
from tests.sampling.tiny import make, prompts

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
    if few:  # a few columns at a time
        monkeypatch.setattr(scoring, "_SCORES", 97 * 30)
        monkeypatch.setattr(scoring, "_ROWS", 5)
    model, same = make(kind), make(kind)
    loop, _ = choose(model, END, padding=0)
    asked = prompts(1, 12, 30)
    reads = [read for read in asked for _ in range(4)]
    given = prompts(5, 40, 1, 0, 17, 3, 9, 9, 25, 2, 31, 8)
    for temperature in (1.0, 0.6):
        told = loop.score(reads, given, temperature)
        for one, read, text in zip(told, reads, given, strict=True):
            assert one == expected(same, read, text, temperature)


def test_without_the_loop_the_scores_are_the_same():
    model = make("llama")
    reads, given = prompts(5, 9), prompts(7, 3)
    told = Generate(model, END, padding=0).score(reads, given, 1.0)
    for one, read, text in zip(told, reads, given, strict=True):
        assert one == expected(model, read, text)


def test_a_prompt_is_read_once_for_all_texts_that_are_scored():
    model = make("llama")
    loop, _ = choose(model, END, padding=0)
    computed = []
    model.register_forward_pre_hook(
        lambda _, __, asked: computed.append(asked["input_ids"].numel()), with_kwargs=True
    )
    loop.score(prompts(200) * 8, prompts(10) * 8, 1.0)
    assert sum(computed) == 199 + 8 * 10


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
