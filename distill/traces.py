"""Traces: samples kept for training, as conversations that TRL and `datasets` take as they are.

A line of JSONL, or a row of Parquet::

    {"prompt": [{"role": "user", "content": "582+867=?"}],
     "completion": [{"role": "assistant", "content": "<think>…=449;</think><answer>449</answer>"}],
     "meta": {"id": "nano-train/17/0", "task": "nano-train", "problem_id": "17", "gold": "449",
              "verdict": "correct", "finish_reason": "stop", "tokens": 41, …}}

``meta`` is what is known; nothing in it has to be there. A thought that the teacher's prompt had
opened is opened in the completion.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from runs.files import written_whole
from runs.recipe import where
from tasks.errors import UserError
from tasks.grading import Verdict, grade_completion
from tasks.thinking import Split, split_thought
from tasks.usercode import call, load_function

Turn = Mapping[str, str]
"""``{"role": …, "content": …}``."""

_ROWS = 1000  # of Parquet at once


@dataclass(frozen=True)
class Trace:
    """``prompt`` ends with the user's turn; ``completion`` holds the assistant's."""

    prompt: Sequence[Turn]
    completion: Sequence[Turn]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.meta.get("id", ""))

    @property
    def problem(self) -> str:
        """The same for all traces of one problem."""
        task, problem_id = self.meta.get("task"), self.meta.get("problem_id")
        return self.question if problem_id is None else f"{task}/{problem_id}"

    @property
    def question(self) -> str:
        """The bare question, or else the user's last turn."""
        known = self.meta.get("question")
        if known:
            return str(known)
        return next((t["content"] for t in reversed(self.prompt) if t["role"] == "user"), "")

    @property
    def text(self) -> str:
        """The completion with its thought."""
        return self.completion[-1]["content"]

    @cached_property
    def split(self) -> Split:
        return split_thought(self.text)

    @cached_property
    def verdict(self) -> Verdict | None:
        """The one that is stored, or else the grader's; ``None`` where there is no gold either."""
        if "verdict" in self.meta:
            return Verdict(self.meta["verdict"])
        if (gold := self.meta.get("gold")) is None:
            return None
        return grade_completion(
            gold=str(gold),
            completion=self.text,
            question=self.question or None,
            finish_reason=self.finish_reason,
        ).verdict

    @property
    def finish_reason(self) -> str | None:
        """``stop`` or ``length``; what else an engine may say is not known to us."""
        known = self.meta.get("finish_reason")
        return known if known in ("stop", "length") else None

    def as_row(self) -> dict[str, Any]:
        return {
            "prompt": [dict(turn) for turn in self.prompt],
            "completion": [dict(turn) for turn in self.completion],
            "meta": dict(self.meta),
        }


def read_traces(path: Path) -> Iterator[Trace]:
    """Every trace of a JSONL or Parquet file, one at a time, or of what the function of a
    ``file.py:function`` gives. A trace without an id is named by its place. Raises UserError naming
    the line that is none.
    """
    if is_function(path):
        rows = _called(str(path))
    elif path.is_file():
        rows = _parquet(path) if path.suffix == ".parquet" else _jsonl(path)
    else:
        raise UserError(f"no such file of traces: {path}")
    for number, row in enumerate(rows, start=1):
        yield trace_of(row, f"{path.name}:{number}", f"{path}, trace {number}")


def is_function(path: Path) -> bool:
    """
    >>> is_function(Path("mine.py:worked")), is_function(Path("kept.jsonl"))
    (True, False)
    """
    return ".py:" in path.name


def as_line(trace: Trace) -> str:
    """A line of JSONL."""
    return json.dumps(trace.as_row(), ensure_ascii=False) + "\n"


def trace_of(row: Any, name: str, where: str) -> Trace:
    """Raises UserError where a row is no trace, saying ``where``."""
    if not isinstance(row, dict):
        raise UserError(f"{where}: a trace is an object with prompt and completion")
    turns = {}
    for key in ("prompt", "completion"):
        given = row.get(key)
        if not isinstance(given, (list, tuple)) or not given or not all(map(_is_turn, given)):
            raise UserError(f"{where}: {key} is no list of turns with role and content")
        turns[key] = [{"role": t["role"], "content": t["content"]} for t in given]
    if turns["completion"][-1]["role"] != "assistant":
        raise UserError(f"{where}: the completion does not end with the assistant's turn")
    meta = row.get("meta") or {}
    if not isinstance(meta, dict):
        raise UserError(f"{where}: meta is no object")
    known = {key: value for key, value in meta.items() if value is not None}
    if (verdict := known.get("verdict", "correct")) not in list(Verdict):
        raise UserError(f"{where}: unknown verdict {verdict!r}: one of {', '.join(Verdict)}")
    return Trace(turns["prompt"], turns["completion"], {"id": name, **known})


def write_traces(path: Path, traces: Iterable[Trace]) -> int:
    """Write them whole, as Parquet where the name says so; returns how many."""
    number = 0
    with written_whole(path) as temporary:
        if path.suffix == ".parquet":
            return _write_parquet(temporary, traces)
        with temporary.open("w", encoding="utf-8", errors="replace") as file:
            for number, trace in enumerate(traces, start=1):  # noqa: B007
                file.write(as_line(trace))
    return number


def _is_turn(turn: Any) -> bool:
    return (
        isinstance(turn, dict)
        and isinstance(turn.get("role"), str)
        and isinstance(turn.get("content"), str)
    )


def _jsonl(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:  # only line feeds end lines: a text may hold line separators
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UserError(f"{path}, line {number}: not JSON ({error})") from error


def _called(spec: str) -> Iterator[Any]:
    made = call(load_function(where(spec)), spec)
    if not isinstance(made, Iterable) or isinstance(made, (str, Mapping)):
        raise UserError(f"{spec} must return rows with prompt and completion")
    return iter(made)


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        for batch in file.iter_batches(_ROWS):
            for row in batch.to_pylist():
                yield {**row, "meta": _meta(row.get("meta"))}
    except pyarrow.ArrowInvalid as error:
        raise UserError(f"{path}: not Parquet ({str(error).splitlines()[0]})") from error


def _meta(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


def _write_parquet(path: Path, traces: Iterable[Trace]) -> int:
    """``meta`` as JSON text: what is known differs from trace to trace."""
    import pyarrow
    from pyarrow import parquet

    turn = pyarrow.list_(
        pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    )
    schema = pyarrow.schema([("prompt", turn), ("completion", turn), ("meta", pyarrow.string())])
    number, rest = 0, iter(traces)
    with parquet.ParquetWriter(path, schema) as writer:
        while some := list(islice(rest, _ROWS)):
            rows = [trace.as_row() for trace in some]
            made = [{**row, "meta": json.dumps(row["meta"], ensure_ascii=False)} for row in rows]
            writer.write_table(pyarrow.Table.from_pylist(made, schema=schema))
            number += len(some)
    return number
