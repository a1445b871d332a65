"""A run's graded samples as rows for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.load import every_grade
from runs.files import written_whole
from runs.store import Store


def rows(folder: Path, grader: str) -> Iterator[dict[str, Any]]:
    """One dictionary per sample, in the order of task, problem and index.

    Raises UserError when ``grader`` did not grade all of them.
    """
    with Store(folder) as store:
        grades = every_grade(folder, store, grader)
        for sample in store.samples():
            grade = grades[sample.task, sample.problem_id, sample.index]
            yield {
                "task": sample.task,
                "problem_id": sample.problem_id,
                "index": sample.index,
                "seed": sample.seed,
                "verdict": grade.verdict.value,
                "extracted": grade.extracted,
                "reason": grade.reason,
                "text": sample.text,
                "thinking_tokens": sample.thinking_tokens,
                "answer_tokens": sample.answer_tokens,
                "token_source": sample.token_source,
                "finish_reason": sample.finish_reason,
            }


def write_parquet(folder: Path, out: Path, grader: str) -> int:
    """Write `rows` to ``out`` as Parquet; returns how many."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    table = Dataset.from_list(list(rows(folder, grader)))
    with written_whole(out) as temporary:
        table.to_parquet(str(temporary))
    return len(table)
