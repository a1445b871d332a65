"""The journal survives what a training does not, whatever a model writes into it."""

import json

import numpy as np
import pytest
import torch

from rl.journal import LOG, SAMPLES, Journal, read_lines


def steps(folder):
    return [row["step"] for row in read_lines(folder / LOG)]


def test_a_line_that_was_cut_off_is_left_out_and_steps_are_not_there_twice(tmp_path):
    journal = Journal(tmp_path, 0)
    for step in (1, 2, 3):
        journal.log(step, {"reward": step / 10, "loss": float("nan")})
    with (tmp_path / LOG).open("a") as file:
        file.write('{"step": 4, "rew')
    assert steps(tmp_path) == [1, 2, 3]
    Journal(tmp_path, 2).log(3, {"reward": 0.5})
    assert [row["reward"] for row in read_lines(tmp_path / LOG)] == [0.1, 0.2, 0.5]
    assert read_lines(tmp_path / LOG)[0]["loss"] is None


def test_a_line_cut_off_at_any_byte_costs_that_line_alone(tmp_path):
    journal = Journal(tmp_path, 0)
    journal.log(1, {"text": "一"})
    whole = (tmp_path / LOG).read_bytes()
    journal.log(2, {"text": "二三"})
    both = (tmp_path / LOG).read_bytes()
    for end in range(len(whole), len(both) - 1):
        (tmp_path / LOG).write_bytes(both[:end])
        assert steps(tmp_path) == [1]
    Journal(tmp_path, 1).log(2, {})
    assert steps(tmp_path) == [1, 2]


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\nb\r\x0c", "[red]", "\ud800"])
def test_hostile_text_costs_no_line(tmp_path, text):
    journal = Journal(tmp_path, 0)
    journal.log(1, {"text": text})
    journal.log(2, {})
    assert steps(tmp_path) == [1, 2]
    Journal(tmp_path, 2)
    assert steps(tmp_path) == [1, 2]


def test_lines_are_json(tmp_path):
    logs = {"reward": float("inf"), "text": "二", "kl": np.float32(0.5), "all": [float("nan"), 1]}
    Journal(tmp_path, 0).log(1, logs)
    row = json.loads((tmp_path / LOG).read_text())
    assert row == {"step": 1, "reward": None, "text": "二", "kl": 0.5, "all": [None, 1]}


@pytest.fixture
def kept(tmp_path, graded):
    def make(rewards, weights=(1.0, 1.0)):
        samples = [graded(f"<answer>{n}</answer>") for n in range(len(rewards))]
        journal = Journal(tmp_path, 0)
        names = ["accuracy", "format"]
        journal.samples(1, samples, torch.tensor(rewards), names, torch.tensor(weights))
        return read_lines(tmp_path / SAMPLES)

    return make


def test_samples_are_the_best_the_worst_and_some_between_the_same_again(kept):
    rewards = [[float(n % 5), 0.0] for n in range(9)]
    rows = kept(rewards)
    assert [row["rewards"]["accuracy"] for row in rows[:2]] == [4, 0]
    assert len({row["text"] for row in rows}) == 4
    assert rows[0]["gold"] == "449"
    assert kept(rewards) == rows


def test_the_best_is_so_by_the_weighted_sum(kept):
    rows = kept([[1.0, 0.0], [0.0, 3.0], [0.5, 0.5]], (1.0, 0.1))
    assert [row["text"] for row in rows[:2]] == ["<answer>0</answer>", "<answer>1</answer>"]


def test_a_batch_of_one_and_rewards_that_are_none(kept):
    (row,) = kept([[float("nan"), float("nan")]])
    assert row["rewards"] == {"accuracy": None, "format": None}


def test_samples_are_due_by_the_steps_since_the_last_across_sessions(tmp_path, graded):
    journal = Journal(tmp_path, 0)
    assert journal.due(1, 10)
    journal.samples(1, [graded("x")], torch.ones(1, 1), ["accuracy"], torch.ones(1))
    assert not journal.due(9, 10)
    assert journal.due(17, 10)  # rollouts of 16 steps
    assert not Journal(tmp_path, 5).due(9, 10)
