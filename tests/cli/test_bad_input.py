"""A mistake ends in one line that says what to do, exit code 2, and leaves no trace."""

import json
import os
import subprocess
import sys

import pytest

from r1eval.main import main

GOOD = '{"problem": "1+1?", "answer": "2"}\n'


def fails(capsys, *arguments: str) -> str:
    """The one line that the command ends with."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told.strip().splitlines()[-1]


@pytest.fixture
def fails_to_eval(capsys, tmp_path):
    def attempt(*arguments: str, model: str = "nano", task: str = "nano") -> str:
        told = fails(
            capsys, "eval", model, "--task", task, "--out", str(tmp_path / "run"), *arguments
        )
        assert not (tmp_path / "run").exists(), "something was written"
        return told

    return attempt


def test_unknown_task_names_the_nearest(fails_to_eval):
    assert "aime24" in fails_to_eval(task="aime2024")


def test_unknown_model_names_the_forms(fails_to_eval):
    assert "did you mean smollm2" in fails_to_eval(model="smolm2")
    assert "hub id" in fails_to_eval(model="gpt-5")
    assert "student-base" in fails_to_eval(model="nano:student")


def test_a_hub_model_out_of_reach_says_so(tmp_path):
    command = ["eval", "nobody/nothing", "--task", "nano", "--out", str(tmp_path / "run")]
    ended = subprocess.run(
        [sys.executable, "-m", "r1eval", *command],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("r1eval: cannot load nobody/nothing")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_no_model(fails_to_eval, tmp_path):
    assert "no config.json" in fails_to_eval(model=str(tmp_path))


def test_a_file_that_is_not_there(fails_to_eval):
    assert "no such file" in fails_to_eval(task="nothing.jsonl")
    assert "no such file" in fails_to_eval(model="nothing.gguf")
    assert "unknown protocol" in fails_to_eval("--protocol", "nothing.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "{oops\n", "line 2"),
        ('{"question": "1+1?", "answer": "2"}\n', "no column 'problem'"),
        ('{"id": "a", "problem": "1", "answer": "2"}\n' * 2, "duplicate ids: a"),
        ("", "no problems"),
        ('{"problem": "1+1?", "answer": ""}\n', "no answer"),
    ],
)
def test_a_task_file_that_cannot_be_run(fails_to_eval, tmp_path, text, told):
    file = tmp_path / "task.jsonl"
    file.write_text(text)
    assert told in fails_to_eval(task=str(file))


def test_two_tasks_of_one_name(fails_to_eval, tmp_path):
    (tmp_path / "nano.jsonl").write_text(GOOD)
    assert "two tasks are called nano" in fails_to_eval(task=f"nano,{tmp_path / 'nano.jsonl'}")


def test_temperature_zero_with_several_samples(fails_to_eval):
    assert "--samples 1" in fails_to_eval("--temperature", "0", "--samples", "4")


def test_max_tokens_beyond_the_context(fails_to_eval):
    assert "context of nano: 512 tokens" in fails_to_eval("--max-tokens", "5000")


def test_a_model_that_cannot_read_the_task(fails_to_eval, tmp_path):
    file = tmp_path / "task.jsonl"
    file.write_text('{"problem": "Find the sum of all integers", "answer": "2"}\n')
    assert "cannot read task" in fails_to_eval(task=str(file))


def test_engine_arguments_are_checked(fails_to_eval):
    assert "did you mean 'dtype'" in fails_to_eval("--engine-arg", "dtyp=float32")
    assert "whole number" in fails_to_eval("--engine-arg", "threads=many")
    assert "one of auto" in fails_to_eval("--engine-arg", "dtype=int4")
    assert "KEY=VALUE" in fails_to_eval("--engine-arg", "dtype")


def test_numbers_and_names_that_are_none(fails_to_eval):
    assert "at least one task" in fails_to_eval(task=",")
    assert "not a number" in fails_to_eval("--temperature", "nan")


def test_revisions_are_for_hub_models(fails_to_eval):
    assert "not a hub model" in fails_to_eval("--revision", "main")


def test_a_protocol_file_with_a_slip_names_the_key_that_was_meant(fails_to_eval, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("template: chat\ntemprature: 0.6\ntop_p: 1\n")
    assert "did you mean 'temperature'" in fails_to_eval("--protocol", str(file))
    file.write_text("templat: chat\n")
    assert "did you mean 'template'" in fails_to_eval("--protocol", str(file))
    file.write_text("")
    assert "give keys and values" in fails_to_eval("--protocol", str(file))
    file.write_text("template: chatt\ntemperature: 0.6\ntop_p: 1\n")
    assert "unknown template 'chatt'" in fails_to_eval("--protocol", str(file))


def test_an_adapter_that_is_not_there(fails_to_eval, tmp_path):
    assert "adapter_config.json" in fails_to_eval("--adapter", str(tmp_path))


def test_an_unknown_command_or_option(capsys):
    assert "No such command" in fails(capsys, "evaluate")
    assert "Missing option" in fails(capsys, "eval", "nano")
    assert "--samples" in fails(capsys, "eval", "nano", "--task", "nano", "--samples", "0")


def test_an_output_path_that_is_a_file_stays_as_it_is(capsys, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    assert "is a file" in fails(capsys, "eval", "nano", "--task", "nano", "--out", str(file))
    inside = str(file / "run")
    assert "is a file" in fails(capsys, "eval", "nano", "--task", "nano", "--out", inside)
    assert file.read_text() == "mine"


def test_a_folder_with_other_things_is_not_written_to(capsys, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    told = fails(capsys, "eval", "nano", "--task", "nano", "--out", str(tmp_path))
    assert "is not a run" in told
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    "command",
    [
        ["rescore", "{}"],
        ["compare", "{}", "{}"],
        ["rerun", "{}", "--out", "{}/again"],
        ["export", "{}", "--to", "jsonl", "--out", "{}/rows.jsonl"],
    ],
)
def test_a_folder_that_is_not_a_run(capsys, tmp_path, command):
    folder = tmp_path / "folder"
    told = fails(capsys, *[part.format(folder) for part in command])
    assert "no such run" in told
    folder.mkdir()
    told = fails(capsys, *[part.format(folder) for part in command])
    assert "is not a run" in told
    (folder / "run.json").write_text(json.dumps({"schema_version": 1}))
    told = fails(capsys, *[part.format(folder) for part in command])
    assert "cannot be read" in told
    assert [p.name for p in folder.iterdir()] == ["run.json"]
