"""Which option a text chooses, where several are named."""

from __future__ import annotations

import pytest

from tasks.grading import extract_answer, grade_completion


@pytest.mark.parametrize(
    "completion",
    [
        "Only choice B conserves momentum, since option A does not.\n\nAnswer: B",
        "So I would select B over the other choice A.\nAnswer: B",
        "**Answer: B**\n\nNote that option A fails.",
        "Option A is wrong.\n### Final Answer\n\n**(B)**",
        "Option A is wrong.\nANSWER: $\\text{B}$",
        "Answer: A\nNo, that has the wrong sign.\nAnswer: B",
        "Option A is wrong, so The Answer is B. Choose it over option C.",
        "A is too large. I would Select option B.",
        "The energy is \\boxed{3.2\\text{ eV}}, not that of option A.\n\nAnswer: B",
        "\\boxed{B}\n\nAnswer: see above; option A fails.",
    ],
)
def test_the_strongest_sign_decides_and_of_several_such_the_last(completion: str) -> None:
    grade = grade_completion(gold="B", completion=completion, answer_type="choice")
    assert (grade.verdict, grade.extracted) == ("correct", "B")


@pytest.mark.parametrize("completion", ["Answer: a proton", "I choose a path.", "Answer: Both"])
def test_a_choice_is_a_capital_that_stands_alone(completion: str) -> None:
    assert extract_answer(completion=completion, answer_type="choice") is None


def test_of_a_text_that_was_cut_off_only_a_boxed_letter_counts() -> None:
    def cut(text: str) -> str | None:
        return extract_answer(completion=text, finish_reason="length", answer_type="choice")

    assert cut(r"\boxed{B}. Let me check") == "B"
    assert cut("Answer: B, but let me") is None
    assert cut(r"That gives \boxed{3.2}. I would choose B") is None


@pytest.mark.parametrize(
    "completion",
    [
        "It can't be A or C, which leaves B.",
        "A, C and D are wrong, so B.",
        "I would go with B. The others are too small.",
        "B is correct because A fails.",
        "The answer isn't A, it is B.",
        "正确答案是 B。A 和 C 都不对。",
        "Die richtige Antwort ist B.",
        "Answer: A? No, that is too small.\nAnswer: B",
        "<|begin_of_solution|>\n\nB\n\n<|end_of_solution|>",
        "The answer is B.\n\nQuestion: Which is the smallest?\nAnswer: A",
    ],
)
def test_what_is_denied_or_asked_later_is_not_chosen(completion: str) -> None:
    assert extract_answer(completion=completion, answer_type="choice") == "B"


@pytest.mark.parametrize(
    "completion",
    [
        "I'm sorry, I cannot choose between A and B without the passage.",
        "Let me go through them. Option A is about energy, and option B is about",
    ],
)
def test_a_refusal_or_an_unfinished_sentence_chooses_nothing(completion: str) -> None:
    assert extract_answer(completion=completion, answer_type="choice") is None


@pytest.mark.parametrize(
    "completion",
    [
        "The answer is B or C.",
        "Answer: B and C",
        "Answer: B, C",
        "B or C",
        "(B) or (C)",
        "The answer is $\\text{B}$ or $\\text{C}$.",
        "It's either B or C.",
        "I would choose B or C.",
        "B or C is correct.",
        "Both B and C are correct.",
        "The answer is both B and C.",
        "The answer is probably B, but it could be C.",
        "The answer is B (or possibly C).",
        "The answer is B. It could also be C.",
        "I think B, but C is also possible.",
        "The answer could be B or could be C.",
        "Option B fits.\n\n\\boxed{B, C}",
        "答案是B或C",
    ],
)
def test_several_letters_are_an_answer_together_and_none_of_them_alone(completion: str) -> None:
    for gold, verdict in (("B", "wrong"), ("C", "wrong"), ("B, C", "correct")):
        grade = grade_completion(gold=gold, completion=completion, answer_type="choice")
        assert (grade.verdict, grade.extracted) == (verdict, "B, C")


@pytest.mark.parametrize(
    "completion",
    [
        "Answer: B, since C is too large.",
        "The answer is B and not C.",
        "The answer is B. C and D are too small.",
        "Answer: B, A and C are wrong.",
        "The answer is B; A or C would not work.",
        "Between B and C, B is better. The answer is B.",
        "Unlike A or C, B is heavier than water.",
        "A and C are correct statements, so the answer is B.",
        "It is neither A nor C, so B.",
        "The answer is B or C. Since C is even, it must be B.",
        "The answer is B, and A is wrong.",
        "The answer is B, A and C are wrong.",
    ],
)
def test_letters_that_are_spoken_of_otherwise_are_not_part_of_the_answer(completion: str) -> None:
    assert extract_answer(completion=completion, answer_type="choice") == "B"


def test_of_two_letters_that_are_denied_none_is_chosen() -> None:
    assert extract_answer(completion="It is neither B nor C.", answer_type="choice") is None
