"""Without network a command says so at once: no retries, and what is in the cache is taken."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("task", ["gsm8k", "lm-eval:gsm8k"])
def test_nothing_is_retried_where_the_hub_has_no_name(tmp_path, task):
    unset = {"HF_HUB_OFFLINE", "R1EVAL_DATA_DIR"}
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in unset and not name.lower().endswith("_proxy")
    }
    environment |= {"HF_ENDPOINT": "https://hub.invalid", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "r1eval", "eval", "nano", "--task", task, "--out", tmp_path / "run"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 2
    assert "Retry" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
