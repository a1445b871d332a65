"""`r1eval rl` and `doctor` as a user gives them."""

import json

import pytest

from r1eval.main import main

SMALL = {
    "data.limit": 64, "grpo.max_steps": 2, "grpo.num_generations": 4, "grpo.save_steps": 1,
    "grpo.per_device_train_batch_size": 8, "grpo.gradient_accumulation_steps": 2,
    "grpo.max_completion_length": 64, "report_to": ["tensorboard"], "eval.limit": 6,
    "eval.samples": 2,
}  # fmt: skip


def call(*args):
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in args])
    return caught.value.code


def small():
    return [part for k, v in SMALL.items() for part in ("--set", f"{k}={json.dumps(v)}")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("rl") / "run"
    assert call("rl", "r1-zero", "--on", "nano", *small(), "--no-preflight", "--out", out) == 0
    return out


def test_it_leaves_a_model_evaluations_and_curves(trained):
    for name in ("training.png", "training.svg", "pass_at_k.png", "model/config.json", "rl.json"):
        assert (trained / name).is_file()
    assert list((trained / "runs").rglob("events.out.tfevents.*"))
    assert not (trained / ".writing").exists()
    for name in ("base", "trained"):
        (task,) = json.loads((trained / "eval" / name / "results.json").read_text())["tasks"]
        assert task["problems"] == 6
    assert call("compare", trained / "eval" / "base", trained / "eval" / "trained") == 0


def test_the_same_command_again_trains_nothing(trained, capsys):
    before = (trained / "log.jsonl").read_bytes()
    assert call("rl", "r1-zero", "--on", "nano", *small(), "--no-preflight", "--out", trained) == 0
    assert (trained / "log.jsonl").read_bytes() == before


def test_another_recipe_in_the_same_folder_is_refused(trained, capsys):
    again = [*small(), "--set", "grpo.beta=0.1"]
    assert call("rl", "r1-zero", "--on", "nano", *again, "--no-preflight", "--out", trained) == 2
    assert "grpo.beta: 0.001 there, 0.1 now" in capsys.readouterr().err


def test_the_plan_shows_every_formula_and_writes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("rl", "r1-zero", "--on", "7b", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "learning_rate: 1.0e-06" in said
    assert "7,620,000,000" in said
    assert "max_steps 10,400" in said
    assert not list(tmp_path.iterdir())


def test_doctor_says_what_is_wrong_and_with_which_code(tmp_path, capsys):
    mine = tmp_path / "mine.yaml"
    mine.write_text("extends: [r1-zero, nano]\ngrpo: {max_completion_length: 600}\n")
    assert call("doctor", mine, "--no-probe") == 2
    assert "lower it to" in capsys.readouterr().err.replace("\n", " ")
    assert call("doctor", "r1-zero", "--on", "nano", "--no-probe") == 0


def test_training_for_nothing_is_refused(tmp_path, capsys):
    hard = tmp_path / "hard.jsonl"
    rows = [{"id": n, "problem": f"{n:03d}+001=?", "answer": "7777"} for n in range(64)]
    hard.write_text("\n".join(map(json.dumps, rows)))
    ask = [*small(), "--set", f"data.task={hard}", "--set", "rewards=[{use: accuracy}]"]
    assert call("rl", "r1-zero", "--on", "nano", *ask, "--out", tmp_path / "run") == 2
    assert "there is no signal" in capsys.readouterr().err.replace("\n", " ")
    assert not (tmp_path / "run" / "rl.json").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nope"], "unknown recipe 'nope'"),
        (["r1-zero"], "put it on one"),
        (["r1-zero", "--on", "nano"], "give --out"),
        (["r1-zero", "--on", "nano", "--set", "grpo.max_stps=3"], "did you mean 'max_steps'"),
        (["r1-zero", "--on", "nano", "--set", "x=["], "is not YAML"),
        (["r1-zero", "--on", "nano", "--set", "x"], "is not KEY=VALUE"),
    ],
)
def test_mistakes_are_one_line(args, message, capsys):
    assert call("rl", *args) == 2
    assert message in capsys.readouterr().err
