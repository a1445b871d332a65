"""From a whole completion to a verdict."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.grading import Verdict, extract_answer, grade_answer, grade_completion

RAMBLE = "Then p(4) is 6(4 - r), and I should check that once more with r = -6. " * 10


def verdict(completion: str, *, gold: str = "24", **options: str) -> Verdict:
    return grade_completion(gold=gold, completion=completion, **options).verdict  # type: ignore[arg-type]


def test_a_box_in_the_thought_does_not_count_for_a_finished_answer_either() -> None:
    assert verdict(r"<think>\boxed{24}</think>I am not sure.") == "no_answer"


def test_a_prefilled_thought_that_was_not_closed_is_truncated() -> None:
    assert verdict(r"It is \boxed{24}", thought="prefilled") == "truncated"
    assert verdict(r"It is \boxed{24}", thought="auto") == "correct"


def test_a_thought_that_was_not_closed_was_cut_off_unless_the_model_stopped_by_itself() -> None:
    assert verdict(r"<think>It is \boxed{24}, or") == "truncated"
    assert verdict(r"<think>It is \boxed{24}, or", finish_reason="length") == "truncated"
    assert verdict(r"<think>It is \boxed{24}.", finish_reason="stop") == "no_answer"
    assert verdict("It is 24.", thought="prefilled", finish_reason="stop") == "no_answer"


@pytest.mark.parametrize("end", ["So, p(0) + p(4) = 24", "24", "the total is 24 +", "= 24"])
def test_a_ramble_that_stops_on_the_right_number_does_not_count(end: str) -> None:
    assert verdict(RAMBLE + end) == "no_answer"
    assert verdict(RAMBLE + end, finish_reason="length") == "truncated"


def test_a_text_known_to_be_finished_may_end_in_its_answer() -> None:
    assert verdict(f"{RAMBLE}\n\n24", finish_reason="stop") == "correct"
    assert verdict(f"<think>{RAMBLE}</think>24") == "correct"


def test_a_text_that_was_cut_off_counts_only_what_was_marked_as_the_answer() -> None:
    assert verdict(r"So it is \boxed{24}. Let me check", finish_reason="length") == "correct"
    assert verdict(r"So it is \boxed{25}. Let me check", finish_reason="length") == "wrong"
    assert verdict("Therefore, the answer is 24.", finish_reason="length") == "truncated"
    assert verdict(r"So it is \boxed{2", finish_reason="length") == "truncated"


def test_an_empty_completion_has_no_answer() -> None:
    assert verdict("") == "no_answer"
    assert grade_answer(gold="24", answer=" ").verdict == "no_answer"


@pytest.mark.parametrize(
    ("completion", "extracted"),
    [
        ("The answer is (B).", "B"),
        (r"\boxed{\text{(B)}}", "B"),
        ("答案是B", "B"),
        ("B) because the others are larger", "B"),
        ("A cube has 6 faces, and so has D. Therefore B", "B"),
    ],
)
def test_a_choice_is_found_where_the_task_asks_for_one(completion: str, extracted: str) -> None:
    grade = grade_completion(gold="B", completion=completion, answer_type="choice")
    assert (grade.verdict, grade.extracted) == ("correct", extracted)


def test_an_article_is_no_choice() -> None:
    grade = grade_completion(gold="A", completion="A cube is larger.", answer_type="choice")
    assert grade.verdict != "correct"


def test_a_verdict_says_what_it_rests_on() -> None:
    grade = grade_completion(gold="24", completion=r"It is \boxed{024}.")
    assert (grade.extracted, grade.reason) == ("024", "same number")


@pytest.mark.parametrize(
    ("completion", "options", "answer"),
    [
        (r"<think>\boxed{3}</think>So it is \boxed{4}.", {}, "4"),
        (r"<think>\boxed{3}", {}, None),
        ("So the answer is 4.", {"finish_reason": "length"}, None),
        ("I choose B.", {"answer_type": "choice"}, "B"),
    ],
)
def test_the_answer_alone_can_be_had(
    completion: str, options: dict[str, str], answer: str | None
) -> None:
    assert extract_answer(completion=completion, **options) == answer  # type: ignore[arg-type]
    grade = grade_completion(gold="4", completion=completion, **options)  # type: ignore[arg-type]
    assert grade.extracted == answer


LATEX_SIGNS = r"""
\frac { } ( ) [ ] \{ \} \sqrt ^ _ 1 23 x , . = < \le \pm \cup \in \text{ cm} \boxed{ $ % & \\ ! /
e \pi \infty \begin{pmatrix} \end{pmatrix} answer is <think> </think> **
"""
LATEX_LIKE = st.lists(st.sampled_from(LATEX_SIGNS.split()), max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.one_of(LATEX_LIKE, st.text(max_size=30)), LATEX_LIKE)
def test_no_text_raises_and_every_answer_equals_itself(answer: str, other: str) -> None:
    if answer.strip():
        assert grade_answer(gold=answer, answer=answer).verdict == "correct"
    assert grade_answer(gold="7", answer=answer).verdict in list(Verdict)
    assert grade_completion(gold="7", completion=answer + other).verdict in list(Verdict)


def test_nesting_and_length_do_not_raise() -> None:
    for answer in ("(1," * 600, r"\frac{" * 300, "{" * 1900, r"\sqrt{" * 300 + "2" + "}" * 300):
        assert grade_answer(gold="(1,2)", answer=answer).verdict in ("wrong", "unsure")
    assert grade_answer(gold="1", answer="1" * 100_000).verdict == "wrong"
