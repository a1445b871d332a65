"""The whole chain of filters beside datatrove's: ``make bench-filters``.

    python -m benchmarks.filters [--traces 5000,100000,200000] [--peer PYTHON] [--out FILE]

Traces of 4,000 characters are made up (`benchmarks.filtering.synthesis`), verdicts stored, and go
through every filter, decontamination against all tasks that can be read included, by
`r1eval distill filter` with two processes. datatrove does what it has on the smallest number, in
the environment of ``--peer``.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks.filtering.synthesis import write
from benchmarks.filtering.watched import Watched, watched
from distill.contamination import evaluation_tasks, read_tasks

CHAIN = Path(__file__).parent / "filtering" / "chain.yaml"
PEER = Path(__file__).parent / "filtering" / "peer.py"
MILLION = 1_000_000


@click.command()
@click.option("--traces", "numbers", default="5000,100000,200000", show_default=True)
@click.option("--peer", help="A Python that has datatrove.")
@click.option("--out", type=click.Path(path_type=Path))
def main(numbers: str, peer: str | None, out: Path | None) -> None:
    asked, missing = read_tasks(evaluation_tasks())
    questions = [one.question for one in asked]
    counts = sorted(int(number) for number in numbers.split(","))
    if len(counts) < 2:
        raise click.UsageError("give two numbers of traces: memory is measured by its growth")
    head = f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    rows, theirs = [], None
    with tempfile.TemporaryDirectory() as place:
        for count in counts:
            folder = Path(place) / str(count)
            (folder / "in").mkdir(parents=True)
            made = folder / "in" / "traces.jsonl"
            write(str(made), count, 0, questions)
            rows.append((count, ours(made, folder / "kept.jsonl")))
            click.echo(rows[-1], err=True)
            if peer and count == counts[0]:
                theirs = datatrove(peer, folder, questions)
                click.echo(theirs, err=True)
            made.unlink()
        kept = watched([sys.executable, "-m", "benchmarks.filtering.remembered", str(MILLION)])
    text = page(head, rows, theirs, float(kept.output), len(questions), sorted(missing))
    click.echo(text)
    if out is not None:
        out.write_text(text, encoding="utf-8")


def ours(traces: Path, out: Path) -> Watched:
    command = ("distill", "filter", str(traces), "--recipe", str(CHAIN), "--out", str(out))
    return watched([sys.executable, "-m", "r1eval", *command, "--processes", "2"])


def datatrove(python: str, folder: Path, questions: Sequence[str]) -> Watched:
    """It splits work by files: the traces in two."""
    lines = (folder / "in" / "traces.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    (folder / "two").mkdir()
    for part in range(2):
        half = lines[part * len(lines) // 2 : (part + 1) * len(lines) // 2]
        text = "\n".join(half) + "\n"
        (folder / "two" / f"{part}.jsonl").write_text(text, encoding="utf-8")
    (folder / "questions").write_text("\x1e".join(questions), encoding="utf-8")
    places = (str(folder / "two"), str(folder / "peer"), str(folder / "questions"))
    return watched([python, str(PEER), *places])


def page(
    head: str,
    rows: Sequence[tuple[int, Watched]],
    theirs: Watched | None,
    remembered: float,
    questions: int,
    missing: Sequence[str],
) -> str:
    """The tables, and what they say of a million traces."""
    (few, first), (many, last) = rows[0], rows[-1]
    some, before = rows[-2]
    between = (many - some) / (last.seconds - before.seconds)
    lines = [
        "# Filters",
        "",
        f"`make bench-filters`: {head} at the start, rensa {version('rensa')}. Traces of 4,000 "
        f"characters, verdicts stored, every filter (`benchmarks/filtering/chain.yaml`), "
        f"decontamination against {questions:,} questions"
        + (f" (not read: {', '.join(missing)})" if missing else "")
        + ", two processes that look and one that compares and writes.",
        "",
        "| traces | s | traces/s | processor s | traces/s on two processors | MB, all processes |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {_row(count, one)} |" for count, one in rows]
    if theirs:
        lines += [f"| {_row(few, theirs)} | ".replace(f"| {few:,}", f"| {few:,}, datatrove", 1)]
        lines[-1] = lines[-1].rstrip()
    lines += [
        "",
        "Traces/s on two processors: what their seconds come to where nothing else runs. Between "
        f"{some:,} and {many:,} traces, the start left out: {between:,.0f} a second by the clock. "
        f"{_memory(some, before, many, last)} A million notes given to `exact` and `near` alone, "
        f"every one kept, take {remembered:.0f} MB, Python included "
        "(`benchmarks.filtering.remembered`).",
    ]
    if theirs:
        lines += [
            "",
            f"datatrove takes {theirs.seconds / first.seconds:.1f} times as long by the clock, "
            f"{theirs.cpu_seconds / first.cpu_seconds:.1f} times in processor seconds, for less: "
            "`benchmarks/filtering/peer.py` says what it has no counterpart for. It writes "
            "signatures to disk, ours stay in memory.",
        ]
    funnel = re.findall(r"│ (\w+) +│ +(\d*) │ +(\d+) │", first.output)
    lines += ["", f"Of {few:,}:", "", "| filter | dropped | left |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in funnel]
    return "\n".join(lines) + "\n"


def _memory(some: int, before: Watched, many: int, last: Watched) -> str:
    if many >= MILLION:
        return f"Memory at {many:,} traces: **{last.megabytes:.0f} MB**, all processes together."
    growth = (last.megabytes - before.megabytes) / (many - some) * 1e6
    at_million = last.megabytes + growth * (MILLION - many) / 1e6
    return f"**{at_million:.0f} MB at a million traces**, extrapolated from {growth:.0f} MB more."


def _row(count: int, one: Watched) -> str:
    both = 2 * count / one.cpu_seconds
    figures = f"{one.seconds:.0f} | {count / one.seconds:,.0f} | {one.cpu_seconds:.0f}"
    return f"{count:,} | {figures} | {both:,.0f} | {one.megabytes:.0f}"


if __name__ == "__main__":
    main()
