"""The samples of a run in SQLite: every finished sample is committed at once, none twice."""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from runs.stored import (
    BudgetGrade,
    Sample,
    SampleKey,
    StoredBill,
    StoredExtended,
    StoredForced,
    StoredProblem,
)
from tasks.grading.verdict import Grade, Verdict

FILE = "samples.db"

_OF_SAMPLE = "WHERE task = ? AND problem_id = ? AND idx = ?"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS problems (
  task TEXT, problem_id TEXT, position INTEGER, question TEXT, gold TEXT, answer_type TEXT,
  prompt TEXT, thought_prefilled INTEGER,
  PRIMARY KEY (task, problem_id)
);
CREATE TABLE IF NOT EXISTS samples (
  task TEXT, problem_id TEXT, idx INTEGER, seed INTEGER, text TEXT, finish_reason TEXT,
  prompt_tokens INTEGER, thinking_tokens INTEGER, answer_tokens INTEGER, token_source TEXT,
  token_ids BLOB, finished_at REAL, generated_tokens INTEGER,
  PRIMARY KEY (task, problem_id, idx)
);
CREATE TABLE IF NOT EXISTS missing (
  task TEXT, problem_id TEXT, idx INTEGER, reason TEXT,
  PRIMARY KEY (task, problem_id, idx)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS extended (
  task TEXT, problem_id TEXT, idx INTEGER, waits INTEGER, finish_reason TEXT, token_ids BLOB,
  PRIMARY KEY (task, problem_id, idx)
);
CREATE TABLE IF NOT EXISTS forced (
  task TEXT, problem_id TEXT, idx INTEGER, mode TEXT, budget INTEGER, closing BLOB, text TEXT,
  finish_reason TEXT, token_ids BLOB,
  PRIMARY KEY (mode, task, problem_id, idx, budget)
);
CREATE TABLE IF NOT EXISTS budgeted (
  task TEXT, problem_id TEXT, idx INTEGER, mode TEXT, budget INTEGER,
  PRIMARY KEY (mode, task, problem_id, idx, budget)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS budget_verdicts (
  task TEXT, problem_id TEXT, idx INTEGER, grader TEXT, mode TEXT, budget INTEGER, verdict TEXT,
  extracted TEXT, reason TEXT, finished INTEGER, tokens INTEGER, forced_tokens INTEGER,
  PRIMARY KEY (grader, mode, task, problem_id, idx, budget)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bill (
  prompt_tokens INTEGER, reply_tokens INTEGER, replies INTEGER, uncounted INTEGER
);
CREATE TABLE IF NOT EXISTS verdicts (
  task TEXT, problem_id TEXT, idx INTEGER, grader TEXT, verdict TEXT, extracted TEXT, reason TEXT,
  PRIMARY KEY (grader, task, problem_id, idx)
) WITHOUT ROWID;
"""


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
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(samples)")}
        if "generated_tokens" not in columns:  # a run of an older version
            self._db.execute("ALTER TABLE samples ADD COLUMN generated_tokens INTEGER")

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
        ids = None if sample.token_ids is None else _blob(sample.token_ids)
        row = (
            *(sample.task, sample.problem_id, sample.index, sample.seed, sample.text),
            *(sample.finish_reason, sample.prompt_tokens, sample.thinking_tokens),
            *(sample.answer_tokens, sample.token_source, ids, sample.finished_at),
            sample.generated_tokens,
        )
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO samples VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", row
        )
        return cursor.rowcount == 1

    def add_missing(self, task: str, problem_id: str, index: int, reason: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO missing VALUES (?,?,?,?)", (task, problem_id, index, reason)
        )

    def set_bill(self, bill: StoredBill) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM bill")
            self._db.execute(
                "INSERT INTO bill VALUES (?,?,?,?)",
                (bill.prompt_tokens, bill.reply_tokens, bill.replies, bill.uncounted),
            )

    def bill(self) -> StoredBill | None:
        row = self._db.execute("SELECT * FROM bill").fetchone()
        return None if row is None else StoredBill(*row)

    def discard(self, keys: Collection[SampleKey]) -> None:
        """Take out samples that are drawn anew, and what was drawn after them."""
        with self._transaction():
            for table in ("samples", "extended", "forced", "budgeted"):
                self._db.executemany(f"DELETE FROM {table} {_OF_SAMPLE}", keys)

    def discard_forced(self, keys: Iterable[SampleKey], mode: str) -> None:
        """Take out what was drawn in a mode after samples that stay."""
        of_mode = [(*key, mode) for key in keys]
        with self._transaction():
            for table in ("forced", "budgeted"):
                self._db.executemany(f"DELETE FROM {table} {_OF_SAMPLE} AND mode = ?", of_mode)
            if mode == "extend":
                self._db.executemany(
                    f"DELETE FROM extended {_OF_SAMPLE}", [key for *key, _ in of_mode]
                )

    def add_extended(self, extended: StoredExtended) -> bool:
        row = (
            *(extended.task, extended.problem_id, extended.index, extended.waits),
            *(extended.finish_reason, _blob(extended.token_ids)),
        )
        cursor = self._db.execute("INSERT OR IGNORE INTO extended VALUES (?,?,?,?,?,?)", row)
        return cursor.rowcount == 1

    def add_forced(self, forced: StoredForced) -> bool:
        row = (
            *(forced.task, forced.problem_id, forced.index, forced.mode, forced.budget),
            *(_blob(forced.closing), forced.text, forced.finish_reason, _blob(forced.token_ids)),
        )
        cursor = self._db.execute("INSERT OR IGNORE INTO forced VALUES (?,?,?,?,?,?,?,?,?)", row)
        return cursor.rowcount == 1

    def add_budgeted(self, key: SampleKey, mode: str, budgets: Iterable[int]) -> None:
        """Everything that these budgets ask of a sample in a mode is there."""
        rows = [(*key, mode, budget) for budget in budgets]
        with self._transaction():
            self._db.executemany("INSERT OR IGNORE INTO budgeted VALUES (?,?,?,?,?)", rows)

    def budgeted(self, mode: str, budgets: Collection[int]) -> set[SampleKey]:
        """The samples of which all that these budgets ask is there."""
        rows = self._db.execute(
            "SELECT task, problem_id, idx, budget FROM budgeted WHERE mode = ?", (mode,)
        )
        counts: Counter[SampleKey] = Counter()
        counts.update((task, p, i) for task, p, i, budget in rows if budget in budgets)
        return {key for key, count in counts.items() if count == len(budgets)}

    def forget_mode(self, mode: str) -> None:
        """Drop what was drawn in a mode, to draw it otherwise."""
        with self._transaction():
            self._db.execute("DELETE FROM forced WHERE mode = ?", (mode,))
            self._db.execute("DELETE FROM budgeted WHERE mode = ?", (mode,))
            if mode == "extend":
                self._db.execute("DELETE FROM extended")

    def extended(self) -> dict[SampleKey, StoredExtended]:
        rows = self._rows("SELECT *, idx AS 'index' FROM extended")
        return {
            (x.task, x.problem_id, x.index): x for x in (_made(StoredExtended, r) for r in rows)
        }

    def forced(self, mode: str) -> Iterator[StoredForced]:
        rows = self._rows("SELECT *, idx AS 'index' FROM forced WHERE mode = ?", (mode,))
        return (_made(StoredForced, row) for row in rows)

    def forced_tokens(self) -> dict[str, int]:
        """How many tokens forced answers took, by task."""
        query = "SELECT task, SUM(LENGTH(token_ids)) / 4 FROM forced GROUP BY task"
        return dict(self._db.execute(query))

    def set_budget_grades(
        self,
        grader: str,
        mode: str,
        grades: Iterable[tuple[SampleKey, int, BudgetGrade]],
    ) -> None:
        """Replace all verdicts of ``grader`` in ``mode``: (sample, budget, grade)."""
        rows = (
            (
                *(*key, grader, mode, budget, given.grade.verdict.value, given.grade.extracted),
                *(given.grade.reason, int(given.finished), given.tokens, given.forced_tokens),
            )
            for key, budget, given in grades
        )
        with self._transaction():
            self._db.execute(
                "DELETE FROM budget_verdicts WHERE grader = ? AND mode = ?", (grader, mode)
            )
            self._db.executemany(
                "INSERT INTO budget_verdicts VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows
            )

    def budget_grades(self, grader: str, mode: str, budget: int) -> dict[SampleKey, BudgetGrade]:
        rows = self._db.execute(
            "SELECT task, problem_id, idx, verdict, extracted, reason, finished, tokens, "
            "forced_tokens FROM budget_verdicts WHERE grader = ? AND mode = ? AND budget = ?",
            (grader, mode, budget),
        )
        return {
            (t, p, i): BudgetGrade(
                Grade(Verdict(v), extracted, why), bool(finished), tokens, forced
            )
            for t, p, i, v, extracted, why, finished, tokens, forced in rows
        }

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

    def sample(self, key: SampleKey) -> Sample | None:
        """One sample with its token ids, if it is there."""
        query = f"{_SAMPLE.format(ids='token_ids')} AND idx = ?"
        return next((_sample(row) for row in self._rows(query, key)), None)

    def samples(self, ids: bool = False) -> Iterator[Sample]:
        """One by one, in the order of task, problem and index; with their token ids if ``ids``."""
        asked = self._db.execute("SELECT task, problem_id FROM problems ORDER BY task, position")
        query = f"{_SAMPLE.format(ids='token_ids' if ids else 'NULL')} ORDER BY idx"
        for problem in asked.fetchall():
            yield from map(_sample, self._rows(query, problem))

    def token_sources(self) -> Iterator[tuple[bool, bool]]:
        """For each sample whether its ids are there, and whether its thought was counted."""
        rows = self._db.execute(
            "SELECT token_ids IS NOT NULL, thinking_tokens IS NOT NULL FROM samples"
        )
        return ((bool(ids), bool(thinking)) for ids, thinking in rows)

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

    def _rows(self, query: str, values: Sequence[str | int] = ()) -> Iterator[dict[str, Any]]:
        cursor = self._db.execute(query, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


_SAMPLE = (
    "SELECT task, problem_id, idx AS 'index', seed, text, finish_reason, prompt_tokens, "
    "thinking_tokens, answer_tokens, token_source, {ids} AS token_ids, finished_at, "
    "generated_tokens FROM samples "
    "WHERE task = ? AND problem_id = ?"
)


def _sample(row: dict[str, Any]) -> Sample:
    blob = row["token_ids"]
    return Sample(**{**row, "token_ids": None if blob is None else tuple(array("I", blob))})


def _blob(ids: Sequence[int]) -> bytes:
    return array("I", ids).tobytes()


def _made(kind: Any, row: dict[str, Any]) -> Any:
    del row["idx"]
    for name in {"closing", "token_ids"} & row.keys():
        row[name] = tuple(array("I", row[name]))
    return kind(**row)


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
