"""The samples of a run in SQLite: every finished sample is committed at once, none twice."""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tasks.grading.verdict import Grade, Verdict

FILE = "samples.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS problems (
  task TEXT, problem_id TEXT, position INTEGER, question TEXT, gold TEXT, answer_type TEXT,
  prompt TEXT, thought_prefilled INTEGER,
  PRIMARY KEY (task, problem_id)
);
CREATE TABLE IF NOT EXISTS samples (
  task TEXT, problem_id TEXT, idx INTEGER, seed INTEGER, text TEXT, finish_reason TEXT,
  prompt_tokens INTEGER, thinking_tokens INTEGER, answer_tokens INTEGER, token_source TEXT,
  token_ids BLOB, finished_at REAL,
  PRIMARY KEY (task, problem_id, idx)
);
CREATE TABLE IF NOT EXISTS missing (
  task TEXT, problem_id TEXT, idx INTEGER, reason TEXT,
  PRIMARY KEY (task, problem_id, idx)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (
  task TEXT, problem_id TEXT, idx INTEGER, grader TEXT, verdict TEXT, extracted TEXT, reason TEXT,
  PRIMARY KEY (grader, task, problem_id, idx)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class StoredProblem:
    """A problem as it was asked: ``prompt`` is the text that the model read."""

    task: str
    problem_id: str
    position: int
    question: str
    gold: str
    answer_type: str
    prompt: str
    thought_prefilled: bool


@dataclass(frozen=True)
class Sample:
    """One completion. ``thinking_tokens`` + ``answer_tokens`` are all that were generated.

    ``token_ids`` is ``None`` where the engine gave none, and where a reader did not ask for them.
    """

    task: str
    problem_id: str
    index: int
    seed: int
    text: str
    finish_reason: str
    prompt_tokens: int | None
    thinking_tokens: int | None
    answer_tokens: int | None
    token_source: str
    token_ids: tuple[int, ...] | None
    finished_at: float


class Store:
    """The database of one run. Use it as a context manager; one thread at a time.

    A write that finds the disk full raises sqlite3.OperationalError; what was committed stays.
    """

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
        mode = self._db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        self.journal = str(mode)  # "wal", or what the file system allows instead
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def set_problems(self, problems: Iterable[StoredProblem]) -> None:
        """What the run asks, in place of what a run that died at its start may have left."""
        rows = [
            (
                *(p.task, p.problem_id, p.position, p.question, p.gold, p.answer_type),
                *(p.prompt, int(p.thought_prefilled)),
            )
            for p in problems
        ]
        with self._transaction():
            self._db.execute("DELETE FROM problems")
            self._db.executemany("INSERT INTO problems VALUES (?,?,?,?,?,?,?,?)", rows)

    def add_sample(self, sample: Sample) -> bool:
        """Commit one sample. False when it was there already, and then nothing is changed."""
        ids = None if sample.token_ids is None else array("I", sample.token_ids).tobytes()
        row = (
            *(sample.task, sample.problem_id, sample.index, sample.seed, sample.text),
            *(sample.finish_reason, sample.prompt_tokens, sample.thinking_tokens),
            *(sample.answer_tokens, sample.token_source, ids, sample.finished_at),
        )
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO samples VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row
        )
        return cursor.rowcount == 1

    def add_missing(self, task: str, problem_id: str, index: int, reason: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO missing VALUES (?,?,?,?)", (task, problem_id, index, reason)
        )

    def set_grades(self, grader: str, grades: Iterable[tuple[str, str, int, Grade]]) -> None:
        """Replace all verdicts of ``grader`` at once: (task, problem id, index, grade)."""
        rows = [
            (task, problem, index, grader, grade.verdict.value, grade.extracted, grade.reason)
            for task, problem, index, grade in grades
        ]
        with self._transaction():
            self._db.execute("DELETE FROM verdicts WHERE grader = ?", (grader,))
            self._db.executemany("INSERT INTO verdicts VALUES (?,?,?,?,?,?,?)", rows)

    def keys(self) -> set[tuple[str, str, int]]:
        """(task, problem id, index) of every sample there is."""
        return set(self._db.execute("SELECT task, problem_id, idx FROM samples"))

    def text(self, task: str, problem_id: str, index: int) -> str | None:
        row = self._db.execute(
            "SELECT text FROM samples WHERE task = ? AND problem_id = ? AND idx = ?",
            (task, problem_id, index),
        ).fetchone()
        return None if row is None else str(row[0])

    def problems(self) -> list[StoredProblem]:
        """In the order in which they were asked."""
        rows = self._rows("SELECT * FROM problems ORDER BY task, position")
        return [
            StoredProblem(**{**row, "thought_prefilled": bool(row["thought_prefilled"])})
            for row in rows
        ]

    def samples(self, ids: bool = False) -> Iterator[Sample]:
        """One by one, in the order of task, problem and index; with their token ids if ``ids``."""
        asked = self._db.execute("SELECT task, problem_id FROM problems ORDER BY task, position")
        query = (
            "SELECT task, problem_id, idx AS 'index', seed, text, finish_reason, prompt_tokens, "
            f"thinking_tokens, answer_tokens, token_source, {'token_ids' if ids else 'NULL'} "
            "AS token_ids, finished_at FROM samples WHERE task = ? AND problem_id = ? ORDER BY idx"
        )
        for problem in asked.fetchall():
            for row in self._rows(query, problem):
                blob = row["token_ids"]
                row["token_ids"] = None if blob is None else tuple(array("I", blob))
                yield Sample(**row)

    def grades(self, grader: str) -> dict[tuple[str, str, int], Grade]:
        rows = self._db.execute(
            "SELECT task, problem_id, idx, verdict, extracted, reason FROM verdicts "
            "WHERE grader = ?",
            (grader,),
        )
        return {(t, p, i): Grade(Verdict(v), extracted, why) for t, p, i, v, extracted, why in rows}

    def missing(self) -> dict[tuple[str, str, int], str]:
        """Why a sample was not drawn, where that was written down."""
        rows = self._db.execute("SELECT * FROM missing")
        return {(task, problem, index): reason for task, problem, index, reason in rows}

    def _rows(self, query: str, values: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        cursor = self._db.execute(query, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """All or nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: Any, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def now() -> float:
    """Seconds since 1970, to the millisecond."""
    return round(time.time(), 3)
