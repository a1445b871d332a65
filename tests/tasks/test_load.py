"""``load_task``: every place a task may come from, and every way that can go wrong."""

import os
import subprocess
import sys

import datasets
import pytest

import tasks.load
from tasks.errors import UserError
from tasks.load import load_task
from tasks.problem import Problem, Task
from tasks.schema import read_spec

ROWS = [{"problem": "1 + 1?", "answer": "2"}, {"problem": "1 / 2?", "answer": "0.50"}]


@pytest.fixture
def no_data_dir(monkeypatch):
    monkeypatch.delenv("R1EVAL_DATA_DIR", raising=False)


def jsonl(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


# A user's own file


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_file_with_problem_and_answer_is_a_task(tmp_path, kind):
    path = tmp_path / f"sums.{kind}"
    table = datasets.Dataset.from_list(ROWS)
    {"jsonl": table.to_json, "csv": table.to_csv, "parquet": table.to_parquet}[kind](str(path))
    task = load_task(str(path))
    assert task.name == "sums"
    assert task.origin == str(path)
    assert task.problems == (
        Problem(id="0", question="1 + 1?", gold="2", prompt="1 + 1?"),
        Problem(id="1", question="1 / 2?", gold="0.50", prompt="1 / 2?"),
    )
    assert "\\boxed{}" in task.instruction


def test_a_csv_keeps_answers_as_they_are_written(tmp_path):
    path = tmp_path / "sums.csv"
    path.write_text("id,problem,answer\na,x?,073\nb,y?,2.50\nc,z?,NaN\n")
    assert [problem.gold for problem in load_task(str(path)).problems] == ["073", "2.50", "NaN"]


def test_ids_are_the_files_own_or_its_positions(tmp_path):
    path = jsonl(
        tmp_path / "t.jsonl",
        '{"id": 7, "problem": "x?", "answer": 1}',
        "",
        '{"problem": "y?", "answer": 2}',
    )
    assert [problem.id for problem in load_task(path).problems] == ["7", "1"]


def test_a_limit_takes_the_first_problems(tmp_path):
    path = jsonl(tmp_path / "t.jsonl", *[f'{{"problem": "{n}?", "answer": {n}}}' for n in range(9)])
    assert [problem.gold for problem in load_task(path, limit=2).problems] == ["0", "1"]


def test_text_with_braces_and_line_separators_is_left_alone(tmp_path):
    path = jsonl(
        tmp_path / "t.jsonl", '{"problem": "What is \\\\frac{1}{2}\u2028 of {x}?", "answer": 1}'
    )
    assert load_task(path).problems[0].prompt == "What is \\frac{1}{2}\u2028 of {x}?"


# A user's own function


def test_a_function_may_return_rows(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "def sums():\n"
        "    for n in range(3):\n"
        "        yield {'problem': f'{n}+1?', 'answer': n + 1}\n"
    )
    task = load_task(f"{path}:sums")
    assert (task.name, task.origin) == ("sums", f"{path}:sums")
    assert [problem.gold for problem in task.problems] == ["1", "2", "3"]


def test_a_function_may_return_a_task(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from tasks.problem import Problem, Task\n"
        "def mine():\n"
        "    return Task('mine', [Problem('a', 'x?', '1', 'x?')], 'Answer.', 'integer', 64, 'me')\n"
    )
    task = load_task(f"{path}:mine")
    assert isinstance(task, Task)
    assert task.instruction == "Answer."


def test_a_function_lives_in_ordinary_python_whatever_its_file_is_called(tmp_path):
    path = tmp_path / "tasks.py"
    path.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import asdict, dataclass\n"
        "@dataclass\n"
        "class Sum:\n"
        "    problem: str\n"
        "    answer: int\n"
        "def sums(): return [asdict(Sum('1 + 1?', 2))]\n"
    )
    assert load_task(f"{path}:sums").problems[0].gold == "2"
    assert load_task("nano").name == "nano"


# Bad input, each in one line


def one_line(spec):
    with pytest.raises(UserError) as error:
        load_task(spec)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_unknown_task_is_answered_with_the_nearest():
    assert "did you mean aime24, aime25?" in one_line("aime2024")
    assert "known: aime24, aime25, amc23" in one_line("what")


