"""`r1eval grade IN.jsonl --out OUT.jsonl`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from r1eval.main import main


def grade(rows: Path, out: Path) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["grade", str(rows), "--out", str(out)])
    return int(stopped.value.code or 0)


def write(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_rows_gain_verdict_extracted_and_reason_and_keep_their_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write(
        tmp_path / "in.jsonl",
        {"id": 1, "gold": 73, "answer": "073"},
        {"gold": "25", "answer": r"25\%", "question": "What percent is left?"},
        {"gold": "4", "completion": r"<think>\boxed{4}", "note": "cut"},
        {"gold": "4", "completion": r"\boxed{4}", "thought": "prefilled"},
        {"gold": "4", "completion": "Therefore, it is 4.", "finish_reason": "length"},
        {"gold": "B", "completion": "The answer is (B).", "answer_type": "choice"},
        {"gold": "4", "answer": None},
    )
    out = tmp_path / "out.jsonl"
    assert grade(rows, out) == 0
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["verdict"] for row in graded] == [
        "correct", "correct", "truncated", "truncated", "truncated", "correct", "no_answer",
    ]  # fmt: skip
    assert graded[0] == {
        "id": 1, "gold": 73, "answer": "073",
        "verdict": "correct", "extracted": "073", "reason": "same number",
    }  # fmt: skip
    assert graded[2]["note"] == "cut"
    summary = "7 rows graded: 3 correct · 1 no_answer · 3 truncated"
    assert capsys.readouterr().out.startswith(summary)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"gold": "1", ', "line 2"),
        ("[1, 2]", "line 2"),
        ({"answer": "1"}, '"gold"'),
        ({"gold": "1"}, 'lacks "answer" or "completion"'),
        ({"gold": "1", "answer": "1", "completion": "1"}, "both"),
        ({"gold": ["1"], "answer": "1"}, "gold"),
        ({"gold": True, "answer": "1"}, "gold must be text or a number, not bool"),
        ({"gold": "1", "completion": None}, "completion must be text or a number, not None"),
        ({"gold": "1", "completion": "1", "thought": "maybe"}, "give 'auto' or 'prefilled'"),
        ({"gold": "1", "completion": "1", "finish_reason": "LENGTH"}, "give 'stop' or 'length'"),
        ({"gold": "1", "completion": "1", "answer_type": "text"}, "'math' or 'choice'"),
        ({"gold": "B", "answer": "B", "answer_type": "choice"}, "is for a completion"),
        ('{"gold": "1", "answer": NaN}', "NaN is not JSON"),
        ('{"gold": "1", "answer": "1", "score": -Infinity}', "-Infinity is not JSON"),
        ('{"gold": "1", "answer": "1", "score": 1e999}', "holds what JSON cannot"),
        ('{"gold": 1e999, "answer": "1"}', "finite number"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    line: object, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write(tmp_path / "in.jsonl", {"gold": "1", "answer": "1"}, line)
    out = tmp_path / "out.jsonl"
    assert grade(rows, out) == 2
    message = capsys.readouterr().err
    assert says in message
    assert "line 2" in message
    assert len(message.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_missing_file_and_an_unwritable_output_are_said(tmp_path: Path) -> None:
    rows = write(tmp_path / "in.jsonl", {"gold": "1", "answer": "1"})
    assert grade(tmp_path / "none.jsonl", tmp_path / "out.jsonl") == 2
    assert grade(rows, tmp_path / "no" / "folder" / "out.jsonl") == 2
    assert grade(rows, tmp_path) == 2


def test_the_input_is_never_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write(tmp_path / "in.jsonl", {"gold": "1", "answer": "1"})
    link = tmp_path / "link.jsonl"
    link.symlink_to(rows)
    before = rows.read_text()
    for out in (rows, link):
        assert grade(rows, out) == 2
        assert "is the input: give --out another name" in capsys.readouterr().err
    assert rows.read_text() == before
    assert link.is_symlink()


def test_it_is_said_once_when_fields_of_the_rows_are_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"gold": "1", "answer": "1"}
    rows = write(tmp_path / "in.jsonl", {**row, "verdict": "mine"}, {**row, "reason": "mine"}, row)
    out = tmp_path / "out.jsonl"
    assert grade(rows, out) == 0
    assert capsys.readouterr().err == f"2 rows had verdict, reason: replaced in {out}\n"
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(row["verdict"], row["reason"]) for row in graded] == [("correct", "same number")] * 3
    assert grade(write(rows, row), out) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("1 row graded")


@pytest.mark.parametrize("bad", ["{oops", {"gold": "1"}])
def test_of_many_broken_rows_five_are_named(
    bad: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"gold": "1", "answer": "1"}
    rows = write(tmp_path / "in.jsonl", good, bad, good, *[bad] * 6)
    assert grade(rows, tmp_path / "out.jsonl") == 2
    message = capsys.readouterr().err
    assert message.startswith(f"r1eval: line 2 of {rows} ")
    assert message.endswith("(broken too: line 4, line 5, line 6, line 7 and 2 more)\n")


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array_is_called_one(
    indent: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write(tmp_path / "in.jsonl", json.dumps([{"gold": "1", "answer": "1"}], indent=indent))
    assert grade(rows, tmp_path / "out.jsonl") == 2
    assert "is a JSON array: give one JSON object per line" in capsys.readouterr().err


def test_an_empty_gold_is_never_met(tmp_path: Path) -> None:
    rows = write(
        tmp_path / "in.jsonl",
        {"gold": " ", "answer": ""},
        {"gold": "", "completion": r"\boxed{4}", "finish_reason": ""},
    )
    out = tmp_path / "out.jsonl"
    assert grade(rows, out) == 0
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["verdict"] for row in graded] == ["unsure"] * 2
    assert {row["reason"] for row in graded} == {"the gold answer is empty"}


def test_a_csv_is_read_with_its_empty_cells_left_out(tmp_path: Path) -> None:
    rows = tmp_path / "in.csv"
    rows.write_text(
        "gold,completion,finish_reason,thought,answer_type\n"
        "073,It is 73.,,,\n"
        "4,It is 4.,length,auto,math\n"
        "B,The answer is B\n"
    )
    out = tmp_path / "out.jsonl"
    assert grade(rows, out) == 0
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["verdict"] for row in graded] == ["correct", "truncated", "correct"]
    assert graded[0]["gold"] == "073"


def test_what_parquet_holds_and_json_cannot_is_said_before_grading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "in.parquet"
    out = tmp_path / "out.jsonl"
    for value, code in ((1.5, 0), (float("nan"), 2), (date(2024, 2, 29), 2)):
        table = pyarrow.Table.from_pylist([{"gold": 1, "answer": 1.0, "field": value}])
        pyarrow.parquet.write_table(table, rows)
        assert grade(rows, out) == code
    assert "row 1 of" in capsys.readouterr().err
    assert json.loads(out.read_text())["field"] == 1.5
