"""The journal survives what a training does not; the watch shows it and calls a collapse."""

import io
import json

import pytest
import torch
from rich.console import Console
from transformers import TrainerControl, TrainerState

from rl.journal import LOG, SAMPLES, Journal, read_lines
from rl.plots import draw_pass_at_k, draw_training
from rl.watch import Watch
from tasks.errors import UserError


def test_a_line_that_was_cut_off_is_left_out_and_steps_are_not_there_twice(tmp_path):
    journal = Journal(tmp_path, 0)
    for step in (1, 2, 3):
        journal.log(step, {"reward": step / 10, "loss": float("nan")})
    with (tmp_path / LOG).open("a") as file:
        file.write('{"step": 4, "rew')
    assert [row["step"] for row in read_lines(tmp_path / LOG)] == [1, 2, 3]
    Journal(tmp_path, 2).log(3, {"reward": 0.5})
    assert [row["reward"] for row in read_lines(tmp_path / LOG)] == [0.1, 0.2, 0.5]
    assert read_lines(tmp_path / LOG)[0]["loss"] is None


def test_samples_are_the_best_the_worst_and_some_between(tmp_path, graded):
    samples = [graded(f"<answer>{n}</answer>") for n in range(9)]
    rewards = torch.tensor([[float(n % 5), 0.0] for n in range(9)])
    Journal(tmp_path, 0).samples(1, samples, rewards, ["accuracy", "format"])
    rows = read_lines(tmp_path / SAMPLES)
    assert [row["rewards"]["accuracy"] for row in rows] == [0, 1, 2, 4]
    assert rows[0]["text"] == "<answer>0</answer>"
    assert rows[0]["gold"] == "449"


@pytest.fixture
def watched(tmp_path):
    def make(terminal=False, **options):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=160, markup=False)
        watch = Watch(tmp_path, ["accuracy"], 10, console=console, **options)
        state = TrainerState(max_steps=60)
        control = TrainerControl()
        watch.on_train_begin(None, state, control)

        def log(step, **logs):
            state.global_step = step
            watch.on_log(None, state, control, logs=logs)

        return watch, log, control, out

    return make


def test_a_line_a_step_where_there_is_no_terminal(watched):
    _, log, _, out = watched()
    log(1, reward=0.25, accuracy=0.5, entropy=0.7)
    log(2, train_loss=0.1)  # the trainer's last word is not a step
    assert out.getvalue() == "step 1/60: reward 0.250, correct 50.0%, entropy 0.70\n"


def test_a_table_on_a_terminal(watched):
    watch, log, _, out = watched(terminal=True)
    for step in range(1, 20):
        log(step, reward=0.25, kl=0.001, **{"rewards/accuracy/mean": 0.5})
    watch.on_train_end(None, None, None)
    text = out.getvalue()
    assert "step 19 of 60" in text
    assert "rewards: accuracy 0.500" in text
    assert "no signal" in text


def test_a_collapse_is_said_once_and_ends_the_training_if_asked(watched):
    watch, log, control, out = watched(stop_on_collapse=True)
    for step in range(1, 40):
        log(step, reward=0.8 if step < 20 else 0.01)
    assert out.getvalue().count("Collapse of reward since step 20") == 1
    assert "lower learning_rate" in out.getvalue().replace("\n", " ")
    assert control.should_training_stop
    assert [found.kind for found in watch.collapses] == ["reward"]


def test_plots_are_written(tmp_path):
    log = [{"step": n, "reward": n / 10, "accuracy": n / 20, "kl": None} for n in range(1, 9)]
    draw_training({"a": [log, log[:4]], "b": [log]}, tmp_path / "t.png", {"base": 0.1})
    draw_training({"a": [log]}, tmp_path / "t.svg")
    metrics = {
        f"pass@{k}": {"value": 0.1 * k, "ci95": [0.05 * k, 0.12 * k], "problems": 3}
        for k in (1, 2, 4)
    }
    draw_pass_at_k({"base": {**metrics, "cons@4": None}}, tmp_path / "k.png")
    for name in ("t.png", "t.svg", "k.png"):
        assert (tmp_path / name).stat().st_size > 5000
    with pytest.raises(UserError, match=r"\.png or an \.svg"):
        draw_training({"a": [log]}, tmp_path / "t.pdf")
    with pytest.raises(UserError, match="nothing to draw"):
        draw_training({"a": [[]]}, tmp_path / "t.png")


def test_lines_are_json(tmp_path):
    Journal(tmp_path, 0).log(1, {"reward": float("inf"), "text": "二"})
    assert json.loads((tmp_path / LOG).read_text()) == {"step": 1, "reward": None, "text": "二"}
