"""`--budgets` on eval and rescore, and `r1eval plot`."""

import csv
import json

import pytest

from r1eval.main import main

BUDGETS = "16,32,64"
SMALL = ["--task", "nano", "--limit", "6", "--samples", "4", "--protocol", "r1"]


def call(*args) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    return ended.value.code


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "plain"
    assert call("eval", "nano", *SMALL, "--max-tokens", 64, "--out", out) == 0
    return out


@pytest.fixture(scope="module")
def forced(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "forced"
    mode = ["--budgets", BUDGETS, "--budget-mode", "force"]
    assert call("eval", "nano", *SMALL, *mode, "--out", out) == 0
    return out


def task_of(run):
    (task,) = json.loads((run / "results.json").read_text())["tasks"]
    return task


def test_results_have_a_row_for_each_budget_in_the_contracts_form(forced):
    task = task_of(forced)
    rows = task["budgets"]
    assert [(row["budget"], row["mode"]) for row in rows] == [(b, "force") for b in (16, 32, 64)]
    for row in rows:
        assert row.keys() >= {"budget", "mode", "metrics", "finished"}
        assert list(row["metrics"]) == list(task["metrics"])
        assert 0 <= row["finished"] <= 1
        assert sum(row["outcomes"].values()) == 24
        assert row["answer_allowance"] == 32
        assert row["tokens"]["mean"] <= row["budget"] + 32
    assert rows[0]["gain"] is None
    assert rows[1]["gain"]["difference"] == pytest.approx(
        rows[1]["metrics"]["pass@1"]["value"] - rows[0]["metrics"]["pass@1"]["value"]
    )
    drawn = sum(row["tokens"]["forced"] for row in rows)
    assert task["tokens"]["forced"] == drawn > 0
    assert [(r["tokens"], r["m"]) for r in task["equal_tokens"]] == [(32, 2), (64, 4), (64, 2)]


def test_the_curve_is_written_as_a_table_and_as_images(forced):
    with (forced / "budgets.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["budget"] for row in rows} == {"16", "32", "64"}
    assert (forced / "budgets.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (forced / "budgets.svg").read_text()


def test_rescore_truncates_a_run_without_asking_the_model(plain, monkeypatch, capsys):
    from sampling.transformers_engine import TransformersEngine

    def loaded(*_, **__):
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(TransformersEngine, "__init__", loaded)
    assert call("rescore", plain, "--budgets", "16, 64,32") == 0
    assert "by budget of thought, mode truncate" in capsys.readouterr().out
    rows = task_of(plain)["budgets"]
    assert [row["budget"] for row in rows] == [16, 32, 64]
    assert rows[-1]["metrics"]["pass@1"] == task_of(plain)["metrics"]["pass@1"]
    assert call("rescore", plain) == 0, "a later rescore keeps the curve"
    assert task_of(plain)["budgets"] == rows


def test_rescore_adds_a_mode_beside_another(plain, tmp_path):
    assert call("rescore", plain, "--budgets", "16,64", "--budget-mode", "force") == 0
    assert call("rescore", plain, "--budgets", "16,64", "--budget-mode", "truncate") == 0
    rows = task_of(plain)["budgets"]
    assert {(row["mode"], row["budget"]) for row in rows} == {
        (mode, budget) for mode in ("truncate", "force") for budget in (16, 64)
    }
    assert call("plot", plain, "--out", tmp_path / "curve.svg") == 0
    assert (tmp_path / "curve.csv").is_file()


def test_the_same_command_again_has_nothing_to_draw(forced, monkeypatch):
    from sampling.transformers_engine import TransformersEngine

    def drawn(*_, **__):
        raise AssertionError("something was drawn")

    monkeypatch.setattr(TransformersEngine, "sample", drawn)
    before = task_of(forced)
    mode = ["--budgets", BUDGETS, "--budget-mode", "force"]
    assert call("eval", "nano", *SMALL, *mode, "--out", forced) == 0
    assert task_of(forced) == before


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--budgets", "many"], "like 512,1k,2k"),
        (["--budgets", "0"], "like 512,1k,2k"),
        (["--budgets", ","], "like 512,1k,2k"),
        (["--budgets", "16,16"], "once"),
        (["--budgets", "1k"], "leaves"),
        (["--budgets", "64", "--max-tokens", "32"], "ends before the largest budget"),
        (["--budget-mode", "force"], "needs --budgets"),
        (["--budgets", "64", "--wait", "hm"], "for --budget-mode extend"),
    ],
)
def test_wrong_budgets_are_refused_in_one_line(args, message, tmp_path, capsys):
    assert call("eval", "nano", *SMALL, *args, "--out", tmp_path / "run") == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_rescore_refuses_what_the_run_does_not_reach(plain, capsys):
    assert call("rescore", plain, "--budgets", "128") == 2
    assert "end at 64 tokens" in capsys.readouterr().err
    assert call("rescore", plain, "--budget-mode", "force") == 2
    assert "need --budgets" in capsys.readouterr().err


def test_a_tokenizer_that_is_gone_leaves_the_run_as_it_was(plain, monkeypatch, capsys):
    import nano.models

    before = (plain / "run.json").read_bytes()
    monkeypatch.setattr(nano.models, "path", lambda _: plain / "nowhere")
    assert call("rescore", plain, "--budgets", "16,48") == 2
    assert "tokenizer" in capsys.readouterr().err
    assert (plain / "run.json").read_bytes() == before


def test_plot_of_a_run_that_an_older_version_made_says_what_to_do(tmp_path, capsys):
    (tmp_path / "results.json").write_text(
        '{"tasks": [{"task": "t", "model": "m", "samples_per_problem": 1}]}'
    )
    assert call("plot", tmp_path, "--out", tmp_path / "x.png") == 2
    assert "has no budgets" in capsys.readouterr().err


def test_plot_refuses_a_run_without_budgets(tmp_path, capsys):
    assert call("plot", tmp_path, "--out", tmp_path / "x.png") == 2
    assert "rescore" in capsys.readouterr().err
