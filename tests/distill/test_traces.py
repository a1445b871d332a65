"""Traces as files: what is written comes back, and what is none is named."""

import pytest

from distill.traces import Trace, read_traces, write_traces
from tasks.errors import UserError

TRACES = [
    Trace(
        [{"role": "user", "content": f"{n}+1=?"}],
        [{"role": "assistant", "content": f"<think>a\u2028b</think>{n + 1}"}],
        {"id": f"t/{n}/0", "task": "t", "problem_id": str(n), "gold": n + 1},
    )
    for n in range(3)
]


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_what_is_written_comes_back(tmp_path, name):
    assert write_traces(tmp_path / name, iter(TRACES)) == 3
    assert list(read_traces(tmp_path / name)) == TRACES
    assert TRACES[0].split.thought == "a\u2028b"


def test_datasets_and_trl_take_the_rows_as_they_are(tmp_path):
    from datasets import load_dataset

    write_traces(tmp_path / "t.jsonl", TRACES)
    rows = load_dataset("json", data_files=str(tmp_path / "t.jsonl"), split="train")
    assert rows[0]["prompt"] == [{"role": "user", "content": "0+1=?"}]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"prompt": [', "line 2: not JSON"),
        ("[]", "trace 2: a trace is an object"),
        ('{"prompt": "a", "completion": []}', "trace 2: prompt is no list of turns"),
        (
            '{"prompt": [{"role": "user", "content": "a"}], "completion": []}',
            "completion is no list",
        ),
        (
            '{"prompt": [{"role": "user", "content": "a"}],'
            ' "completion": [{"role": "user", "content": "a"}]}',
            "does not end with the assistant's turn",
        ),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, text):
    write_traces(tmp_path / "t.jsonl", TRACES[:1])
    with (tmp_path / "t.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=text):
        list(read_traces(tmp_path / "t.jsonl"))


def test_a_trace_without_meta_is_named_by_its_place(tmp_path):
    bare = [Trace(t.prompt, t.completion) for t in TRACES]
    write_traces(tmp_path / "t.jsonl", bare)
    assert [t.id for t in read_traces(tmp_path / "t.jsonl")] == [
        "t.jsonl:1",
        "t.jsonl:2",
        "t.jsonl:3",
    ]
    assert next(read_traces(tmp_path / "t.jsonl")).problem == "0+1=?"
