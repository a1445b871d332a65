"""lm-eval's own program with its own engine (`--model hf`) on our tasks: what it says of pass@k and
cons@k is what `r1eval import` makes of the same completions.
"""

import json
import os
import subprocess
import sys

import pytest

import nano.models
from evals.results import read_results
from r1eval.main import main


def call(*arguments) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code


def test_lm_evals_engine_on_our_task_has_our_figures(tmp_path, capsys):
    assert call("tasks", "path") == 0
    folder = capsys.readouterr().out.strip()
    model = f"pretrained={nano.models.path('base')},dtype=float32"
    command = [sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args", model]
    command += ["--device", "cpu", "--batch_size", "64", "--tasks", "r1_nano", "--limit", "6"]
    command += ["--include_path", folder, "--gen_kwargs", "max_gen_toks=64"]
    command += ["--apply_chat_template", "--log_samples", "--output_path", str(tmp_path / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (file,) = (tmp_path / "out").rglob("results_*.json")
    theirs = json.loads(file.read_text())["results"]["r1_nano"]
    (log,) = (tmp_path / "out").rglob("samples_r1_nano_*.jsonl")
    run = ("--format", "lm-eval", "--out", tmp_path / "run")
    assert call("import", log, *run) == 0
    (ours,) = read_results(tmp_path / "run")["tasks"]
    assert ours["samples_per_problem"] > 1
    shared = [name for name in ours["metrics"] if f"{name},r1eval" in theirs]
    assert {"pass@1", "pass@4", "cons@4"} <= set(shared)
    for name in shared:
        assert theirs[f"{name},r1eval"] == pytest.approx(ours["metrics"][name]["value"]), name
