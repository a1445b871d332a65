"""The arithmetic of `make bench-grade`, and its talk with graders in their own processes."""

import sys

import pytest

from benchmarks.grade import INTEGERS, missed
from benchmarks.peers import made, talk
from benchmarks.peers.figures import percentile, slow, speed, told_apart, without
from benchmarks.peers.page import integer_speeds, speeds
from benchmarks.peers.talk import Judged, Process


def took(seconds: float, *, cpu: float = 0.0, worker: bool = False, sympy: bool = False) -> Judged:
    return Judged("correct", "same number", "1", seconds, cpu or seconds, worker, sympy)


def test_speed_sums_and_ranks_the_seconds_of_rows():
    figures = speed([took(0.4, cpu=0.1), took(0.1), took(0.2), took(0.3)])
    assert (figures.rows, figures.median, figures.p99) == (4, 0.25, 0.4)
    assert figures.total == pytest.approx(1.0)
    assert figures.cpu == pytest.approx(0.7)


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (99, 99), (100, 99), (101, 100)])
def test_99_of_100_values_do_not_exceed_the_99th_percentile(count, expected):
    assert percentile(reversed(range(1, count + 1)), 99) == expected


def test_a_pair_is_slow_when_either_grader_is():
    ours = [took(0.1), took(2.5), took(0.1), took(2.0)]
    theirs = [took(3.0), took(0.1), took(0.1), took(2.0)]
    assert slow(ours, theirs) == [0, 1]
    assert without(ours, [0, 1]) == ours[2:]


def test_slow_pairs_are_listed_with_both_times_and_left_out_of_the_ratio():
    rows = [{"id": "one", "label": "equal"}, {"id": "two", "label": "equal"}]
    ours = [took(0.01), took(0.5, worker=True)]
    theirs = [took(0.3), took(7.5)]
    page = speeds(rows, {"r1eval": ours, "math-verify": theirs})
    assert "Speed on 1 pairs" in page
    assert "asked a worker process for 1 of all 2 pairs" in page
    assert "| math-verify | 0.300 | 0.300 | 300.000 | 300.000 | 3 | 30 | 30 | 30 | 30 |" in page
    assert "| two | equal | 0.500 (correct) | 7.500 (correct) |" in page
    assert "| one |" not in page


def test_integers_are_reported_by_halves_and_with_what_they_import():
    ours = [took(0.01), took(0.1, sympy=True)]
    page = integer_speeds({"r1eval": ours, "math-verify": [took(0.5), took(0.4)]})
    assert "the same integer twice, 50 times as fast" in page
    assert "two different ones,\n4 times" in page
    assert "**yes**" in page


def test_unsure_is_not_a_label():
    assert told_apart(["unsure", "truncated", "correct"], ["wrong", "no_answer", "correct"]) == 2


def test_a_row_is_missed_when_its_label_is_not_found():
    pairs = [
        {"id": label, "label": label, "reason": "", "answer": "1"}
        for label in ("equal", "not_equal")
    ]
    assert [row["id"] for row in missed(pairs, [took(0.1), took(0.1)])] == ["not_equal"]


def test_made_pairs_are_distinct_and_share_none_with_the_warm_up():
    measured = {(row["gold"], row["answer"]) for row in made.integers(INTEGERS, seed=1)}
    warm = {(row["gold"], row["answer"]) for row in made.integers(50, seed=2)}
    assert len(measured) == INTEGERS
    assert not measured & warm


def test_our_grader_settles_integers_without_sympy_or_a_worker():
    ours = Process("r1eval", sys.executable, made.integers(4, seed=2))
    judged = ours.grade(made.integers(20, seed=1))
    ours.close()
    assert [one.verdict for one in judged] == ["correct", "wrong"] * 10
    assert not any(one.sympy or one.worker for one in judged)


def test_only_what_a_worker_was_asked_counts_as_asked():
    integral = {"gold": r"\int_0^1 x^3 \, dx", "answer": r"\frac{1}{4}", "question": None}
    integer = {"gold": "5", "answer": "6", "question": None}
    ours = Process("r1eval", sys.executable, [integer])
    judged = ours.grade([integer, integral, integer])
    ours.close()
    assert [one.worker for one in judged] == [False, True, False]


def test_a_grader_that_hangs_is_killed_and_the_rest_is_graded(monkeypatch):
    monkeypatch.setattr(talk, "ROW_SECONDS", 3.0)  # math-verify gives up after five
    theirs = Process("math-verify", sys.executable, [{"gold": "1", "answer": "1"}])
    judged = theirs.grade([{"gold": "1", "answer": "9^{9^{9^9}}"}, {"gold": "2", "answer": "2"}])
    theirs.close()
    assert [one.verdict for one in judged] == ["killed", "correct"]
