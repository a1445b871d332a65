"""Stages that build on one another: only what changed is done again, a killed one goes on, and what
is misspelt is said before the first stage runs.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from pipeline.manifest import Manifest, address
from pipeline.recipe import read_pipeline
from pipeline.run import StageFailed, run_pipeline, state_of
from r1eval.main import main
from tasks.errors import UserError

SFT = {
    "max_steps": 2,
    "per_device_train_batch_size": 4,
    "gradient_checkpointing": False,
    "save_steps": 1,
    "logging_steps": 1,
}
WRITTEN = {
    "stages": [
        {
            "name": "mixed",
            "kind": "mix",
            "parts": [{"traces": "nano_traces.py:talk"}],
            "total": 24,
        },
        {
            "name": "student",
            "kind": "sft",
            "model": "nano:student-base",
            "traces": ["@mixed"],
            "report_to": [],
            "sft": SFT,
        },
        {
            "name": "figures",
            "kind": "eval",
            "model": "@student",
            "tasks": ["nano"],
            "limit": 4,
            "samples": 2,
            "temperature": 1.0,
            "max_tokens": 32,
        },
    ]
}


def written(tmp_path, **changes):
    recipe = json.loads(json.dumps(WRITTEN))
    for name, change in changes.items():
        stage = next(one for one in recipe["stages"] if one["name"] == name)
        stage |= change
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def call(*arguments):
    with pytest.raises(SystemExit) as caught:
        main([str(one) for one in arguments])
    return caught.value.code


class Commands:
    """Notes what is asked for, and makes what a stage would leave behind."""

    def __init__(self, code=0):
        self.asked, self.code = [], code

    def __call__(self, arguments):
        self.asked.append(arguments[1] if arguments[0] == "distill" else arguments[0])
        return self.code


def states(stages, out):
    manifest = Manifest(out)
    return {n: state_of(one, manifest) for n, one in address(stages, out).items()}


def finish(stages, out, **options):
    """Runs it with commands that only make the folders."""
    commands = Commands()
    made = address(stages, out)
    told = []

    def command(arguments):
        for one in made.values():
            if str(one.folder) in " ".join(arguments):
                one.folder.mkdir(parents=True, exist_ok=True)
        return commands(arguments)

    run_pipeline(stages, out, command, lambda one, state: told.append(state), **options)
    return commands.asked, told


def test_the_whole_of_it_runs_and_a_second_time_does_nothing(tmp_path, capfd):
    out = tmp_path / "out"
    assert call("pipeline", written(tmp_path), "--out", out) == 0
    entries = json.loads((out / "manifest.json").read_text())["stages"].values()
    assert [one["name"] for one in entries] == ["mixed", "student", "figures"]
    (results,) = out.glob("stages/figures.*/results.json")
    assert json.loads(results.read_text())["tasks"][0]["samples_per_problem"] == 2
    before = {path: path.stat().st_mtime_ns for path in (out / "stages").rglob("*")}
    capfd.readouterr()
    assert call("pipeline", written(tmp_path), "--out", out) == 0
    assert capfd.readouterr().err.count(": done") == 3
    assert {path: path.stat().st_mtime_ns for path in (out / "stages").rglob("*")} == before


def test_one_seed_reaches_every_stage_that_draws_and_a_change_of_one_stage_wins(tmp_path):
    path = str(written(tmp_path))
    of = {stage.name: stage.recipe for stage in read_pipeline(path, seed=7)}
    assert (of["mixed"]["seed"], of["student"]["sft"]["seed"], of["figures"]["seed"]) == (7, 7, 7)
    of = {stage.name: stage.recipe for stage in read_pipeline(path, {"figures": {"seed": 1}}, 7)}
    assert (of["student"]["sft"]["seed"], of["figures"]["seed"]) == (7, 1)
    assert "seed" not in read_pipeline(path)[1].recipe["sft"]


def test_only_what_changed_and_what_rests_on_it_is_done_again(tmp_path):
    out = tmp_path / "out"
    stages = read_pipeline(str(written(tmp_path)))
    assert finish(stages, out)[0] == ["mix", "train", "eval"]
    assert finish(stages, out)[0] == []
    changed = read_pipeline(str(written(tmp_path, student={"sft": {**SFT, "max_steps": 3}})))
    assert states(changed, out) == {"mixed": "done", "student": "to do", "figures": "to do"}
    assert finish(changed, out)[0] == ["train", "eval"]
    assert finish(stages, out)[0] == []  # taken back: what was there is found again


def test_a_file_that_changed_is_a_change(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = tmp_path / "mine.py"
    code.write_text("def rows():\n    return []\n")
    given = written(tmp_path, mixed={"parts": [{"traces": "mine.py:rows"}]})
    before = address(read_pipeline(str(given)), tmp_path)
    code.write_text("def rows():\n    return [1]\n")
    after = address(read_pipeline(str(given)), tmp_path)
    assert all(before[name].key != after[name].key for name in before)


def test_from_does_a_stage_and_what_rests_on_it_anew_and_keeps_the_old(tmp_path):
    out = tmp_path / "out"
    stages = read_pipeline(str(written(tmp_path)))
    finish(stages, out)
    assert finish(stages, out, redo_from="student")[0] == ["train", "eval"]
    names = sorted(path.name.partition(".")[2][12:] for path in (out / "stages").iterdir())
    assert names == ["", "", "", ".before-1", ".before-1"]


def test_only_does_these_alone_and_needs_their_parents(tmp_path):
    out = tmp_path / "out"
    stages = read_pipeline(str(written(tmp_path)))
    with pytest.raises(UserError, match="stage student needs mixed, which is not done"):
        finish(stages, out, only=["student"])
    assert finish(stages, out, only=["mixed"])[0] == ["mix"]
    assert finish(stages, out, only=["student"])[0] == ["train"]


def test_a_stage_that_fails_is_not_done_and_ends_the_pipeline(tmp_path):
    out = tmp_path / "out"
    stages = read_pipeline(str(written(tmp_path)))
    commands = Commands(code=2)
    with pytest.raises(StageFailed, match="stage mixed ended with exit code 2"):
        run_pipeline(stages, out, commands, lambda one, state: None)
    assert commands.asked == ["mix"]
    assert set(states(stages, out).values()) == {"to do"}


def test_missing_samples_are_told_by_the_exit_code(tmp_path):
    stages = read_pipeline(str(written(tmp_path)))
    made = address(stages, tmp_path / "out")

    def command(arguments):
        for one in made.values():
            one.folder.mkdir(parents=True, exist_ok=True)
        return 3 if arguments[0] == "eval" else 0

    assert run_pipeline(stages, tmp_path / "out", command, lambda one, state: None) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"student": {"sft": {"max_step": 3}}}, "did you mean 'max_steps'"),
        ({"student": {"traces": ["@mixd"]}}, "did you mean @mixed"),
        ({"mixed": {"parts": [{"traces": "@figures"}]}}, "names none that comes before"),
        ({"figures": {"kind": "evaluate"}}, "Input should be"),
        ({"figures": {"name": "student"}}, "two stages are called student"),
        ({"figures": {"task": "nano"}}, "did you mean 'tasks'"),
        ({"student": {"extends": "nanoo"}}, "did you mean nano"),
    ],
)
def test_what_is_misspelt_is_said_before_anything_runs(tmp_path, capsys, changes, says):
    assert call("pipeline", written(tmp_path, **changes), "--out", tmp_path / "out") == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--only", "studnt"], "did you mean student"),
        (["--from", "xyz"], "there are mixed, student, figures"),
        (["--set", "studnt.sft.max_steps=3"], "did you mean student"),
    ],
)
def test_a_stage_that_is_not_there(tmp_path, capsys, options, says):
    assert call("pipeline", written(tmp_path), "--out", tmp_path / "out", *options) == 2
    assert says in capsys.readouterr().err


def test_a_dry_run_tells_what_would_be_done(tmp_path, capsys):
    assert call("pipeline", "r1-nano", "--out", tmp_path / "out", "--dry-run") == 0
    said = capsys.readouterr().out
    for name in ("cold-start", "reasoning-rl", "samples", "sft", "r1"):
        assert name in said
    assert not (tmp_path / "out").exists()


def test_kill_and_the_same_command(tmp_path):
    """In the middle of a training: it goes on from its checkpoint, to the same weights."""
    longer = {"student": {"sft": {**SFT, "max_steps": 6}}}

    def start(out):
        run = "from r1eval.main import main; main()"
        asked = ["pipeline", str(written(tmp_path, **longer)), "--out", str(out)]
        return subprocess.Popen(
            [sys.executable, "-c", run, *asked], start_new_session=True, stderr=subprocess.DEVNULL
        )

    assert start(tmp_path / "whole").wait(200) == 0
    cut = start(tmp_path / "cut")
    while not list((tmp_path / "cut").glob("stages/student.*/checkpoint-2")):
        assert cut.poll() is None
        time.sleep(0.01)
    os.killpg(cut.pid, signal.SIGKILL)
    cut.wait()
    assert start(tmp_path / "cut").wait(200) == 0
    (one,), (other,) = (
        (tmp_path / name).glob("stages/student.*/model/model.safetensors")
        for name in ("whole", "cut")
    )
    assert one.read_bytes() == other.read_bytes()
