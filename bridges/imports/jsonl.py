"""Rows of anybody's: a completion a line, or several in a list, under the names that are usual::

    {"question": "2+2?", "completion": "It is 4.", "answer": "4", "correct": true}

`r1eval export --to jsonl` writes such rows, without question and gold: those come from the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridges.imports.completion import Completion, as_text, verdict_of
from tasks.errors import UserError
from tasks.sources import Row

_TEXT = ("completion", "completions", "text", "response", "responses", "output")
_QUESTION = ("question", "problem")
_GOLD = ("gold", "answer", "target")
_ID = ("problem_id", "id", "doc_id")
_VERDICT = ("verdict", "correct", "score")
_FINISHED = {"stop": "stop", "eos": "stop", "length": "length", "max_tokens": "length"}


def read(rows: Iterable[Row]) -> Iterator[Completion]:
    """Raises UserError on a row without a completion, or with what is no verdict."""
    for row in rows:
        given = _first(row.columns, _TEXT)
        texts = given if isinstance(given, list) else [given]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise UserError(f"{row.place} holds no completion: give it as {', '.join(_TEXT)}")
        said = _first(row.columns, _VERDICT)
        verdicts = said if isinstance(said, list) else [said] * len(texts)
        if len(verdicts) != len(texts):
            raise UserError(f"{row.place}: {len(texts)} completions, {len(verdicts)} verdicts")
        index = row.columns.get("index")
        for number, (text, verdict) in enumerate(zip(texts, verdicts, strict=True)):
            yield Completion(
                place=row.place,
                text=text,
                problem_id=as_text(_first(row.columns, _ID)),
                question=as_text(_first(row.columns, _QUESTION)),
                gold=as_text(_first(row.columns, _GOLD)),
                index=number if len(texts) > 1 else index,
                finish_reason=_FINISHED.get(str(row.columns.get("finish_reason"))),
                published=verdict_of(verdict, row.place),
                answer=as_text(row.columns.get("extracted")),
            )


def _first(columns: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((columns[name] for name in names if columns.get(name) is not None), None)
