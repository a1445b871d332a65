"""Accuracy on labelled pairs and completions, where the labels are at hand.

They lie in ``labels/`` beside ``R1EVAL_DATA_DIR``. The floors are a little below what was reached
(docs/results/grading.md); the number of false positives is exact, since it is the one that hurts.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tasks.grading import Grade, Verdict, grade_answer, grade_completion

LABELS = Path(os.environ.get("R1EVAL_DATA_DIR", "/nowhere")).parent / "labels"
needs_labels = pytest.mark.skipif(
    not (LABELS / "pairs.dev.jsonl").exists(), reason="no labels beside R1EVAL_DATA_DIR"
)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / name).read_text(encoding="utf-8").splitlines()]


def grade_pair(row: dict[str, Any]) -> Grade:
    return grade_answer(gold=row["gold"], answer=row["answer"], question=row["question"])


def grade_text(row: dict[str, Any]) -> Grade:
    return grade_completion(
        gold=row["gold"],
        completion=row["completion"],
        question=row["question"],
    )


@needs_labels
def test_pairs_are_graded_as_labelled() -> None:
    scored = [row for row in rows("pairs.dev.jsonl") if row["label"] != "debatable"]
    with ThreadPoolExecutor(2) as threads:
        grades = list(threads.map(grade_pair, scored))
    correct = [grade.verdict is Verdict.CORRECT for grade in grades]
    equal = [row["label"] == "equal" for row in scored]
    false = [row["id"] for row, c, e in zip(scored, correct, equal, strict=True) if c and not e]
    assert false == []
    assert sum(c == e for c, e in zip(correct, equal, strict=True)) / len(scored) >= 0.99


@needs_labels
def test_completions_are_graded_as_labelled() -> None:
    scored = rows("completions.dev.jsonl")
    with ThreadPoolExecutor(2) as threads:
        verdicts = [grade.verdict for grade in threads.map(grade_text, scored)]
    found = ["no_answer" if verdict is Verdict.TRUNCATED else verdict for verdict in verdicts]
    labels = [row["label"] for row in scored]
    false = [
        row["id"]
        for row, verdict in zip(scored, found, strict=True)
        if verdict == "correct" and row["label"] != "correct"
    ]
    assert false == []
    assert sum(a == b for a, b in zip(found, labels, strict=True)) / len(scored) >= 0.98
