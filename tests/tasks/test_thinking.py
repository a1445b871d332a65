"""Splitting a thought from its answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.thinking import Split, Tags, split_thought


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("<think>a</think>b", "a", "b"),
        ("\n<think>a</think>\n\nb", "a", "\n\nb"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "a", "b"),
        ("a</think>b", "a", "b"),
        ("<think></think>b", "", "b"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("<thinking>a</thinking>b", "a", "b"),
        ("[THINK]a[/THINK]b", "a", "b"),
        ("<think>a<reasoning>b</reasoning>c</think>d", "a<reasoning>b</reasoning>c", "d"),
        ("<|im_start|>think\na<|im_start|>answer\nb", "\na", "\nb"),
        ("<think>a</think>b\nUser: c\n<think>d</think>e", "a", "b\nUser: c\n<think>d</think>e"),
        ("<think>a</think>b<think>c</think>d", "a</think>b<think>c", "d"),
    ],
)
def test_a_closed_thought_is_split_from_the_answer(text: str, thought: str, answer: str) -> None:
    assert split_thought(text) == Split(thought, answer, opened=True, closed=True)


@pytest.mark.parametrize("text", ["<think>a", "<|begin_of_thought|>a"])
def test_an_unclosed_thought_leaves_no_answer(text: str) -> None:
    assert split_thought(text) == Split("a", "", opened=True, closed=False)


def test_a_thought_opened_again_and_left_open_leaves_no_answer() -> None:
    assert split_thought("<think>a</think>b<think>c").answer == ""


def test_without_tags_all_is_answer() -> None:
    assert split_thought("a") == Split("", "a", opened=False, closed=False)


def test_a_prompt_that_opened_the_thought_makes_the_text_a_thought() -> None:
    assert split_thought("a", prefilled=True) == Split("a", "", opened=True, closed=False)
    assert split_thought("a</think>b", prefilled=True).answer == "b"


def test_a_model_may_repeat_the_tag_of_the_prompt() -> None:
    assert split_thought("<think>a</think>b", prefilled=True).thought == "a"


def test_tags_of_another_model_can_be_given() -> None:
    assert split_thought("[a]b", tags=[Tags("[", "]")]).answer == "b"


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["<think>", "</think>", "a", "b"]), max_size=8).map("".join),
    st.booleans(),
)
def test_thought_and_answer_are_parts_of_the_text_and_an_open_thought_answers_nothing(
    text: str, prefilled: bool
) -> None:
    split = split_thought(text, prefilled=prefilled)
    assert split.thought in text
    assert text.endswith(split.answer)
    assert not (split.opened and not split.closed and split.answer)
    assert split.opened or split.answer == text
