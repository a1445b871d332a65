"""Two processes that train one policy, as `torchrun` starts them, over gloo."""

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from rl.checkpoints import MODEL
from rl.journal import LOG, read_lines

SMALL = {
    "grpo.max_steps": 2, "grpo.num_generations": 4, "grpo.save_steps": 1, "data.limit": 64,
    "grpo.per_device_train_batch_size": 6, "grpo.gradient_accumulation_steps": 1,
    "grpo.max_completion_length": 48, "report_to": [], "eval": "null", "grpo.learning_rate": 1e-4,
    "rewards": "[{use: accuracy}]",
}  # fmt: skip


def train(out, processes, *changes):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc_per_node", str(processes), "-m"]
    command += ["r1eval", "rl", "r1-zero", "--on", "nano", "--no-preflight"]
    for change in [f"{key}={value}" for key, value in SMALL.items()] + list(changes):
        command += ["--set", change]
    done = subprocess.run(
        [*command, "--out", str(out)],
        capture_output=True,
        timeout=300,
        text=True,
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return read_lines(out / LOG)


@pytest.mark.slow
def test_two_processes_train_what_one_trains(tmp_path):
    """A rollout of 12 in three groups of 4: the second lies across both. Rollouts are seeded by
    their place in the whole, so the figures are the same.
    """
    one = train(tmp_path / "one", 1, "grpo.per_device_train_batch_size=12")
    two = train(tmp_path / "two", 2)
    for key in ("reward", "accuracy", "signalless", "completions/mean_length"):
        assert [row[key] for row in two] == pytest.approx([row[key] for row in one]), key
    for key in ("loss", "grad_norm", "kl"):
        close = pytest.approx([row[key] for row in one], rel=1e-3, abs=1e-6)
        assert [row[key] for row in two] == close, key
    weights = [load_file(tmp_path / n / MODEL / "model.safetensors") for n in ("one", "two")]
    assert all(torch.allclose(a, weights[1][name], atol=2e-5) for name, a in weights[0].items())


@pytest.mark.slow
def test_groups_without_signal_are_replaced_across_processes(tmp_path):
    changes = ["rollouts.dynamic_sampling=3", "data.limit=null"]
    rows = train(tmp_path / "two", 2, *changes)
    one = train(tmp_path / "one", 1, *changes, "grpo.per_device_train_batch_size=12")
    for row, same in zip(rows, one, strict=True):
        assert row["signalless"] == pytest.approx(same["signalless"])
        assert row["dynamic_sampling/signalless"] <= row["signalless"]
        assert row["dynamic_sampling/drawn"] > 1
    assert any(row["dynamic_sampling/signalless"] < row["signalless"] for row in rows)
