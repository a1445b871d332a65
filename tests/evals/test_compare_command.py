"""`r1eval compare`, on run folders written as a run writes them."""

import json

import pytest

from r1eval.main import main
from runs.grade import OURS
from runs.record import RunRecord
from runs.store import Store, StoredProblem
from tasks.grading.verdict import Grade, Verdict

RIGHT = Grade(Verdict.CORRECT, "7", "")
WRONG = Grade(Verdict.WRONG, "8", "")


def write_run(folder, *correct, samples=4):
    """A graded run of task ``t``: problem i has ``correct[i]`` right answers."""
    folder.mkdir()
    protocol = {"model": f"model-{folder.name}", "samples": samples}
    RunRecord(settings={}, protocol=protocol, tasks=[{"name": "t"}], journal="wal").save(folder)
    with Store(folder) as store:
        store.add_problems(
            StoredProblem("t", f"p{i}", i, "?", "7", "integer", "?", False)
            for i in range(len(correct))
        )
        store.set_grades(
            OURS,
            (
                ("t", f"p{i}", index, RIGHT if index < count else WRONG)
                for i, count in enumerate(correct)
                for index in range(samples)
            ),
        )
    return str(folder)


def r1eval(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(["compare", *arguments])
    return ended.value.code


def test_it_prints_both_models_and_every_figure(tmp_path, capsys):
    a, b = write_run(tmp_path / "a", 0, 2, 4), write_run(tmp_path / "b", 2, 4, 4)
    assert r1eval(a, b) == 0
    printed = capsys.readouterr().out
    assert "model-a" in printed
    assert "model-b" in printed
    (line,) = [line for line in printed.splitlines() if "pass@1" in line]
    assert all(cell in line for cell in ("50.0", "83.3", "+33.3", "0.500"))
    assert "cons@4" in printed


def test_it_writes_the_same_as_json(tmp_path):
    a, b = write_run(tmp_path / "a", 0, 2, 4), write_run(tmp_path / "b", 2, 4, 4)
    assert r1eval(a, b, "--json", str(tmp_path / "out.json")) == 0
    written = json.loads((tmp_path / "out.json").read_text())
    assert (written["model_a"], written["model_b"]) == ("model-a", "model-b")
    first = written["differences"][0]
    assert (first["task"], first["metric"], first["problems"]) == ("t", "pass@1", 3)
    assert first["difference"] == pytest.approx(1 / 3)
    assert first["ci95"][0] < first["difference"] < first["ci95"][1]


def test_different_problems_are_refused_in_one_line_unless_told(tmp_path, capsys):
    a, b = write_run(tmp_path / "a", 0, 2, 4), write_run(tmp_path / "b", 2, 4)
    assert r1eval(a, b) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--common" in error
    assert r1eval(a, b, "--common") == 0
