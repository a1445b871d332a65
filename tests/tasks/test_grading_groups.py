"""Which answers of a vote are one answer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.grading import group_equivalent, symbolic


def test_spellings_of_one_answer_share_a_group() -> None:
    answers = [r"\frac{1}{2}", "0.5", "x+1", r"50\%", "1+x", "(1,2)", "(2,1)", "(1, 2.0)"]
    assert group_equivalent(answers) == [0, 0, 1, 0, 1, 2, 3, 2]


def test_a_unit_may_be_left_out_but_not_changed() -> None:
    assert group_equivalent(["3 hours", "3 minutes", "3 hrs", "3 apples", "3"]) == [0, 1, 0, 0, 0]


def test_no_answers_make_no_groups() -> None:
    assert group_equivalent([]) == []


def test_ten_thousand_integers_need_no_comparison_by_another_process() -> None:
    asked = symbolic.equal.cache_info()
    groups = group_equivalent([str(n % 1000) for n in range(10_000)])
    assert groups == [n % 1000 for n in range(10_000)]
    assert symbolic.equal.cache_info() == asked


@settings(deadline=None)
@given(st.lists(st.sampled_from(["7", "07", "8", "x", "$x$", "y", "1,2", "2,1"]), max_size=12))
def test_groups_are_numbered_by_first_appearance(answers: list[str]) -> None:
    groups = group_equivalent(answers)
    assert list(dict.fromkeys(groups)) == list(range(len(set(groups))))
