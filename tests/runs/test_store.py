"""Every finished sample is committed at once, none twice."""

import sqlite3
from dataclasses import replace

import pytest

from runs.store import FILE, Store
from runs.stored import Sample, StoredProblem
from tasks.grading import Grade, Verdict

PROBLEM = StoredProblem("sums", "b", 0, "1+1?", "2", "integer", "<user>1+1?", True)
SAMPLE = Sample("sums", "b", 0, 2**31 - 1, "2 ♥\n", "stop", 5, 0, 3, "ids", (3, 70000, 1), 1.5)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        opened.set_problems([PROBLEM, replace(PROBLEM, problem_id="a", position=1)])
        yield opened


def test_a_sample_comes_back_as_it_was(store):
    assert store.add_sample(SAMPLE)
    assert list(store.samples(ids=True)) == [SAMPLE]


def test_token_ids_are_read_only_when_asked_for(store):
    store.add_sample(SAMPLE)
    assert list(store.samples()) == [replace(SAMPLE, token_ids=None)]


def test_a_sample_is_there_for_others_as_soon_as_it_was_added(store, tmp_path):
    store.add_sample(SAMPLE)
    other = sqlite3.connect(tmp_path / FILE)
    assert other.execute("SELECT count(*) FROM samples").fetchone() == (1,)


def test_no_sample_is_kept_twice_and_the_first_one_stays(store):
    assert store.add_sample(SAMPLE)
    assert not store.add_sample(replace(SAMPLE, text="other"))
    assert [s.text for s in store.samples()] == [SAMPLE.text]


def test_samples_come_in_the_order_of_the_problems(store):
    for problem, index in [("a", 0), ("b", 10), ("b", 2)]:
        store.add_sample(replace(SAMPLE, problem_id=problem, index=index))
    assert [(s.problem_id, s.index) for s in store.samples()] == [("b", 2), ("b", 10), ("a", 0)]


def test_problems_come_back_as_they_were(store):
    assert store.problems()[0] == PROBLEM


def test_new_verdicts_replace_the_old_ones_of_that_grader_alone(store):
    store.set_grades("ours", [("sums", "b", 0, Grade(Verdict.WRONG, "3", "no"))])
    store.set_grades("theirs", [("sums", "b", 0, Grade(Verdict.CORRECT, "2", "yes"))])
    store.set_grades("ours", [("sums", "b", 1, Grade(Verdict.CORRECT, "2", "yes"))])
    assert list(store.grades("ours")) == [("sums", "b", 1)]
    assert store.grades("theirs")["sums", "b", 0] == Grade(Verdict.CORRECT, "2", "yes")


def test_verdicts_are_replaced_whole_or_not_at_all(store):
    store.set_grades("ours", [("sums", "b", 0, Grade(Verdict.WRONG, "3", "no"))])
    twice = ("sums", "b", 1, Grade(Verdict.CORRECT, "2", "yes"))
    with pytest.raises(sqlite3.IntegrityError):
        store.set_grades("ours", [twice, twice])
    assert list(store.grades("ours")) == [("sums", "b", 0)]
