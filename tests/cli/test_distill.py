"""`r1eval distill` as a user gives it."""

import json

import pytest

from distill.traces import read_traces
from r1eval.main import main

GENERATE = """
model: nano
tasks: [nano]
limit: 6
template: r1-zero
samples: 4
accepted: 2
temperature: 1
"""


def call(*args):
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in args])
    return caught.value.code


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "generate.yaml"
    path.write_text(GENERATE)
    return path


def test_a_teacher_is_asked_and_its_samples_are_traces(recipe, tmp_path, capsys):
    out = tmp_path / "run"
    assert call("distill", "generate", recipe, "--out", out) == 0
    assert "traces written to" in capsys.readouterr().out
    traces = list(read_traces(out / "traces.jsonl"))
    assert 12 <= len(traces) <= 24
    before = (out / "traces.jsonl").read_bytes()
    assert call("distill", "generate", recipe, "--out", out) == 0
    assert (out / "traces.jsonl").read_bytes() == before


def test_traces_are_mixed(recipe, tmp_path, capsys):
    out = tmp_path / "run"
    call("distill", "generate", recipe, "--out", out, "--set", "accepted=null")
    mixed = tmp_path / "mix.yaml"
    part = {"traces": str(out / "traces.jsonl")}
    mixed.write_text(json.dumps({"parts": [part, {**part, "thought": "empty", "share": 0.5}]}))
    assert call("distill", "mix", mixed, "--out", tmp_path / "mixed.jsonl") == 0
    assert "36 traces written to" in capsys.readouterr().out


def test_a_student_is_exported(tmp_path, capsys):
    from runs.models import find_model

    model = find_model("nano", None).source
    assert call("distill", "export", model, "--out", tmp_path / "student") == 0
    told = capsys.readouterr()
    assert "ollama create student -f" in told.out
    assert "no GGUF" in told.err
    assert call("distill", "export", model, "--out", tmp_path / "student") == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ("sample=3", "unknown"),
        ("model=nowhere", "nowhere"),
        ("samples=0", "samples"),
        ("tasks=[nope]", "nope"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(recipe, tmp_path, capsys, changes, text):
    assert call("distill", "generate", recipe, "--set", changes, "--out", tmp_path / "x") == 2
    err = capsys.readouterr().err
    assert text in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_help_lists_the_stages_and_an_unknown_one_is_refused(capsys):
    assert call("distill", "--help") == 0
    assert "generate" in capsys.readouterr().out
    assert call("distill", "generat") == 2
