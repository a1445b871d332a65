"""A model as the `ask` of a judge."""

from __future__ import annotations

import pytest

import nano.models
from runs.judge import MAX_TOKENS_THINKING, Asker, open_asker
from runs.models import find_model, load_engine
from tasks.errors import UserError


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker(load_engine("nano", find_model("nano"), {}))


SUMS = ["582+867=?", "120+345+001=?", "999+001=?"]


def test_every_prompt_gets_its_reply(asker: Asker) -> None:
    before = asker.tokens.copy()
    replies = asker(SUMS, 0)
    assert len(replies) == 3
    assert all(reply.endswith("</answer>") for reply in replies)
    assert asker.tokens["prompt"] > before["prompt"]
    assert 0 < asker.tokens["reply"] - before["reply"] <= 3 * MAX_TOKENS_THINKING


def test_the_same_seed_gives_the_same_replies_and_another_seed_others(asker: Asker) -> None:
    many = SUMS * 5
    assert asker(many, 1) == asker(many, 1)
    assert asker(many, 1) != asker(many, 2)


def test_equal_prompts_are_drawn_apart(asker: Asker) -> None:
    assert len(set(asker(SUMS[:1] * 16, 0))) > 1


def test_a_reply_does_not_depend_on_what_else_is_asked(asker: Asker) -> None:
    assert asker([SUMS[1], SUMS[0]], 3) == asker(SUMS[:2], 3)[::-1]


def test_no_prompt_is_no_call(asker: Asker) -> None:
    assert asker([], 0) == []


def test_a_prompt_beyond_half_of_the_context_gets_an_empty_reply(asker: Asker) -> None:
    long = "+".join(["123"] * 2000) + "=?"
    short, empty = asker([SUMS[0], long], 0)
    assert short
    assert empty == ""


def test_a_model_that_reads_no_english_is_refused() -> None:
    with pytest.raises(UserError, match="nano cannot judge: its tokenizer does not know English"):
        open_asker("nano")


def test_a_base_model_is_refused(tmp_path) -> None:
    for file in nano.models.path("base").iterdir():
        if file.suffix != ".md":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    config = tmp_path / "tokenizer_config.json"
    text = config.read_text(encoding="utf-8").replace('"chat_template"', '"not_a_template"')
    config.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="no chat template"):
        open_asker(str(tmp_path))
