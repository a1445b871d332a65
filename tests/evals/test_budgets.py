"""Figures at budgets: paired, with equal-token votes beside them, as a plot and a table."""

import csv

import pytest

from evals.budgets import Point, equal_tokens
from evals.curves import COLUMNS, read_curves, write_curves
from evals.outcomes import ProblemOutcome
from runs.files import write_json
from tasks.errors import UserError
from tasks.grading.verdict import Verdict as V


def problem(name, *verdicts):
    votes = tuple({V.CORRECT: 0, V.WRONG: 1}.get(v) for v in verdicts)
    return ProblemOutcome(name, verdicts, votes)


def point(budget, *problems):
    return Point("force", budget, list(problems), [])


def test_a_vote_of_short_samples_is_held_against_one_long_sample_problem_by_problem():
    short = point(16, problem("a", *[V.CORRECT] * 3, V.WRONG), problem("b", *[V.WRONG] * 4))
    long = point(64, problem("a", *[V.CORRECT] * 4), problem("b", *[V.CORRECT] * 2, *[V.WRONG] * 2))
    (row,) = equal_tokens("t", [short, long])
    assert (row["tokens"], row["m"], row["budget"]) == (64, 4, 16)
    assert row["pass@1"]["value"] == 0.75
    assert row["cons@4"]["value"] == 0.5
    assert row["difference"] == -0.25
    assert row["ci95"] is not None


def test_a_vote_takes_no_more_samples_than_there_are_and_whole_shares_of_the_budget():
    two = [problem("a", V.CORRECT, V.WRONG)]
    rows = equal_tokens("t", [point(b, *two) for b in (16, 24, 32, 64)])
    assert [(r["tokens"], r["m"], r["budget"]) for r in rows] == [(32, 2, 16), (64, 2, 32)]


@pytest.fixture
def run(tmp_path):
    def make(name, model="nano", task="nano", modes=("truncate", "force")):
        folder = tmp_path / name
        folder.mkdir()
        rows = [
            {
                "budget": budget,
                "mode": mode,
                "metrics": {
                    "pass@1": {"value": budget / 512, "ci95": [0.0, 0.6], "problems": 4},
                    "cons@4": {"value": None, "ci95": None, "problems": 0},
                },
                "finished": 0.5,
                "tokens": {"mean": 12.5, "forced_mean": 1.5, "forced": 6},
            }
            for mode in modes
            for budget in (256, 16)
        ]
        of_task = {"task": task, "model": model, "samples_per_problem": 4, "budgets": rows}
        write_json(folder / "results.json", {"schema_version": 1, "tasks": [of_task]})
        return folder

    return make


def test_curves_of_several_runs_go_into_one_plot_and_one_table(run, tmp_path):
    runs = [run("base"), run("teacher", model="r1"), run("other", task="aime24")]
    images = [tmp_path / "curve.png", tmp_path / "curve.svg"]
    write_curves(runs, tmp_path / "curve.csv", images)
    assert images[0].read_bytes().startswith(b"\x89PNG")
    drawn = images[1].read_text()
    assert "<svg" in drawn
    with (tmp_path / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 3 * 2 * 2 * 2
    assert [r["budget"] for r in rows[:4]] == ["16", "16", "256", "256"]
    assert {r["value"] for r in rows if r["metric"] == "cons@4"} == {""}
    before = images[1].read_bytes()
    write_curves(runs, None, images)
    assert images[1].read_bytes() == before, "the same figures give the same bytes"


def test_what_cannot_be_drawn_is_said(run, tmp_path):
    folder = run("base")
    with pytest.raises(UserError, match=r"has no pass@8 of nano: it has pass@1, cons@4"):
        write_curves([folder], None, [tmp_path / "x.png"], "pass@8")
    with pytest.raises(UserError, match=r"give a \.png or an \.svg"):
        write_curves([folder], None, [tmp_path / "x.pdf"])
    with pytest.raises(UserError, match="no budgets"):
        read_curves([run("none", modes=())])
    with pytest.raises(UserError, match="rescore"):
        read_curves([tmp_path])
