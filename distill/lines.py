"""A file of traces as lines, those of one problem together."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distill.traces import Trace, as_line, is_function, read_traces, trace_of, write_traces
from runs.files import written_whole
from tasks.errors import UserError


class Line(NamedTuple):
    """The line of a trace that is the ``number``-th of its file, and where it is in there."""

    number: int
    text: bytes
    place: str


def parse(line: Line, file: str) -> Trace:
    """Raises UserError where it is none, saying which."""
    try:
        row = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{line.place}: not JSON ({error})") from error
    return trace_of(row, _name(line, file), line.place)


def as_given(trace: Trace, line: Line, file: str) -> str:
    """The line as it was, whatever else its row says; made anew where it had no id."""
    if trace.id == _name(line, file) or not line.text.startswith(b"{"):
        return as_line(trace)
    return line.text.decode("utf-8", "surrogatepass").rstrip() + "\n"


def _name(line: Line, file: str) -> str:
    return f"{file}:{line.number}"


@contextmanager
def as_lines(path: Path) -> Iterator[Path]:
    """The same traces as JSONL, for as long as the block lasts where they are Parquet or what a
    function gives.
    """
    made_up = is_function(path)
    if not made_up and not path.is_file():
        raise UserError(f"no such file of traces: {path}")
    if not made_up and path.suffix != ".parquet":
        yield path
        return
    with TemporaryDirectory(prefix="r1eval-") as folder:
        made = Path(folder) / f"{path.name.rpartition(':')[2]}.jsonl"
        if not made_up:
            made = Path(folder) / path.with_suffix(".jsonl").name
        write_traces(made, read_traces(path))
        yield made


@contextmanager
def to_lines(out: Path) -> Iterator[Path]:
    """A file to write JSONL to; it becomes ``out``, as Parquet where the name says so, when the
    block ends well.
    """
    if out.suffix != ".parquet":
        with written_whole(out) as temporary:
            yield temporary
        return
    with written_whole(out.with_suffix(".parquet.jsonl")) as temporary:
        yield temporary
        write_traces(out, (parse(line, out.name) for line in read_lines(temporary)))
        temporary.write_bytes(b"")
    out.with_suffix(".parquet.jsonl").unlink()


def read_lines(path: Path) -> Iterator[Line]:
    """In the order of the file."""
    number = 0
    with path.open("rb") as file:  # only line feeds end lines: a text may hold line separators
        for at, text in enumerate(file, start=1):
            if text.strip():
                number += 1
                yield Line(number, text, f"{path}, line {at}")


def read_by_problem(path: Path) -> Iterator[Line]:
    """Problem by problem, in the order in which they come first. The texts are read twice and not
    held: a trace takes some 40 bytes. Raises UserError naming a line that is no trace.
    """
    order = _by_problem(path)
    if order is None:
        yield from read_lines(path)
        return
    with path.open("rb") as file:
        for number, start in order:
            file.seek(start)
            yield Line(number, file.readline(), f"{path}, trace {number}")


def _by_problem(path: Path) -> Iterator[tuple[int, int]] | None:
    """Numbers and places of the lines; ``None`` where they stand together already."""
    problems, starts = array("Q"), array("Q")
    start = 0
    with path.open("rb") as file:
        number = 0
        for at, text in enumerate(file, start=1):
            if text.strip():
                number += 1
                trace = parse(Line(number, text, f"{path}, line {at}"), path.name)
                name = trace.problem.encode("utf-8", "surrogatepass")
                problems.append(int.from_bytes(blake2b(name, digest_size=8).digest()))
                starts.append(start)
            start += len(text)
    keys: NDArray[Any] = np.frombuffer(problems, dtype=np.uint64)
    _, first, of = np.unique(keys, return_index=True, return_inverse=True)
    ranks = first[of]
    if not (np.diff(ranks) < 0).any():
        return None
    return ((int(n) + 1, starts[int(n)]) for n in np.argsort(ranks, kind="stable"))
