"""A file of traces through a chain of filters: what is kept, a ledger of the rest, the funnel."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from distill.chain import Filtering, Looked, Step, judge, make_steps
from distill.ledger import Funnel, notices, written_ledger
from distill.lines import as_lines, read_by_problem, read_lines, to_lines
from distill.workers import look_at_all
from runs.files import write_json
from tasks.errors import UserError

_SMALL = 2_000_000  # bytes: less is read before a process has begun


def beside(out: Path, ending: str) -> Path:
    """``kept.jsonl`` to ``kept.ledger.jsonl``, ``kept.funnel.json``."""
    return out.with_name(f"{out.stem}.{ending}")


def filter_file(
    path: Path, recipe: Filtering, out: Path, ledger: Path, processes: int | None = None
) -> Funnel:
    """Write what is kept to ``out``, what is not to ``ledger``, the funnel beside ``out``.

    Traces of one problem that do not stand together are brought together where a filter compares
    them. The result is the same with any number of processes. Raises UserError on a line that is
    no trace, and, with the ledger written and ``out`` not, when nothing is left.
    """
    if len({path.resolve(), out.resolve(), ledger.resolve()}) < 3:
        raise UserError("give three files: the traces, --out and --ledger")
    steps = make_steps(recipe.filters)
    every = dict(enumerate(steps))
    funnel = Funnel([step.name for step in steps], notices(steps))
    with to_lines(out) as temporary:
        with (
            written_ledger(ledger, funnel.names) as book,
            temporary.open("w", encoding="utf-8", errors="replace") as kept,
        ):
            for problem in by_problem(path, steps, processes):
                for told in judge(every, problem):
                    funnel.count(told.step)
                    book.write(told)
                    if told.step is None:
                        kept.write(told.trace.line)
        write_json(beside(out, "funnel.json"), funnel.as_json(steps))
        if not funnel.given:
            raise UserError(f"{path} holds no traces")
        if not funnel.kept:
            raise UserError(
                f"nothing is left of {funnel.given} traces: the filter {funnel.last()} dropped the "
                f"last of them; {ledger} says why each"
            )
    return funnel


def by_problem(
    path: Path, steps: Sequence[Step], processes: int | None = None, everything: bool = False
) -> Iterator[list[Looked]]:
    """What was found in the traces of a file, problem by problem; one by one, and in the order of
    the file, where no filter compares those of a problem.
    """
    if processes is None:
        processes = os.cpu_count() or 1
    grouped = any(step.group for step in steps)
    with as_lines(path) as lines:
        if lines.stat().st_size < _SMALL:
            processes = 1
        source = read_by_problem(lines) if grouped else read_lines(lines)
        found = look_at_all((steps, path.name, everything), source, processes)
        if not grouped:
            yield from ([trace] for trace in found)
        else:
            yield from (list(of) for _, of in groupby(found, attrgetter("problem")))
