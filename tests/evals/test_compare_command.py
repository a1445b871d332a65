"""`r1eval compare`, on run folders written as a run writes them."""

import json

import pytest

from evals.results import write_results
from r1eval.main import main
from runs.grade import grade_run
from runs.store import Store

from .conftest import write_run


@pytest.fixture
def grader(tmp_path):
    """A grader that accepts everything."""
    file = tmp_path / "mine.py"
    file.write_text("def kind(gold, completion):\n    return True\n")
    return f"{file}:kind"


def rescore(folder, grader):
    with Store(folder) as store:
        grade_run(store, grader)
    write_results(folder, grader)


def read_rows(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def r1eval(*arguments, command="compare"):
    with pytest.raises(SystemExit) as ended:
        main([command, *map(str, arguments)])
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
    assert r1eval(a, b, "--json", tmp_path / "out.json") == 0
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


def test_other_problems_under_the_same_ids_are_refused(tmp_path, capsys):
    a = write_run(tmp_path / "a", 0, 2, 4)
    b = write_run(tmp_path / "b", 2, 4, 4, question=lambda i: f"What is {2 * i}?")
    assert r1eval(a, b) == 2
    error = capsys.readouterr().err
    assert "2 of t have the same id but another text or gold answer (p1 first)" in error
    assert r1eval(a, b, "--common", "--json", tmp_path / "out.json") == 0
    differences = json.loads((tmp_path / "out.json").read_text())["differences"]
    assert {row["problems"] for row in differences} == {1}


def test_the_figures_compared_are_those_of_results_json(tmp_path, capsys, grader):
    a, b = write_run(tmp_path / "a", 0, 0), write_run(tmp_path / "b", 0, 4)
    assert r1eval(a, b) == 0
    assert "graded by" not in capsys.readouterr().out
    for run in (a, b):
        rescore(run, grader)
    assert r1eval(a, b, "--json", tmp_path / "out.json") == 0
    assert "graded by" in capsys.readouterr().out
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["grader"] == grader
    assert written["differences"][0]["difference"] == 0
    assert r1eval(a, b, "--grader", "ours", "--json", tmp_path / "out.json") == 0
    assert json.loads((tmp_path / "out.json").read_text())["differences"][0]["difference"] == 0.5


def test_figures_of_two_graders_are_not_compared(tmp_path, capsys, grader):
    a, b = write_run(tmp_path / "a", 0, 0), write_run(tmp_path / "b", 0, 4)
    rescore(a, grader)
    assert r1eval(a, b) == 2
    assert "--grader" in capsys.readouterr().err
    assert r1eval(a, b, "--grader", grader) == 2
    assert f"r1eval rescore {b} --grader {grader}" in capsys.readouterr().err
    assert r1eval(a, b, "--grader", "ours") == 0


def test_exported_verdicts_are_those_of_results_json(tmp_path, grader):
    run, out = write_run(tmp_path / "a", 1, samples=2), tmp_path / "rows.jsonl"
    rescore(run, grader)
    asked = [run, "--to", "jsonl", "--out", out]
    assert r1eval(*asked, command="export") == 0
    assert [row["verdict"] for row in read_rows(out)] == ["correct", "correct"]
    assert r1eval(*asked, "--grader", "ours", command="export") == 0
    assert [row["verdict"] for row in read_rows(out)] == ["correct", "wrong"]