def test_a_file_that_is_not_there():
    assert one_line("nowhere.jsonl") == "no such file: nowhere.jsonl"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"problem": "x?"', "line 2 of"),
        ("[1]", "must be an object"),
        ('{"problem": "x?", "answer": NaN}', "NaN is not JSON"),
        ('{"problem": "x?", "gold": 1}', "has no column 'answer': it has 'problem', 'gold'"),
        ('{"problem": " ", "answer": 1}', "has an empty problem text"),
        ('{"problem": "x?", "answer": ' + "9" * 5000 + "}", "line 2 of"),
        ('{"problem": "x?", "answer": ' + "[" * 100_000 + "}", "is nested too deeply"),
        ('{"problem": "x?", "answer": "\\ud800"}', "line 2 of"),
        ('{"problem": "x?", "answer": {"a": ["\\udc00\\ud800"]}}', "half a character"),
    ],
)
def test_a_faulty_line_is_named(tmp_path, line, message):
    said = one_line(jsonl(tmp_path / "t.jsonl", '{"problem": "x?", "answer": 1}', line))
    assert "line 2 of" in said
    assert message in said


def test_a_table_that_is_none(tmp_path):
    path = tmp_path / "t.parquet"
    path.write_text("not parquet")
    assert f"{path} is not Parquet" in one_line(str(path))


