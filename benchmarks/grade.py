"""Our grader beside its peers, right and fast: ``make bench-grade``.

    R1EVAL_DATA_DIR=…/data python -m benchmarks.grade [--out FILE] [--misses FILE]

Labelled pairs and completions are read from ``labels/`` beside that folder; without them, pairs
made here are graded. Every grader works in a process of its own, warmed up on other pairs. They
take turns, ``CHUNK`` rows each, so that a load on the machine hits all alike. No pair comes twice.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from benchmarks.peers import made, page
from benchmarks.peers.graders import GRADERS, IN_PEERS_VENV
from benchmarks.peers.page import OURS, Results
from benchmarks.peers.talk import Absent, Judged, Process

Row = dict[str, Any]

CHUNK = 50
INTEGERS = 2_000
ROOT = Path(__file__).parents[1]


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
@click.option(
    "--misses",
    type=click.Path(path_type=Path),
    help="Write the rows whose label ours does not find, as JSONL, outside the project.",
)
@click.option(
    "--peers-venv",
    type=click.Path(path_type=Path),
    default=ROOT / ".venv" / "peers",
    help="Environment with benchmarks/peers/requirements.txt; by default .venv/peers.",
)
def main(out: Path | None, misses: Path | None, peers_venv: Path) -> None:
    """Print accuracy and speed of our grader and its peers as markdown."""
    if misses is not None and misses.resolve().is_relative_to(ROOT):
        raise click.BadParameter("labelled rows stay outside the project", param_hint="--misses")
    pairs, completions = read_labels()
    load = [os.getloadavg()[0]]
    integers = judge(made.integers(INTEGERS, seed=1), made.integers(50, seed=2), peers_venv)
    if pairs:
        by_pair = judge(pairs, made.warm_up(seed=2), peers_venv)
        by_completion = judge(completions, made.warm_up(seed=2), peers_venv)
        sections = [
            page.accuracy(f"Accuracy on {len(pairs)} pairs", pairs, by_pair),
            page.accuracy(
                f"Accuracy on {len(completions)} completions", completions, by_completion
            ),
            page.families("Pairs by source", pairs, by_pair),
            page.families("Completions by source", completions, by_completion),
        ]
    else:
        by_completion = {}
        pairs = made.pairs(600, seed=1)
        by_pair = judge(pairs, made.warm_up(seed=2), peers_venv)
        sections = [
            "**No labels**: set `R1EVAL_DATA_DIR` to a data folder with `labels/` beside it. These",
            "pairs are made by `benchmarks/peers/made.py`; accuracy on them proves nothing.\n",
            page.accuracy(f"{len(pairs)} pairs made here", pairs, by_pair),
        ]
    sections += [
        page.speeds(pairs, by_pair),
        page.integer_speeds(integers),
        page.reasons(pairs, by_pair[OURS]),
    ]
    load.append(os.getloadavg()[0])
    text = "\n".join([*introduction(load, set(GRADERS) - set(by_pair)), *sections])
    click.echo(text)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if misses is not None:
        wrong = missed(pairs, by_pair[OURS]) + missed(completions, by_completion.get(OURS, []))
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in wrong)
        misses.write_text("".join(lines), encoding="utf-8")


def read_labels() -> tuple[list[Row], list[Row]]:
    """Pairs, but for debatable ones, and completions; two empty lists where there are none."""
    folder = Path(os.environ.get("R1EVAL_DATA_DIR") or "/nowhere").parent / "labels"
    files = [folder / "pairs.dev.jsonl", folder / "completions.dev.jsonl"]
    if not all(file.is_file() for file in files):
        return [], []
    pairs, completions = (
        [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for file in files
    )
    return [row for row in pairs if row["label"] != "debatable"], completions


def judge(rows: list[Row], warm: list[Row], peers_venv: Path) -> Results:
    """What every grader that starts says of every row."""
    fields = ("gold", "answer", "completion", "question")  # no grader sees a label
    bare = [{key: row[key] for key in fields if key in row} for row in rows]
    measured = {(row["gold"], row.get("answer")) for row in rows}
    warm = [row for row in warm if (row["gold"], row["answer"]) not in measured]
    processes = start(warm, peers_venv)
    results: Results = {process.name: [] for process in processes}
    for number, at in enumerate(range(0, len(bare), CHUNK)):
        first = number % len(processes)
        for process in processes[first:] + processes[:first]:
            results[process.name] += process.grade(bare[at : at + CHUNK])
        print(f"{min(at + CHUNK, len(bare))} of {len(bare)} rows", end="\r", file=sys.stderr)
    for process in processes:
        process.close()
    return results


def start(warm: list[Row], peers_venv: Path) -> list[Process]:
    python = peers_venv / "bin" / "python"
    processes = []
    for name in GRADERS:
        if name in IN_PEERS_VENV and not python.exists():
            continue
        try:
            processes.append(
                Process(name, python if name in IN_PEERS_VENV else sys.executable, warm)
            )
        except Absent as error:
            print(error, file=sys.stderr)
    return processes


def introduction(load: list[float], absent: set[str]) -> list[str]:
    before, after = load
    lines = [
        "# Grading beside its peers\n",
        "Written by `make bench-grade`. Each grader works in a process of its own, warmed up on",
        f"other pairs; they take turns, {CHUNK} rows each, and no pair comes twice. Seconds are by",
        "the clock unless they are of processors, which include child processes; ×: how many times",
        "as fast ours is.\n",
        f"Python {platform.python_version()}, math-verify {version('math-verify')}, lm-eval",
        f"{version('lm_eval')}; {os.cpu_count()} cores, load average {before:.1f} at the start and",
        f"{after:.1f} at the end.\n",
    ]
    if absent:
        lines += [
            f"Absent: {', '.join(sorted(absent))}. To add them: `python -m venv .venv/peers` and",
            "`.venv/peers/bin/pip install --no-deps -r benchmarks/peers/requirements.txt`.\n",
        ]
    return lines


def missed(rows: list[Row], judged: list[Judged]) -> list[Row]:
    """The rows whose label ours does not find, with what it said."""
    wrong = []
    for row, one in zip(rows, judged, strict=True):
        if "completion" in row:
            found = one.verdict.replace("truncated", "no_answer")
        else:
            found = "equal" if one.verdict == "correct" else "not_equal"
        if found != row["label"]:
            said = {"verdict": one.verdict, "reason": one.reason, "extracted": one.extracted}
            wrong.append({**row, **said, "why_labelled": row["reason"]})
    return wrong


if __name__ == "__main__":
    main()
