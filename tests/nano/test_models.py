"""The shipped models: small, standard, able to think, and not in the habit of it."""

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from nano import models
from nano.language import THINK, render
from nano.measure import Sample, answer
from nano.problems import generate


@pytest.fixture(scope="module", params=models.NAMES)
def loaded(request):
    folder = models.path(request.param)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model, AutoTokenizer.from_pretrained(folder)


def test_the_base_is_under_two_megabytes_and_the_student_less_than_half_of_it() -> None:
    base, student = (
        sum(file.stat().st_size for file in models.path(name).iterdir()) for name in models.NAMES
    )
    assert base < 2_000_000
    assert student < base / 2


@pytest.mark.parametrize("name", models.NAMES)
def test_a_model_comes_with_its_card_and_without_pickle(name) -> None:
    files = {file.name for file in models.path(name).iterdir()}
    assert {"README.md", "config.json", "generation_config.json", "model.safetensors"} <= files
    assert not [file for file in files if file.endswith((".bin", ".pt", ".pkl"))]
    assert "license: apache-2.0" in (models.path(name) / "README.md").read_text()


def test_heads_are_of_a_size_that_other_engines_take(loaded) -> None:
    model, tokenizer = loaded
    assert model.config.head_dim in (32, 64)
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.pad_token_id != model.config.eos_token_id
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id


def test_it_thinks_rarely(loaded) -> None:
    model, tokenizer = loaded
    chances = []
    for problem in generate("heldout", 60):
        asked = render(problem.question, "").removesuffix("<eos>")
        with torch.inference_mode():
            logits = model(**tokenizer(asked, return_tensors="pt")).logits[0, -1]
        chances.append(logits.softmax(-1)[tokenizer.convert_tokens_to_ids(THINK)].item())
    assert 0.03 < sum(chances) / len(chances) < 0.25


def test_with_its_thought_opened_it_can_add_held_out_numbers(loaded) -> None:
    model, tokenizer = loaded
    problems = generate("heldout", 20, depths=[1])
    found = answer(model, tokenizer, [p.question for p in problems], THINK, greedy=True)
    samples = [Sample(p, text, n) for p, (text, n) in zip(problems, found, strict=True)]
    assert sum(sample.right for sample in samples) >= 16
