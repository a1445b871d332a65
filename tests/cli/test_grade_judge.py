"""`r1eval grade --judge`: off by default, refused in one line, and a real model asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from r1eval.main import main
from runs.models import find_model
from tasks.errors import UserError


def grade(rows: Path, out: Path, *options: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["grade", str(rows), "--out", str(out), *options])
    return int(stopped.value.code or 0)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "in.jsonl"
    lines = [
        {"gold": "no solution", "answer": "there is none", "question": "Solve $x = x + 1$."},
        {"gold": "73", "answer": "073"},
        {"gold": "73", "answer": "74"},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def test_without_a_judge_no_model_library_is_imported(rows: Path, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from r1eval.main import main\n"
        "try:\n"
        f"    main(['grade', {str(rows)!r}, '--out', {str(tmp_path / 'out.jsonl')!r}])\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "print([name for name in ('torch', 'transformers', 'tasks.grading.judge')"
        " if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1:] == ["[]"], ran.stderr
    graded = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["verdict"] for row in graded] == ["wrong", "correct", "wrong"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--judge", "nano"], "does not know English"),
        (["--judge", "nanoo"], "did you mean nano"),
        (["--judge", "nano", "--judge-votes", "2"], "odd"),
        (["--judge-votes", "3"], "--judge"),
    ],
)
def test_a_judge_that_cannot_be_is_said_in_one_line_and_nothing_is_written(
    options: list[str], says: str, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(rows, tmp_path / "out.jsonl", *options) == 2
    message = capsys.readouterr().err
    assert says in message
    assert len(message.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.slow
def test_a_real_model_is_asked_about_the_open_row_only(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        find_model("smollm2")
    except UserError:
        pytest.skip("needs smollm2: make smollm2")
    out = tmp_path / "out.jsonl"
    assert grade(rows, out, "--judge", "smollm2", "--judge-votes", "1") == 0
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert graded[0]["reason"].startswith("judge: ")
    assert [row["reason"] for row in graded[1:]] == ["same number", "different numbers"]
    assert "(smollm2 was asked about 1)" in capsys.readouterr().out
