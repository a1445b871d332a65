"""`r1eval distill` as a user gives it."""

import json
import re

import pytest
from safetensors.torch import load_file

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


@pytest.fixture
def solved(tmp_path):
    from distill.traces import write_traces
    from tests.distill.conftest import solved

    path = tmp_path / "solved.jsonl"
    write_traces(path, solved(48))
    return path


SMALL = {
    "sft.max_steps": 3, "sft.per_device_train_batch_size": 8, "sft.logging_steps": 1,
    "sft.save_steps": 1, "eval.limit": 4, "eval.samples": 2, "report_to": [],
}  # fmt: skip


def train(solved, out, *more):
    small = [part for k, v in SMALL.items() for part in ("--set", f"{k}={json.dumps(v)}")]
    return call("distill", "train", "nano", "--traces", solved, *small, *more, "--out", out)


def test_a_student_is_trained_and_evaluated_before_and_after(solved, tmp_path, capsys):
    out = tmp_path / "student"
    assert train(solved, out) == 0
    told = capsys.readouterr()
    assert "48 traces" in told.err
    assert "step 3/3: loss" in told.err
    assert f"r1eval compare {out / 'eval' / 'base'}" in told.out
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == [1, 2, 3]
    assert train(solved, out) == 0  # and again does nothing anew
    assert "step 3/3" not in capsys.readouterr().err
    assert train(solved, out, "--set", "sft.learning_rate=0.1") == 2
    assert "was begun with another recipe" in capsys.readouterr().err


def test_a_student_with_an_adapter_is_a_whole_model_afterwards(solved, tmp_path):
    """Evaluated and exported as any other; the adapter stands apart."""
    out = tmp_path / "student"
    assert train(solved, out, "--set", "lora={r: 4}") == 0
    assert (out / "eval" / "trained" / "results.json").is_file()
    assert (out / "model" / "config.json").is_file()
    assert not (out / "model" / "adapter_config.json").exists()
    assert (out / "adapter" / "adapter_config.json").is_file()
    assert call("distill", "export", out / "model", "--out", tmp_path / "small") == 0
    weights = load_file(tmp_path / "small" / "model.safetensors")
    assert not any("lora" in name for name in weights)


def test_kill_at_any_step_and_the_same_command(solved, tmp_path):
    import os
    import signal
    import subprocess
    import sys
    import time

    def start(name):
        small = {**SMALL, "sft.max_steps": 8, "eval": None}
        small = {k: v for k, v in small.items() if not k.startswith("eval.")}
        ask = ["distill", "train", "nano", "--traces", str(solved), "--out", str(tmp_path / name)]
        ask += [part for k, v in small.items() for part in ("--set", f"{k}={json.dumps(v)}")]
        command = [sys.executable, "-c", "from r1eval.main import main; main()", *ask]
        return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)

    def figures(name):
        rows = [json.loads(x) for x in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        return [(row["step"], row["loss"], row["grad_norm"]) for row in rows]

    whole = start("whole")
    _, said = whole.communicate(timeout=200)
    assert whole.returncode == 0, said
    cut, log = start("cut"), tmp_path / "cut" / "log.jsonl"
    while not (log.is_file() and log.read_bytes().count(b"\n") >= 3):
        assert cut.poll() is None
        time.sleep(0.01)
    os.kill(cut.pid, signal.SIGKILL)
    cut.communicate()
    again = start("cut")
    _, said = again.communicate(timeout=200)
    assert again.returncode == 0, said
    assert b"Going on after step" in said
    assert figures("cut") == figures("whole")


def test_a_recipe_runs_every_stage_and_again_does_nothing_anew(tmp_path, capsys):
    small = {
        **SMALL, "generate.model": "nano", "generate.limit": 60, "generate.samples": 8,
    }  # fmt: skip
    ask = [part for k, v in small.items() for part in ("--set", f"{k}={json.dumps(v)}")]
    out = tmp_path / "distilled"
    assert call("distill", "nano", *ask, "--out", out) == 0
    told = capsys.readouterr()
    assert "Funnel" in told.out
    assert "step 3/3: loss" in told.err
    assert "Writing model shards" not in told.err
    (gain,) = re.findall("pass@1 after less before, by problem: (.*)", told.out)
    assert re.fullmatch(r"[+-]\S+ points \[\S+, \S+\], p = \S+", gain)
    card = (out / "export" / "README.md").read_text()
    assert "| verdict |" in card
    assert "| after | nano |" in card
    assert "Asked by `r1-zero` at temperature 1, alike." in card
    assert f"pass@1 after less before, paired by problem: {gain}." in card
    assert not list((out / "student").glob("**/README.md"))  # TRL's says nothing true
    assert (out / "export" / "Modelfile").is_file()
    ledger = (out / "kept.ledger.jsonl").read_text().splitlines()
    kept = list(read_traces(out / "kept.jsonl"))
    assert len(ledger) + len(kept) == 480
    assert all(trace.meta["verdict"] == "correct" for trace in kept)
    assert call("distill", "nano", *ask, "--out", out) == 0
    assert "step 3/3" not in capsys.readouterr().err


def test_nothing_left_after_filters_names_the_filter(solved, tmp_path, capsys):
    args = ["--set", f"traces=[{solved}]", "--set", "filters=[{use: length, args: {at_most: 1}}]"]
    assert call("distill", "nano", *args, "--out", tmp_path / "x") == 2
    assert "the filter length dropped the last" in capsys.readouterr().err
    assert (tmp_path / "x" / "kept.ledger.jsonl").is_file()


def test_a_teacher_that_says_nothing_is_found_out_and_its_samples_stay(tmp_path, capsys):
    small = {**SMALL, "generate.model": "nano", "generate.limit": 4, "generate.max_tokens": 1}
    ask = [part for k, v in small.items() for part in ("--set", f"{k}={json.dumps(v)}")]
    out = tmp_path / "silent"
    assert call("distill", "nano", *ask, "--out", out) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert "the filter verdict dropped the last of them" in told
    assert len((out / "kept.ledger.jsonl").read_text().splitlines()) == 16
    assert len(list(read_traces(out / "teacher" / "traces.jsonl"))) == 16
    assert not (out / "student").exists()


def test_a_teacher_that_is_not_there_is_named(tmp_path, capsys):
    gone = tmp_path / "r1-zero" / "model"
    change = ("--set", f"generate.model={gone}")
    assert call("distill", "nano", *change, "--out", tmp_path / "x") == 2
    assert capsys.readouterr().err == f"r1eval: no such model folder: {gone}\n"
