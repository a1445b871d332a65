"""What holds of grading for answers of every kind and for texts of no kind.

The same examples in every run. ``EXAMPLES=5000 pytest tests/tasks/test_grading_properties.py``
draws as many new ones; ``python -m benchmarks.fuzz_grading`` draws from the same grammar by the
hundred thousand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzzing.answer import Answer
from benchmarks.fuzzing.cases import PROPERTIES, Case, broken, misgrouped
from benchmarks.fuzzing.hostile import completion, hostile_case, soup
from benchmarks.fuzzing.kinds import KINDS
from tasks.grading import Verdict, grade_answer, grade_completion, group_equivalent
from tasks.problem import AnswerType

EXAMPLES = int(os.environ.get("EXAMPLES", 0))
RANDOM = st.randoms(use_true_random=False)
TEXT = st.one_of(st.text(), RANDOM.map(soup), RANDOM.map(completion))


def examples(count: int) -> settings:
    return settings(max_examples=EXAMPLES or count, derandomize=not EXAMPLES, deadline=None)


@pytest.mark.parametrize("claims", PROPERTIES, ids=lambda claims: claims.__name__)
@examples(120)
@given(kind=st.sampled_from(KINDS), rng=RANDOM)
def test_answers_of_every_kind_are_graded_by_their_value(
    claims: Callable[[Answer, Random], Iterator[Case]],
    kind: Callable[[Random], Answer],
    rng: Random,
) -> None:
    for case in claims(kind(rng), rng):
        assert broken(case) is None


@examples(60)
@given(kind=st.sampled_from(KINDS), rng=RANDOM)
def test_a_vote_groups_what_grading_calls_equal(
    kind: Callable[[Random], Answer], rng: Random
) -> None:
    assert misgrouped(kind(rng)) == []


@examples(150)
@given(gold=TEXT, answer=TEXT, question=st.none() | TEXT)
def test_any_text_is_graded(gold: str, answer: str, question: str | None) -> None:
    assert grade_answer(gold=gold, answer=answer, question=question).verdict in Verdict


@examples(150)
@given(
    gold=TEXT,
    completion=TEXT,
    finish_reason=st.sampled_from(["stop", "length", None]),
    thought=st.sampled_from(["auto", "prefilled"]),
    answer_type=st.sampled_from(["math", "choice"]),
)
def test_any_completion_is_graded(
    gold: str,
    completion: str,
    finish_reason: str | None,
    thought: Literal["auto", "prefilled"],
    answer_type: AnswerType,
) -> None:
    grade = grade_completion(
        gold=gold,
        completion=completion,
        finish_reason=finish_reason,
        thought=thought,
        answer_type=answer_type,
    )
    if not gold.strip():
        assert (grade.verdict, grade.extracted) == ("unsure", None)
    else:
        assert (grade.extracted is None) == (grade.verdict in ("no_answer", "truncated"))


@examples(100)
@given(RANDOM)
def test_hostile_texts_are_graded(rng: Random) -> None:
    assert broken(hostile_case(rng)) is None


@examples(100)
@given(st.lists(TEXT, max_size=5))
def test_any_texts_are_grouped_and_equal_texts_together(texts: list[str]) -> None:
    groups = group_equivalent(texts + texts)
    assert groups[: len(texts)] == groups[len(texts) :]


@examples(200)
@given(TEXT)
def test_any_text_that_says_something_equals_itself(text: str) -> None:
    expected = Verdict.CORRECT if text.strip() else Verdict.UNSURE
    assert grade_answer(gold=text, answer=text).verdict is expected
