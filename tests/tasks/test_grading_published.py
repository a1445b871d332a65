"""Published completions: where we disagree with their grader, a person has said who is right."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.grading import Verdict, grade_completion

DATA = Path(os.environ.get("R1EVAL_DATA_DIR", "/nowhere"), "outputs", "math_cot_100x8.jsonl")
ADJUDICATED = Path(__file__).parents[2] / "docs" / "results" / "math_cot_100x8.md"


@pytest.mark.skipif(not DATA.exists(), reason="no outputs/ in R1EVAL_DATA_DIR")
def test_we_disagree_with_the_published_scores_exactly_where_it_was_adjudicated() -> None:
    problems = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    samples = [(row, sample) for row in range(len(problems)) for sample in range(8)]

    def is_correct(sample: tuple[int, int]) -> bool:
        problem = problems[sample[0]]
        completion = problem["code"][sample[1]]
        grade = grade_completion(
            gold=problem["gt"], completion=completion, question=problem["question"]
        )
        return grade.verdict is Verdict.CORRECT

    with ThreadPoolExecutor(2) as threads:
        ours = list(threads.map(is_correct, samples))
    theirs = [problems[row]["score"][sample] for row, sample in samples]
    disagreements = [
        (row, sample, "correct" if us else "wrong")
        for (row, sample), us, them in zip(samples, ours, theirs, strict=True)
        if us != them
    ]
    assert disagreements == adjudicated()
    assert (sum(ours), sum(theirs)) == (737, 728)


def adjudicated() -> list[tuple[int, int, str]]:
    lines = ADJUDICATED.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(int(row[0]), int(row[1]), row[2]) for row in cells if row[0].isdigit()]
