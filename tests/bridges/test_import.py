"""Completions made elsewhere become a run on which everything else works."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import nano.models
from evals.audit import audit
from evals.results import read_results
from r1eval.main import main
from runs.grade import OURS, PUBLISHED
from runs.store import Store

NANO = str(nano.models.path("base"))
PUBLISHED_OUTPUTS = Path(os.environ.get("R1EVAL_DATA_DIR", "/nowhere"), "outputs")
SUMS = """\
task: sums
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["</answer>"], do_sample: false, max_gen_toks: 64}}
filter_list:
  - name: answer
    filter: [{{function: regex, regex_pattern: "<answer>(\\\\d+)"}}, {{function: take_first}}]
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
"""


def call(*arguments) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code


def written(tmp_path, *rows) -> Path:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def pass_at_1(run) -> float:
    return read_results(run)["tasks"][0]["metrics"]["pass@1"]["value"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A run of our own, with a curve, and its samples as rows."""
    folder = tmp_path_factory.mktemp("drawn")
    asked = ("--task", "nano", "--limit", 12, "--samples", 4, "--protocol", "r1")
    drawn = ("--max-tokens", 128, "--temperature", 1, "--out", folder / "run")
    assert call("eval", "nano", *asked, *drawn) == 0
    assert call("rescore", folder / "run", "--budgets", "32,64") == 0
    assert call("export", folder / "run", "--to", "jsonl", "--out", folder / "rows.jsonl") == 0
    return folder


def test_exported_samples_come_back_with_their_verdicts_and_curve(drawn, tmp_path):
    asked = ("--format", "jsonl", "--task", "nano", "--tokenizer", NANO, "--out", tmp_path / "run")
    assert call("import", drawn / "rows.jsonl", *asked) == 3  # 108 problems were not asked
    with Store(drawn / "run") as store:
        before = store.grades(OURS)
    with Store(tmp_path / "run") as store:
        assert store.grades(PUBLISHED).keys() == before.keys()
        verdicts = {key: grade.verdict for key, grade in store.grades(OURS).items()}
        assert {sample.token_source for sample in store.samples()} == {"retokenized"}
    assert verdicts == {key: grade.verdict for key, grade in before.items()}
    assert pass_at_1(tmp_path / "run") == pass_at_1(drawn / "run")
    assert call("rescore", tmp_path / "run", "--budgets", "32,64") == 3
    curves = [read_results(of)["tasks"][0]["budgets"] for of in (drawn / "run", tmp_path / "run")]
    ours, theirs = ([row["metrics"]["pass@1"]["value"] for row in rows] for rows in curves)
    assert ours == theirs


