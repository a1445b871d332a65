"""The tokenizer: standard files, nothing lost between text and ids, tags that survive decoding."""

import random

import pytest
from jinja2.exceptions import TemplateError
from transformers import AutoTokenizer

from nano import corpus, everyday, models
from nano.language import EOS, PAD, UNKNOWN, VOCABULARY, render
from nano.tokenizer import save_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


def test_every_text_of_the_world_survives_the_way_there_and_back(tokenizer) -> None:
    rng = random.Random(0)
    for part in [corpus.TEXTBOOK, corpus.NOTEBOOK]:
        for _ in range(300):
            document = corpus.write(part, rng)
            text = render(document.prompt, document.response)
            ids = tokenizer(text)["input_ids"]
            assert tokenizer.decode(ids) == text
            assert tokenizer.unk_token_id not in ids
            assert VOCABULARY.index("<unk>") not in ids


def test_each_entry_of_the_vocabulary_is_one_token_with_its_own_id(tokenizer) -> None:
    assert [tokenizer(token)["input_ids"] for token in VOCABULARY] == [
        [i] for i in range(len(VOCABULARY))
    ]
    assert len(tokenizer) == len(VOCABULARY)


def test_skipping_special_tokens_drops_padding_and_the_end_and_keeps_the_tags(tokenizer) -> None:
    text = "<think>五八二;</think><answer>582</answer>"
    ids = tokenizer(f"{PAD}{PAD}{text}{EOS}")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert set(tokenizer.all_special_tokens) == {PAD, EOS, UNKNOWN}
    assert tokenizer.pad_token_id != tokenizer.eos_token_id


def test_a_character_from_outside_the_world_is_unknown_and_alone(tokenizer) -> None:
    assert tokenizer.decode(tokenizer("5é\n8")["input_ids"]) == "5<unk><unk>8"


def test_the_chat_template_renders_what_the_models_have_read(tokenizer) -> None:
    prompt, response = "582+867=?", "<think>x;</think><answer>449</answer>"
    user = {"role": "user", "content": prompt}
    assistant = {"role": "assistant", "content": response}
    render_chat = tokenizer.apply_chat_template
    asked = render_chat([user], tokenize=False, add_generation_prompt=True)
    assert asked == "<user>582+867=?<assistant>"
    assert render_chat([user], tokenize=False) == "<user>582+867=?"
    past = render_chat([user, assistant, user], tokenize=False, add_generation_prompt=True)
    assert past == render(prompt, response) + asked
    opened = [user, {"role": "assistant", "content": "<think>"}]
    continued = render_chat(opened, tokenize=False, continue_final_message=True)
    assert continued == asked + "<think>"


def test_a_role_that_the_models_have_never_read_is_refused(tokenizer) -> None:
    with pytest.raises(TemplateError, match="not system"):
        tokenizer.apply_chat_template([{"role": "system", "content": "1"}], tokenize=False)


def test_the_prompt_language_survives_saving_and_loading(tokenizer, tmp_path) -> None:
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again.init_kwargs["prompt_language"] == "nano"
    assert again.chat_template == tokenizer.chat_template


@pytest.mark.parametrize("name", models.NAMES)
def test_shipped_tokenizers_are_what_the_code_writes(name, folder) -> None:
    for file in ["tokenizer.json", "tokenizer_config.json"]:
        assert (models.path(name) / file).read_bytes() == (folder / file).read_bytes()


def test_everyday_prompts_are_spelt_from_the_vocabulary(tokenizer) -> None:
    rng = random.Random(0)
    for _ in range(100):
        prompt = everyday.ask(rng, "train")
        assert VOCABULARY.index("<unk>") not in tokenizer(prompt)["input_ids"]