def test_a_table_without_the_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("question,answer\nx?,1\n")
    assert "has no column 'problem': it has 'question', 'answer'" in one_line(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("problem,answer\nx?,1,2\n", "has more cells than the header has names"),
        ('problem,answer\n"x"?,1\n', "is not CSV"),
        ("problem,answer\nx?\n", "has no answer for 0"),
    ],
)
def test_a_crooked_csv(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert message in one_line(str(path))


def test_text_that_is_not_utf8(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"problem": "caf\xe9", "answer": 1}\n')
    assert "not UTF-8" in one_line(str(path))


def test_duplicate_ids_are_named(tmp_path):
    row = '{"id": "a", "problem": "x?", "answer": 1}'
    assert "duplicate ids: a" in one_line(jsonl(tmp_path / "t.jsonl", row, row))


@pytest.mark.parametrize("answer", ["null", '""', '" "'])
def test_a_problem_without_an_answer_is_named(tmp_path, answer):
    row = f'{{"id": "a", "problem": "x?", "answer": {answer}}}'
    assert "has no answer for a" in one_line(jsonl(tmp_path / "t.jsonl", row))


def test_an_empty_file(tmp_path):
    assert "holds no problems" in one_line(jsonl(tmp_path / "t.jsonl"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def other(): pass", "has no function 'mine'"),
        ("def mine(): return [1]", "number 1 is of type int"),
        ("def mine(): return 3 / 0", "failed: ZeroDivisionError: division by zero"),
        ("def mine(): yield 3 / 0", "failed: ZeroDivisionError"),
        ("def mine(:", "cannot be imported: SyntaxError"),
        ("def mine(): return None", "failed: TypeError"),
        (
            "from tasks.problem import Task\ndef mine(): return Task('t', [], '', 'text', 9, '')",
            "has answer_type 'text': give one of integer, number, math, choice",
        ),
    ],
)
def test_a_function_that_will_not_do(tmp_path, code, message):
    path = tmp_path / "mine.py"
    path.write_text(code)
    assert message in one_line(f"{path}:mine")


def test_a_function_in_a_file_that_is_not_there():
    assert one_line("nowhere.py:mine").startswith("no such file: nowhere.py")


# The hub, by way of local folders laid out as it is


@pytest.fixture
def hub_folder(tmp_path, monkeypatch, no_data_dir):
    """Replace the hub's data set of a catalogue task by a folder of the same layout."""

    def lay_out(name, files, readme=""):
        folder = tmp_path / name
        for file, rows in files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            table = datasets.Dataset.from_list(rows)
            write = {".parquet": table.to_parquet, ".csv": table.to_csv, ".jsonl": table.to_json}
            write[path.suffix](str(path))
        (folder / "README.md").write_text(readme)
        spec = read_spec(name)
        hub = spec.hub.model_copy(update={"dataset": str(folder)})
        monkeypatch.setattr(
            tasks.load, "read_spec", lambda asked: spec.model_copy(update={"hub": hub})
        )
        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")

    return lay_out


def card(config, split, path):
    """A data set card that says which files are which split of which config."""
    files = f"  data_files:\n  - split: {split}\n    path: {path}\n"
    return f"---\nconfigs:\n- config_name: {config}\n{files}---\n"


def test_gsm8k_from_the_hub(hub_folder):
    rows = [{"question": "Two eggs and two?", "answer": "2 + 2 = <<2+2=4>>4\n#### 4"}]
    readme = card("main", "test", "main/test-*")
    hub_folder("gsm8k", {"main/test-00000-of-00001.parquet": rows}, readme)
    task = load_task("gsm8k")
    assert task.problems == (Problem("0", "Two eggs and two?", "4", "Two eggs and two?"),)
    assert task.origin.endswith("@740312add88f (texts not verified)")


def test_olympiadbench_from_the_hub_joins_several_answers(hub_folder):
    config = "OE_TO_maths_en_COMP"
    rows = [{"id": 1606, "question": "Roots?", "final_answer": ["$1$", "$-1$"]}]
    readme = card(config, "train", f"{config}/*")
    hub_folder("olympiadbench", {f"{config}/{config}.parquet": rows}, readme)
    problem = load_task("olympiadbench").problems[0]
    assert (problem.id, problem.gold) == ("1606", "$1$, $-1$")


def test_minerva_math_from_the_hub_has_other_columns_than_qwens_copy(hub_folder):
    hub_folder("minerva_math", {"test.jsonl": [{"question": "How far?", "answer": "1.6"}]})
    assert load_task("minerva_math").problems[0] == Problem("0", "How far?", "1.6", "How far?")


GPQA_README = card("gpqa_diamond", "train", "gpqa_diamond.csv")


def gpqa_row(record):
    return {
        "Record ID": record,
        "Question": f"Which one, {record}?",
        "Correct Answer": "right\n",
        "Incorrect Answer 1": "wrong 1",
        "Incorrect Answer 2": "wrong 2",
        "Incorrect Answer 3": "wrong 3",
    }


def test_gpqa_shows_four_options_in_an_order_fixed_by_the_problems_id(hub_folder):
    rows = [gpqa_row(f"rec{n}") for n in range(40)]
    hub_folder("gpqa_diamond", {"gpqa_diamond.csv": rows}, GPQA_README)
    problems = load_task("gpqa_diamond").problems
    assert {problem.gold for problem in problems} == set("ABCD")
    for problem in problems:
        assert f"\n{problem.gold}) right\n" in f"{problem.prompt}\n"
        assert sum(f"\n{letter}) " in problem.prompt for letter in "ABCDE") == 4
    assert problems[0].question == "Which one, rec0?"


def test_that_order_never_changes_or_old_runs_would_compare_no_more(hub_folder):
    rows = [gpqa_row("rec7"), gpqa_row("rec8")]
    hub_folder("gpqa_diamond", {"gpqa_diamond.csv": rows}, GPQA_README)
    assert [problem.gold for problem in load_task("gpqa_diamond").problems] == ["C", "B"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("aime24", "connect to the network, or set R1EVAL_DATA_DIR to a folder that holds"),
        ("gpqa_diamond", "gated: accept its terms at https://huggingface.co/datasets/Idavidrein"),
    ],
)
def test_a_hub_out_of_reach_is_answered_with_what_to_do(name, advice):
    code = f"from tasks.load import load_task\nload_task({name!r})"
    env = {k: v for k, v in os.environ.items() if k != "R1EVAL_DATA_DIR"}
    env |= {"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("tasks.errors.UserError: ")
    assert advice in last


# R1EVAL_DATA_DIR


def test_a_file_in_the_data_folder_stands_in_for_the_hub(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    path = jsonl(
        tmp_path / "benchmarks" / "aime24.jsonl", '{"id": "60", "problem": "x?", "answer": "073"}'
    )
    monkeypatch.setenv("R1EVAL_DATA_DIR", str(tmp_path))
    task = load_task("aime24")
    assert task.problems[0].gold == "073"
    assert task.origin == f"{path} (texts not verified)"
    assert task.paper.samples == 64


def test_a_data_folder_that_is_not_there_is_no_reason_to_ask_the_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("R1EVAL_DATA_DIR", str(tmp_path / "gone"))
    assert one_line("aime24").startswith("R1EVAL_DATA_DIR is no folder")