def test_what_lm_eval_logs_is_read(tmp_path):
    """By the real program, on nano: its verdicts are kept, and ours need no stop string."""
    rows = [{"question": f"{n}12+345=?", "answer": f"{n}57"} for n in range(1, 7)]
    data = tmp_path / "sums.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "sums.yaml").write_text(SUMS.format(data=data))
    command = [sys.executable, "-m", "bridges.lm_eval", "--model", "r1eval", "--tasks", "sums"]
    command += ["--model_args", "model=nano", "--include_path", str(tmp_path)]
    command += ["--log_samples", "--output_path", str(tmp_path / "out"), "--apply_chat_template"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (log,) = (tmp_path / "out").rglob("samples_sums_*.jsonl")
    (file,) = (tmp_path / "out").rglob("results_*.json")
    theirs = json.loads(file.read_text())["results"]["sums"]["exact_match,answer"]
    assert call("import", log, "--format", "lm-eval", "--out", tmp_path / "run") == 0
    (task,) = read_results(tmp_path / "run")["tasks"]
    assert task["protocol"]["temperature"] == 0
    assert task["protocol"]["max_tokens"] == 64
    assert call("rescore", tmp_path / "run", "--grader", "published") == 0
    assert pass_at_1(tmp_path / "run") == pytest.approx(theirs)


def test_rows_of_one_question_are_samples_of_one_problem(tmp_path):
    rows = [
        {"question": "2+2?", "completion": text, "answer": 4, "correct": right}
        for text, right in [("It is 4.", True), ("It is 5.", False), ("\\boxed{4}", True)]
    ]
    file = written(tmp_path, *rows)
    assert call("import", file, "--format", "jsonl", "--out", tmp_path / "run") == 0
    (task,) = read_results(tmp_path / "run")["tasks"]
    assert (task["problems"], task["samples_per_problem"]) == (1, 3)
    assert task["metrics"]["pass@1"]["value"] == pytest.approx(2 / 3)


def test_a_thought_that_does_not_end_is_truncated_where_nobody_says_how_it_ended(tmp_path):
    thought = "<think>2+2 is 4, so the answer is 4, wait"
    file = written(tmp_path, {"question": "2+2?", "completion": thought, "answer": "4"})
    assert call("import", file, "--format", "jsonl", "--out", tmp_path / "run") == 0
    assert read_results(tmp_path / "run")["tasks"][0]["outcomes"]["truncated"] == 1


def test_there_is_no_model_to_ask_for_more(tmp_path, capsys):
    file = written(tmp_path, {"question": "2+2?", "completion": "4", "answer": "4"})
    run = tmp_path / "run"
    assert call("import", file, "--format", "jsonl", "--tokenizer", NANO, "--out", run) == 0
    for command in (
        ("rerun", run, "--out", tmp_path / "again"),
        ("rescore", run, "--budgets", "1", "--budget-mode", "force"),
    ):
        capsys.readouterr()
        assert call(*command) == 2
        assert "were imported: there is no model to ask" in capsys.readouterr().err


GOOD = {"question": "2+2?", "completion": "4", "answer": "4"}
QWEN = {"idx": 0, "question": "2+2?", "gt": "4", "code": ["4"], "pred": ["4"], "score": [True]}


@pytest.mark.parametrize(
    ("form", "rows", "more", "told"),
    [
        ("jsonl", [], (), "holds no completions"),
        ("jsonl", [{"question": "2+2?", "answer": "4"}], (), "line 1 of"),
        ("jsonl", [{"completion": "4", "answer": "4"}], (), "has no question: name the task"),
        ("jsonl", [{"question": "2+2?", "completion": "4"}], (), "has no gold answer: name the"),
        ("jsonl", [GOOD | {"correct": "maybe"}], (), "'maybe' is no verdict"),
        ("jsonl", [GOOD | {"id": 1}, GOOD | {"id": 1, "answer": "5"}], (), "another question or"),
        ("jsonl", [GOOD | {"index": 1}] * 2, (), "has completion 1 twice"),
        ("jsonl", [GOOD], ("--task", "nano"), "its question is not of nano"),
        ("qwen-math", [GOOD], (), "is not of the form qwen-math: it has no 'code'"),
        ("qwen-math", [QWEN | {"score": ["maybe"]}], (), "'maybe' is no verdict"),
        ("lm-eval", [GOOD], (), "is not of the form lm-eval: it has no 'doc_id'"),
        ("lm-eval", [{"doc_id": 0, "doc": "2+2?", "resps": [["4"]]}], (), "'doc' must be a"),
    ],
)
def test_what_cannot_be_imported_is_one_line_and_leaves_nothing(
    tmp_path, capsys, form, rows, more, told
):
    file = written(tmp_path, *rows)
    assert call("import", file, "--format", form, *more, "--out", tmp_path / "run") == 2
    err = capsys.readouterr().err
    assert told in err
    assert len(err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_broken_line_is_named_and_a_folder_that_is_there_stays(tmp_path, capsys):
    file = written(tmp_path, GOOD)
    assert call("import", file, "--format", "jsonl", "--out", tmp_path / "run") == 0
    assert call("import", file, "--format", "jsonl", "--out", tmp_path / "run") == 2
    assert "is there already" in capsys.readouterr().err
    file.write_text(json.dumps(GOOD) + "\n{broken\n")
    assert call("import", file, "--format", "jsonl", "--out", tmp_path / "other") == 2
    assert "line 2 of" in capsys.readouterr().err


@pytest.mark.skipif(not PUBLISHED_OUTPUTS.is_dir(), reason="no outputs/ in R1EVAL_DATA_DIR")
@pytest.mark.parametrize(
    ("name", "problems", "accuracy", "disputed"),
    [
        ("sky-t1-27b/aime24", 30, 6.7, 0),
        ("sky-t1-27b/amc23", 40, 32.5, 3),
        ("qwen2.5-14b-instruct/math500", 500, 80.4, 4),
        ("math_cot_100x8", 100, 91.0, 9),
    ],
)
def test_published_accuracies_are_reproduced_by_their_verdicts(
    tmp_path, name, problems, accuracy, disputed
):
    """``disputed``: samples on which our grader, with the data sets' own golds, says otherwise
    (docs/results/published_outputs.md).
    """
    file = PUBLISHED_OUTPUTS / f"{name}.jsonl"
    assert call("import", file, "--format", "qwen-math", "--out", tmp_path / "run") == 0
    (found,) = audit(tmp_path / "run", [PUBLISHED, OURS])
    theirs, _ = found.opinions
    assert round(100 * theirs.pass_at_1.value, 1) == accuracy
    assert theirs.pass_at_1.problems == problems
    assert len(found.disputed) == disputed
    metrics = file.with_suffix(".metrics.json")
    if metrics.is_file():
        assert json.loads(metrics.read_text())["acc"] == accuracy
