"""Several graders' verdicts on one run, held against each other."""

import json

import pytest

from evals.audit import FILE, audit, write_audit
from runs.grade import OURS
from runs.store import Store
from tasks.errors import UserError
from tasks.grading.verdict import Grade, Verdict

from .conftest import RIGHT, WRONG, write_run

CUT_OFF = Grade(Verdict.TRUNCATED, None, "cut off")
UNSURE = Grade(Verdict.UNSURE, None, "too long")


@pytest.fixture
def run(tmp_path):
    """Three problems × 4 samples: ours has 0, 2 and 4 right; theirs as below."""
    folder = write_run(tmp_path / "run", 0, 2, 4)
    theirs = [
        [RIGHT, CUT_OFF, WRONG, WRONG],  # ours: wrong ×4
        [RIGHT, RIGHT, WRONG, UNSURE],  # ours: right, right, wrong, wrong
        [RIGHT, RIGHT, WRONG, WRONG],  # ours: right ×4
    ]
    with Store(folder) as store:
        store.set_grades(
            "theirs",
            (
                ("t", f"p{i}", index, grade)
                for i, grades in enumerate(theirs)
                for index, grade in enumerate(grades)
            ),
        )
    return folder


def test_each_grader_makes_its_own_figure(run):
    (task,) = audit(run, [OURS, "theirs"])
    ours, theirs = task.opinions
    assert ours.pass_at_1.value == pytest.approx((0 + 1 / 2 + 1) / 3)
    assert theirs.pass_at_1.value == pytest.approx((1 / 4 + 2 / 3 + 1 / 2) / 3)
    assert theirs.outcomes == {
        **{"correct": 5, "wrong": 5, "no_answer": 0},
        **{"truncated": 1, "unsure": 1, "missing": 0},
    }


def test_the_gain_over_the_first_is_paired_by_problem(run):
    (task,) = audit(run, [OURS, "theirs"])
    assert task.opinions[0].gain is None
    gain = task.opinions[1].gain
    assert gain.difference == pytest.approx((1 / 4 + 1 / 6 - 1 / 2) / 3)
    assert (gain.b_better, gain.a_better, gain.equal) == (2, 1, 0)
    assert gain.ci95[0] < gain.difference < gain.ci95[1]


def test_pairs_count_every_sample_once(run):
    (task,) = audit(run, [OURS, "theirs"])
    (pair,) = task.pairs
    assert (pair.agree, pair.only_a, pair.only_b, pair.one_unsure) == (8, 2, 1, 1)


def test_wrong_and_truncated_are_no_dispute_but_unsure_is(run):
    (task,) = audit(run, [OURS, "theirs"])
    assert [(d.problem_id, d.index) for d in task.disputed] == [
        *(("p0", 0), ("p1", 3), ("p2", 2), ("p2", 3))
    ]


def test_every_disputed_sample_is_written_with_each_graders_reason(run):
    write_audit(run, audit(run, ["theirs", OURS]))
    rows = [json.loads(line) for line in (run / FILE).read_text().splitlines()]
    assert [(row["problem_id"], row["index"]) for row in rows] == [
        *(("p0", 0), ("p1", 3), ("p2", 2), ("p2", 3))
    ]
    assert rows[1] == {
        **{"task": "t", "problem_id": "p1", "index": 3, "gold": "7", "extracted": "8"},
        "graders": {
            "theirs": {"verdict": "unsure", "extracted": None, "reason": "too long"},
            OURS: {"verdict": "wrong", "extracted": "8", "reason": ""},
        },
    }


def test_a_grader_that_graded_nothing_is_an_error(run):
    with pytest.raises(UserError, match="have no verdict of nobody"):
        audit(run, [OURS, "nobody"])


def test_missing_samples_are_not_disputed(tmp_path):
    folder = write_run(tmp_path / "run", 1, 2)
    with Store(folder) as store:
        store._db.execute("DELETE FROM samples WHERE idx = 3")
        store._db.execute("DELETE FROM verdicts WHERE idx = 3")
        kept = store.keys()
        store.set_grades("theirs", [(*key, RIGHT) for key in kept])
    (task,) = audit(folder, [OURS, "theirs"])
    assert task.opinions[1].outcomes["missing"] == 2
    assert len(task.disputed) == 3
    assert task.pairs[0].agree == 3
