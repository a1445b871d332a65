"""lm-eval's tasks in our runs, our tasks and engines in the real lm_eval program: one set of
completions, one set of figures.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridges.lm_eval.write import FOLDER, yaml_of
from r1eval.main import main
from runs.stops import before_stop
from runs.store import Store
from tasks.load import load_task
from tasks.schema import task_names

STOP = "</answer>"
YAML = """\
task: nano_sums
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
repeats: 4
generation_kwargs:
  until: ["</answer>"]
  do_sample: true
  temperature: 0.6
  top_p: 0.95
  max_gen_toks: 200
filter_list:
  - name: answer
    filter: [{{function: regex, regex_pattern: "<answer>(\\\\d+)"}}, {{function: take_first}}]
  - name: whole
    filter: [{{function: take_first}}]
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
"""
LIMIT = 10
R1 = ["--limit", str(LIMIT), "--samples", "4"]


def r1eval(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


def lm_eval(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "bridges.lm_eval", "--model", "r1eval"),
            *("--limit", str(LIMIT), "--log_samples", "--output_path", str(out), *arguments),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )


def logged(out: Path, task: str) -> list[dict]:
    (log,) = out.rglob(f"samples_{task}_*.jsonl")
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def figures(out: Path, task: str) -> dict[str, float]:
    (file,) = out.rglob("results_*.json")
    return json.loads(file.read_text())["results"][task]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    data = folder / "nano.jsonl"
    rows = [{"question": p.question, "answer": p.gold} for p in load_task("nano").problems[:24]]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "nano_sums.yaml").write_text(YAML.format(data=data))
    return folder


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    task = ["--task", "lm-eval:nano_sums", "--include-path", str(folder)]
    assert r1eval("eval", "nano", *task, *R1, "--budgets", "32,128", "--out", str(out)) == 0
    return out


def test_an_lm_eval_task_runs_with_pass_at_k_and_budgets(run):
    results = json.loads((run / "results.json").read_text())
    (task,) = results["tasks"]
    assert results["grader"] == "lm-eval"
    assert task["task"] == "lm-eval:nano_sums"
    assert {"pass@4", "cons@4"} <= task["metrics"].keys()
    assert [row["budget"] for row in task["budgets"]] == [32, 128]
    assert task["protocol"]["until"] == {"lm-eval:nano_sums": [STOP]}


def test_a_reply_ends_at_the_stop_string(run):
    with Store(run) as store:
        texts = [sample.text for sample in store.samples() if sample.finish_reason == "stop"]
    assert any(text.endswith(STOP) for text in texts)
    assert all(text.count(STOP) <= 1 for text in texts)


def test_the_other_filter_is_named_after_an_at_sign(folder, tmp_path):
    task = ["--task", "lm-eval:nano_sums@whole", "--include-path", str(folder)]
    out = tmp_path / "run"
    assert r1eval("eval", "nano", *task, *R1, "--out", str(out)) == 0
    (figures,) = json.loads((out / "results.json").read_text())["tasks"]
    assert figures["metrics"]["pass@4"]["value"] == 0  # "<answer>055" is not "055"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lm-eval:nano_summs", "did you mean nano_sums?"),
        ("lm-eval:nano_sums@strict", "it has answer, whole"),
        ("lm-eval:hellaswag", "cannot be loaded"),
        ("lm-eval:mmlu", "is a group"),
    ],
)
def test_what_cannot_run_is_said_in_one_line(folder, tmp_path, monkeypatch, capsys, name, said):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    task = ["--task", name, "--include-path", str(folder), "--out", str(tmp_path / "run")]
    assert r1eval("eval", "nano", *task) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_lm_eval_draws_and_grades_the_same_samples_with_our_engine(folder, tmp_path):
    out = tmp_path / "run"
    task = ["--task", "lm-eval:nano_sums", "--include-path", str(folder)]
    assert r1eval("eval", "nano", *task, *R1, "--out", str(out)) == 0
    done = lm_eval(
        *("--model_args", "model=nano", "--tasks", "nano_sums", "--apply_chat_template"),
        *("--include_path", str(folder)),
        out=tmp_path / "lm",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [row for row in logged(tmp_path / "lm", "nano_sums") if row["filter"] == "answer"]
    assert len(rows) == LIMIT
    with Store(out) as store:
        mine = {(s.problem_id, s.index): before_stop(s.text, [STOP]) for s in store.samples()}
        verdicts = store.grades("lm-eval")
    for row in rows:
        problem = str(row["doc_id"])
        assert row["resps"][0] == [mine[problem, index] for index in range(4)]
        first = verdicts["lm-eval:nano_sums", problem, 0].verdict
        assert (first == "correct") == (row["exact_match"] == 1)


@pytest.mark.slow
def test_our_task_has_the_same_figures_within_lm_eval(tmp_path):
    out = tmp_path / "run"
    limits = ["--limit", str(LIMIT), "--samples", "16"]
    assert r1eval("eval", "nano", "--task", "nano", *limits, "--out", str(out)) == 0
    done = lm_eval(
        *("--model_args", "model=nano,keep_thought=True", "--tasks", "r1_nano"),
        *("--apply_chat_template", "--include_path", str(FOLDER)),
        out=tmp_path / "lm",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with Store(out) as store:
        mine = {(s.problem_id, s.index): s.text for s in store.samples()}
    for row in logged(tmp_path / "lm", "r1_nano"):
        problem = row["doc"]["r1eval_id"]
        assert row["resps"][0] == [mine[problem, index] for index in range(16)]
    theirs = figures(tmp_path / "lm", "r1_nano")
    (task,) = json.loads((out / "results.json").read_text())["tasks"]
    for name, figure in task["metrics"].items():
        assert theirs[f"{name},r1eval"] == pytest.approx(figure["value"]), name


def test_the_yaml_files_are_those_of_the_catalogue():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {f"r1_{n}" for n in task_names()}
    for name in task_names():
        assert (FOLDER / f"r1_{name}.yaml").read_text(encoding="utf-8") == yaml_of(name)


def test_tasks_path_is_the_folder_of_those_files(capsys):
    r1eval("tasks", "path")
    assert capsys.readouterr().out.strip() == str(FOLDER)


def test_a_run_is_exported_as_lm_eval_logs_samples(run, tmp_path):
    out = tmp_path / "samples.jsonl"
    assert r1eval("export", str(run), "--to", "lm-eval", "--out", str(out)) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["doc_id"] for row in rows] == list(range(LIMIT))
    with Store(run) as store:
        texts = [[s.text for s in store.samples() if s.problem_id == str(i)] for i in range(LIMIT)]
        graded = store.grades("lm-eval").values()
    assert [row["resps"][0] for row in rows] == texts
    right = sum(grade.verdict == "correct" for grade in graded)
    assert sum(sum(row["exact_match"]) for row in rows) == right
    assert {"doc", "target", "arguments", "filtered_resps", "filter"} <= rows[0].keys()


def test_generation_settings_that_we_do_not_know_are_refused_by_name(folder, tmp_path):
    done = lm_eval(
        *("--model_args", "model=nano", "--tasks", "nano_sums", "--include_path", str(folder)),
        *("--gen_kwargs", "repetition_penalty=1.2"),
        out=tmp_path,
    )
    assert done.returncode == 2
    assert "repetition_penalty are not known" in done.stderr.splitlines()[-1]
