"""The watch shows a training as it runs, and calls a collapse by its name."""

import io

import pytest
from rich.console import Console
from transformers import TrainerControl, TrainerState

from rl.journal import LOG, SAMPLES, read_lines
from rl.load import load_recipe
from rl.train import train
from rl.watch import COLUMNS, Watch


@pytest.fixture
def watched(tmp_path):
    def make(terminal=False, **options):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=160, markup=False)
        watch = Watch(tmp_path, ["accuracy", "format"], 10, console=console, **options)
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
    assert out.getvalue() == "step 1/60: reward 0.250, correct 50.0%, entropy 0.700, 0:00 left\n"


def test_a_table_on_a_terminal(watched):
    watch, log, _, out = watched(terminal=True)
    for step in range(1, 20):
        log(step, reward=0.25, kl=0.001, **{"rewards/accuracy/mean": 0.5})
    watch.on_train_end(None, None, None)
    text = out.getvalue()
    assert "step 19 of 60" in text
    assert "accuracy 0.500" in text
    assert "KL" in text
    assert "no signal" not in text  # a loss that does not log it


def test_a_collapse_is_said_once_and_ends_the_training_if_asked(watched):
    watch, log, control, out = watched(stop_on_collapse=True)
    for step in range(1, 40):
        log(step, reward=0.8 if step < 20 else 0.01)
    assert out.getvalue().count("Collapse of reward since step 20") == 1
    assert "lower learning_rate" in out.getvalue().replace("\n", " ")
    assert control.should_training_stop
    assert [found.kind for found in watch.collapses] == ["reward"]


def test_where_several_train_the_first_writes(tmp_path):
    state, control = TrainerState(max_steps=2, is_world_process_zero=False), TrainerControl()
    watch = Watch(tmp_path, ["accuracy"], 1)
    watch.on_train_begin(None, state, control)
    watch.on_log(None, state, control, logs={"reward": 0.1})
    assert not list(tmp_path.iterdir())


def test_the_table_fits_into_80_columns_with_its_headings_whole(watched):
    watch, log, _, _ = watched()
    log(3, **{key: 0.123 for key, _, _ in COLUMNS} | {"rollout_tokens_per_second": 12345.0})
    out = io.StringIO()
    Console(file=out, width=80).print(watch._table())
    assert "…" not in out.getvalue()
    assert "12345" in out.getvalue()


def test_parts_of_the_reward_stand_in_a_line(tmp_path):
    out = io.StringIO()
    watch = Watch(tmp_path, ["accuracy", "format"], 9, console=Console(file=out, width=80))
    state = TrainerState(max_steps=4)
    watch.on_train_begin(None, state, TrainerControl())
    state.global_step = 1
    parts = {"rewards/accuracy/mean": 0.25, "rewards/format/mean": None}
    watch.on_log(None, state, TrainerControl(), logs={"reward": None, **parts})
    assert out.getvalue() == "step 1/4: accuracy 0.250, 0:00 left\n"


def test_a_real_training_is_written_and_said(recipe, tmp_path, capfd):
    train(load_recipe(recipe(grpo={"max_completion_length": 32}, samples_every=1)), tmp_path)
    rows = read_lines(tmp_path / LOG)
    assert [row["step"] for row in rows] == [1, 2]
    known = {key for key, _, _ in COLUMNS} | {"seconds", "num_tokens", "thinks", "step_time"}
    assert known <= rows[0].keys()
    assert {row["step"] for row in read_lines(tmp_path / SAMPLES)} == {1, 2}
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("step ")]
    assert [line.split(":")[0] for line in said] == ["step 1/2", "step 2/2"]
