"""`eval --until-ci`: more samples where they tell most, until the interval is narrow."""

import json
import sqlite3

import pytest

from r1eval.main import main
from runs import record
from runs.draw import indices

ASK = [
    "eval",
    "nano",
    "--task",
    "nano",
    "--limit",
    "6",
    "--protocol",
    "r1",
    "--max-tokens",
    "160",
    "--temperature",
    "1",
]


def call(*args) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    return ended.value.code


def task_of(run):
    (task,) = json.loads((run / "results.json").read_text())["tasks"]
    return task


def keys(run):
    with sqlite3.connect(run / "samples.db") as db:
        return set(db.execute("SELECT problem_id, idx FROM samples"))


def rows(run):
    with sqlite3.connect(run / "samples.db") as db:
        return set(db.execute("SELECT problem_id, idx, seed, text FROM samples"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    assert call(*ASK, "--samples", 4, "--until-ci", 0.05, "--out", out) == 0
    return out


@pytest.fixture
def long_prompts(tmp_path):
    """Three problems, of which one does not fit into nano's context."""
    task = tmp_path / "long.jsonl"
    problems = ["111+222", "346+215", "+".join(["123"] * 130)]
    rows = [json.dumps({"id": str(i), "problem": p, "answer": "1"}) for i, p in enumerate(problems)]
    task.write_text("\n".join(rows))
    return task


def test_a_problem_that_is_too_long_is_missing_and_left_out(long_prompts, tmp_path):
    out = tmp_path / "run"
    ask = ["eval", "nano", "--task", long_prompts, "--protocol", "r1", "--max-tokens", 60]
    assert call(*ask, "--samples", 4, "--until-ci", 0.05, "--out", out) == 3
    task = task_of(out)
    assert task["outcomes"]["missing"] == 4
    assert task["metrics"]["pass@1"]["excluded"] == 1


def test_a_rerun_goes_as_far(finished, tmp_path):
    assert call("rerun", finished, "--out", tmp_path / "again") == 0
    assert "adaptive" in task_of(tmp_path / "again")


def test_it_goes_on_until_the_interval_is_narrow(finished, capsys):
    task = task_of(finished)
    low, high = task["metrics"]["pass@1"]["ci95_seeds"]
    assert (high - low) / 2 == pytest.approx(task["adaptive"]["half_width"])
    assert high - low <= 0.1
    asked = record.read(finished).rounds[-1]["nano"]["asked"]
    assert keys(finished) == set(indices(asked))
    assert task["adaptive"]["samples"] == len(keys(finished)) == sum(task["outcomes"].values())
    assert task["samples_per_problem"] == 4
    assert "pass@4" in task["metrics"]
    assert "pass@8" not in task["metrics"]


def test_the_same_command_again_draws_nothing_and_a_narrower_one_goes_on(
    finished, capsys, monkeypatch
):
    before = rows(finished)
    with monkeypatch.context() as patch:
        patch.setattr("sampling.transformers_engine.TransformersEngine.sample", None)
        assert call(*ASK, "--samples", 4, "--until-ci", 0.05, "--out", finished) == 0
    assert rows(finished) == before
    assert "pass@1 comes from" in capsys.readouterr().out
    assert call(*ASK, "--samples", 4, "--until-ci", 0.025, "--out", finished) == 0
    assert before < rows(finished)


def test_a_round_that_was_cut_off_gives_the_same_samples(finished, tmp_path):
    out = tmp_path / "run"
    assert call(*ASK, "--samples", 4, "--until-ci", 0.025, "--out", out) == 0
    whole = rows(out)
    with sqlite3.connect(out / "samples.db") as db:
        db.execute("DELETE FROM samples WHERE idx > 5 AND problem_id > 'm'")
        db.execute("DELETE FROM samples WHERE idx > 3 AND rowid % 3 = 0")
    assert call(*ASK, "--samples", 4, "--until-ci", 0.025, "--out", out) == 0
    assert rows(out) == whole


def test_no_problem_gets_more_than_was_allowed(tmp_path, capsys):
    out = tmp_path / "run"
    args = ["--samples", 4, "--until-ci", 0.01, "--max-samples", 6]
    assert call(*ASK, *args, "--out", out) == 0
    assert task_of(out)["adaptive"]["most"] == 6
    assert "±1 points were not reached" in capsys.readouterr().err
    assert call("eval", "nano", "--task", "nano", "--max-samples", 6, "--out", tmp_path / "x") == 2
    assert "is for --until-ci" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--samples", "3"], "an even number from 4 on"),
        (["--samples", "8", "--max-samples", "6"], "less than --samples"),
        (["--samples", "8", "--budgets", "16"], "do not go together"),
    ],
)
def test_what_cannot_be_is_refused(args, message, tmp_path, capsys):
    ask = [a for a in ASK if a not in {"--max-tokens", "160"}] if "--budgets" in args else ASK
    assert call(*ask, *args, "--until-ci", "0.1", "--out", tmp_path / "run") == 2
    assert message in capsys.readouterr().err
