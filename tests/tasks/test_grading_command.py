"""`r1eval grade IN.jsonl --out OUT.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path

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
        ({"gold": "1", "completion": "1", "thought": "maybe"}, "thought"),
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


def test_the_file_may_be_graded_in_place(tmp_path: Path) -> None:
    rows = write(tmp_path / "in.jsonl", {"gold": "1", "answer": "1"})
    assert grade(rows, rows) == 0
    assert grade(rows, rows) == 0
    assert json.loads(rows.read_text())["verdict"] == "correct"
