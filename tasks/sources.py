"""Where rows come from: a JSONL, CSV or Parquet file, the hub, or the user's own function.

Each reader returns ``Row`` after ``Row``: the columns as they stand, and the place to name in an
error ("line 7"). Nothing here knows what a column means; ``tasks.fields`` does.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tasks.errors import UserError, in_one
from tasks.problem import Task
from tasks.schema import Hub
from tasks.usercode import call, load_function

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # what JSON can escape and UTF-8 cannot write
FILE_KINDS = (".jsonl", ".csv", ".parquet")


@dataclass(frozen=True)
class Row:
    """One row: ``columns`` by name, and its ``place`` for people ("line 7 of sums.jsonl")."""

    place: str
    columns: Mapping[str, Any]


def read_file(path: Path) -> list[Row]:
    """All rows of a ``.jsonl``, ``.csv`` or ``.parquet`` file. Raises UserError."""
    readers = {".jsonl": read_jsonl, ".csv": read_csv, ".parquet": read_parquet}
    if not path.is_file():
        raise UserError(f"no such file: {path}")
    if path.suffix not in readers:
        raise UserError(f"cannot read {path}: give a file that ends in {', '.join(FILE_KINDS)}")
    try:
        return readers[path.suffix](path)
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: byte {error.start} cannot be read") from error


def read_jsonl(path: Path) -> list[Row]:
    """One JSON object a line; blank lines are skipped. Raises one UserError with the numbers of the
    first broken lines."""
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("["):
        raise UserError(f"{path} is a JSON array: give one JSON object per line")
    rows: list[Row] = []
    broken: list[tuple[str, UserError]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number} of {path}"
        try:
            rows.append(Row(place, _json_object(line, place)))
        except UserError as error:
            broken.append((place, error))
    if broken:
        raise in_one(broken)
    return rows


def _json_object(line: str, place: str) -> dict[str, Any]:
    try:
        columns = json.loads(line, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise UserError(f"{place} is not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise UserError(f"{place} is nested too deeply") from error
    except ValueError as error:  # Python reads no integer of more than 4,300 digits
        raise UserError(f"{place} cannot be read: {error}") from error
    if not isinstance(columns, dict):
        raise UserError(f'{place} must be an object: {{"column": value, …}}')
    if "\\u" in line and _LONE_SURROGATE.search(json.dumps(columns, ensure_ascii=False)):
        raise UserError(f"{place} holds half a character: an unpaired \\ud800 to \\udfff")
    return columns


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON: write null or a number")


def read_csv(path: Path) -> list[Row]:
    """A CSV with a header. Not through ``datasets``, which turns ``073`` into 73 and ``2.50`` into
    2.5: every cell stays the text it is."""
    rows = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for columns in reader:
                place = f"line {reader.line_num} of {path}"
                if None in columns:
                    raise UserError(f"{place} has more cells than the header has names")
                rows.append(Row(place, columns))
        except csv.Error as error:
            raise UserError(f"line {reader.line_num} of {path} is not CSV: {error}") from error
    return rows


def read_parquet(path: Path) -> list[Row]:
    """A Parquet file, by the reader that ``datasets`` brings along."""
    import pyarrow
    import pyarrow.parquet

    try:
        columns = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise UserError(f"{path} is not Parquet: {' '.join(str(error).split())}") from error
    return [Row(f"row {number} of {path}", row) for number, row in enumerate(columns, start=1)]


def read_hub(hub: Hub, name: str) -> list[Row]:
    """A split of a hub dataset (or of a local folder of the same layout), through ``datasets``.

    Raises UserError that says how to get the data when the hub is out of reach or refuses.
    """
    import datasets

    revision = None if os.path.isdir(hub.dataset) else hub.revision
    try:
        table = datasets.load_dataset(hub.dataset, hub.config, split=hub.split, revision=revision)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split())
        page = f"https://huggingface.co/datasets/{hub.dataset}"
        access = f"it is gated: accept its terms at {page} and log in (`hf auth login`)"
        advice = access if hub.gated else "connect to the network"
        local = f"set R1EVAL_DATA_DIR to a folder that holds benchmarks/{name}.jsonl"
        raise UserError(
            f"{name} could not be read from the hub: {advice}, or {local} ({reason})"
        ) from error
    return [Row(f"row {n} of {hub.dataset}", columns) for n, columns in enumerate(table, start=1)]


def call_function(spec: str) -> Task | list[Row]:
    """What the function ``file.py:function`` returns: a task, or an iterable of dictionaries.

    Whatever the user's code raises is reported as theirs, in one line.
    """
    made = call(load_function(spec), spec)
    if isinstance(made, Task):
        return made
    made = call(list, spec, made)  # a generator runs only now
    for number, columns in enumerate(made, start=1):
        if not isinstance(columns, Mapping):
            raise UserError(
                f"{spec} must return dictionaries with 'problem' and 'answer': "
                f"number {number} is of type {type(columns).__name__}"
            )
    return [Row(f"row {number} of {spec}", columns) for number, columns in enumerate(made, start=1)]
