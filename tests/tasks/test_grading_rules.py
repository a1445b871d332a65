"""The tables of docs/grading.md, row by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.grading import grade_answer, grade_completion

DOC = Path(__file__).parents[2] / "docs" / "grading.md"


def table(heading: str) -> list[list[str]]:
    section = DOC.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[re.sub(r"^`|`$", "", cell.strip()) for cell in row] for row in rows[1:]]


@pytest.mark.parametrize("row", table("From two answers to a verdict"), ids=lambda row: row[0])
def test_a_pair_is_graded_as_the_table_says(row: list[str]) -> None:
    _, gold, answer, verdict, question = row
    grade = grade_answer(gold=gold, answer=answer, question=question or None)
    assert (grade.verdict, grade.extracted) == (verdict, answer)


@pytest.mark.parametrize("row", table("From a completion to an answer"), ids=lambda row: row[0])
def test_a_completion_is_graded_as_the_table_says(row: list[str]) -> None:
    _, completion, gold, verdict = row
    assert grade_completion(gold=gold, completion=completion.replace("⏎", "\n")).verdict == verdict


def test_the_tables_were_found() -> None:
    assert len(table("From two answers to a verdict")) > 40
    assert len(table("From a completion to an answer")) > 10
