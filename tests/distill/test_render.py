"""What a student is trained on is what evaluation will put to it, and the whole thought, once."""

import pytest
from transformers import AutoTokenizer

from distill.render import Renderer
from distill.traces import Trace
from runs.models import find_model
from sampling import tokens
from sampling.engine import Prompt
from tasks.errors import UserError

R1 = (
    "{% for message in messages %}{% if message['role'] == 'user' %}<user>{{ message['content'] }}"
    "{% endif %}{% if message['role'] == 'assistant' %}{% set content = message['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
    "<assistant>{{ content }}<eos>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant><think>{% endif %}"
)
"""DeepSeek-R1-Distill's in nano's words: thoughts of earlier turns go, and one is opened."""
SAID = "<think>582+867:2+7+0=09;</think><answer>449</answer>"


@pytest.fixture
def tokenizer():
    return AutoTokenizer.from_pretrained(find_model("nano", None).source)


def trace(text=SAID, question="582+867=?"):
    asked = [{"role": "user", "content": question}]
    return Trace(asked, [{"role": "assistant", "content": text}], {"id": "a"})


def rendered(tokenizer, text=SAID, ends=(1,)):
    return Renderer(tokenizer, "nano", frozenset(ends))(trace(text))


@pytest.mark.parametrize("template", [None, R1])
def test_the_prompt_is_evaluations_and_the_thought_is_there_once(tokenizer, template):
    if template is not None:
        tokenizer.chat_template = template
    row = rendered(tokenizer)
    asked = Prompt.chat("582+867=?")
    assert list(row.prompt) == tokens.encode(tokenizer, asked, "nano")
    text = tokenizer.decode([*row.prompt, *row.completion], skip_special_tokens=False)
    assert text.replace(" ", "") == f"<user>582+867=?<assistant>{SAID}<eos>"
    assert row.completion[-1] == tokenizer.eos_token_id


def test_a_reply_without_a_thought_closes_the_one_that_the_prompt_opened_only_if_it_says_so(
    tokenizer,
):
    tokenizer.chat_template = R1
    row = rendered(tokenizer, "<answer>449</answer>")
    assert tokenizer.decode(row.completion[:-1]).replace(" ", "") == "<answer>449</answer>"


def test_the_end_of_a_turn_is_the_templates(tokenizer):
    tokenizer.chat_template = tokenizer.chat_template.replace("<eos>", "wait")
    wait = tokenizer.convert_tokens_to_ids("wait")
    assert rendered(tokenizer, ends=(1, wait)).completion[-1] == wait
    assert rendered(tokenizer, ends=(1,)).completion[-1] == 1


def test_a_tokenizer_that_does_not_fit_is_refused(tokenizer):
    with pytest.raises(UserError, match="of the completion of a: it does not fit these traces"):
        rendered(tokenizer, "So we think about it: the answer is 449.")
    with pytest.raises(UserError, match="of the prompt of a: it does not fit these traces"):
        Renderer(tokenizer, "nano", frozenset({1}))(trace(question="What is 582 and 867?"))


def test_a_prompt_that_begins_with_what_also_stands_for_unknown_fits(tokenizer):
    """GPT-2 and its kin have one token for both."""
    tokenizer.unk_token = "<user>"
    row = rendered(tokenizer)
    assert row.prompt[0] == tokenizer.unk_token_id
