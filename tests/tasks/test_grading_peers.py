"""Other people's graders give a verdict on whatever text they get."""

from __future__ import annotations

import pytest

from tasks.grading.peers import by_math_verify, by_string

ODD = [
    "",
    r"\boxed{",
    r"\boxed {5}",
    r"\fbox{5}",
    "\\boxed{\\frac}",
    r"\boxed{\sqrt}",
    r"\boxed{\text{ a}\text{ b}}",
    "{" * 20,
    "\x00\ud800\n",
]


@pytest.mark.parametrize("text", ODD)
def test_odd_text_gets_a_verdict(text: str) -> None:
    for gold, completion in ((text, r"It is \boxed{5}."), ("5", text), (text, text)):
        assert by_string(gold=gold, completion=completion).reason
        assert by_math_verify(gold=gold, completion=completion).reason


@pytest.mark.slow  # ten seconds, by definition
def test_what_math_verify_cannot_finish_is_unsure() -> None:
    grade = by_math_verify(gold="9^{9^{9^{9}}}", completion=r"It is \boxed{9^{9^{9^{8}}}}.")
    assert grade.verdict == "unsure"
    assert grade.reason == "math-verify: took more than 10 s of processor time"


def test_both_read_the_thought_as_their_users_have_them_do() -> None:
    cut = r"<think>Is it \boxed{5}? Wait,"
    assert by_math_verify(gold="5", completion=cut).verdict == "correct"
    assert by_string(gold="5", completion=cut).verdict == "correct"


def test_without_a_box_strings_compare_the_answer_that_was_found_otherwise() -> None:
    assert by_string(gold="5", completion="It is 5.", otherwise="5").verdict == "correct"
    assert by_string(gold="5", completion="It is 5.").verdict == "no_answer"
