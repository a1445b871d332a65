"""What the grader may be handed, and how it says that it was handed something else."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.grading import extract_answer, grade_answer, grade_completion, group_equivalent


@pytest.mark.parametrize("number", [73, 73.0, "73"])
def test_a_number_counts_as_its_text(number: float | str) -> None:
    assert grade_answer(gold=number, answer="073").verdict == "correct"
    assert grade_answer(gold="73", answer=number).verdict == "correct"
    assert grade_completion(gold=number, completion="It is 73.").verdict == "correct"
    assert grade_completion(gold="73", completion=number).verdict == "correct"
    assert extract_answer(completion=number) == str(number)
    assert group_equivalent(["073", number]) == [0, 0]


def test_zero_is_a_number_like_others() -> None:
    assert grade_answer(gold=0, answer=0.0).verdict == "correct"


@pytest.mark.parametrize("value", [None, True, ["73"], b"73", {"answer": 73}])
def test_what_is_neither_text_nor_a_number_is_said(value: Any) -> None:
    kind = "None" if value is None else type(value).__name__
    for call, name in (
        (lambda: grade_answer(gold=value, answer="73"), "gold"),
        (lambda: grade_answer(gold="73", answer=value), "answer"),
        (lambda: grade_completion(gold=value, completion="73"), "gold"),
        (lambda: grade_completion(gold="73", completion=value), "completion"),
        (lambda: extract_answer(completion=value), "completion"),
        (lambda: group_equivalent(["73", value]), "an answer"),
    ):
        with pytest.raises(TypeError, match=f"^{name} must be text or a number, not {kind}$"):
            call()
    if value is not None:
        with pytest.raises(TypeError, match=r"^question must be text"):
            grade_answer(gold="73", answer="73", question=value)


def test_a_number_without_end_is_none() -> None:
    with pytest.raises(ValueError, match=r"^gold must be text or a finite number, not nan$"):
        grade_answer(gold=float("nan"), answer="73")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"finish_reason": "LENGTH"}, "finish_reason is 'LENGTH': give 'stop' or 'length'"),
        ({"finish_reason": ""}, "finish_reason is '': give 'stop' or 'length'"),
        ({"thought": "prefill"}, "thought is 'prefill': give 'auto' or 'prefilled'"),
        ({"answer_type": "letter"}, "give 'integer', 'number', 'math' or 'choice'"),
    ],
)
def test_a_name_that_is_none_is_answered_with_those_that_are(
    options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        grade_completion(gold="73", completion="It is 73.", **options)
    with pytest.raises(ValueError, match=says):
        extract_answer(completion="It is 73.", **options)


@pytest.mark.parametrize("gold", ["", " ", "\n\t"])
@pytest.mark.parametrize("text", ["", " ", "4", r"\boxed{}", r"It is \boxed{4}.", "<think>4"])
def test_an_empty_gold_leaves_open_whatever_the_answer_is(gold: str, text: str) -> None:
    for grade in (
        grade_answer(gold=gold, answer=text),
        grade_completion(gold=gold, completion=text, finish_reason="length"),
    ):
        assert (grade.verdict, grade.reason) == ("unsure", "the gold answer is empty")
