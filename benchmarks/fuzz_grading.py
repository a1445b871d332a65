"""The grader fed with texts of every kind: ``python -m benchmarks.fuzz_grading``.

Half of the inputs are proper answers of known value beside equals and others of theirs, dressed,
damaged by one digit or stated in a completion (``fuzzing/cases.py``); the other half are hostile
(``fuzzing/hostile.py``). Input i of a seed is always the same. Several threads of one process grade
them, and it is watched from outside: a crash or a hang names the inputs at work. The slowest are
graded again, one at a time, for their processor time, that of the killable workers included.

Exits with 1 where an exception escaped, a claim did not hold, an input exceeded the limit, or a
process was left behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from benchmarks.fuzzing.cases import Case
from benchmarks.fuzzing.costs import measured
from benchmarks.fuzzing.shrink import raises, smallest
from benchmarks.fuzzing.watch import THREADS, Failure, Outcome, case_of, left_behind, watched

LIMIT_SECONDS = 3.0
"""Processor time: the 2 s of a comparison, and what may come before and after it."""
SHOWN = 10
CLIP = 70


@click.command()
@click.option("--inputs", default=100_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="also write the tables to this file")
def main(inputs: int, seed: int, out: Path | None) -> None:
    """Grade proper and hostile inputs by the thousand and report what should not happen."""
    outcome = watched(seed, inputs)
    if isinstance(outcome, list):
        for index in outcome:
            click.echo(f"crashed or hung at input {index}: {case_of(seed, index)!r:.2000}")
        raise SystemExit(1)
    leaked = left_behind(outcome.workers)
    slow = measured([case_of(seed, index) for _, index in outcome.tally.by_clock])
    unkillable = [(seconds, case_of(seed, index)) for seconds, index in outcome.tally.by_thread]
    over = sum(seconds > LIMIT_SECONDS for seconds, _ in slow)
    over += sum(seconds > LIMIT_SECONDS for seconds, _ in unkillable)
    command = f"python -m benchmarks.fuzz_grading --inputs {inputs} --seed {seed}"
    text = report(command, outcome, leaked, over, slow, unkillable)
    click.echo(text)
    for failure in sorted(outcome.tally.failures):
        click.echo(explained(failure, seed))
    if out is not None:
        out.write_text(text, encoding="utf-8")
    missing = inputs - outcome.tally.graded
    raise SystemExit(bool(outcome.tally.failures or leaked or over or missing))


def explained(failure: Failure, seed: int) -> str:
    case = case_of(seed, failure.index)
    if failure.kind == "exception" and raises(case):
        case = smallest(case)
    about = "" if failure.kind == "grouping" else f"\n    {case!r:.1000}"
    return f"input {failure.index}: {failure.kind}: {failure.why}{about}"


def report(
    command: str,
    outcome: Outcome,
    leaked: int,
    over: int,
    slow: list[tuple[float, Case]],
    unkillable: list[tuple[float, Case]],
) -> str:
    tally = outcome.tally
    figures = {
        "inputs graded": tally.graded,
        "exceptions": tally.count("exception"),
        "claims that did not hold": tally.count("claim"),
        "answers grouped otherwise than graded": tally.count("grouping"),
        f"over {LIMIT_SECONDS:g} s of processor time": over,
        "processes left behind": leaked,
        "peak memory of the grading process, MB": round(outcome.megabytes),
    }
    verdicts = [(*key, count) for key, count in sorted(tally.verdicts.items())]
    return "\n".join(
        [
            f"# The grader, fuzzed\n\nWritten by `{command}`, {THREADS} threads.\n",
            *table("what | count", figures.items()),
            *table("inputs | verdict | count", verdicts),
            *table("unsure because | count", tally.unsure.most_common()),
            "Processor seconds of the slowest, one at a time, workers included:\n",
            *table("seconds | rule | gold | text", cells(slow)),
            "Processor seconds of the slowest in the caller's own process:\n",
            *table("seconds | rule | gold | text", cells(unkillable)),
        ]
    )


def cells(cases: list[tuple[float, Case]]) -> Iterator[tuple[str, ...]]:
    for seconds, case in cases[:SHOWN]:
        yield f"{seconds:.2f}", case.rule, shown(case.gold), shown(case.text)


def table(head: str, rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield f"| {head} |"
    yield "|---" * (head.count("|") + 1) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


def shown(text: str) -> str:
    """Fit for a cell: in one line, clipped, nothing that a terminal or a table would act on."""
    line = ascii(text)[1:-1].replace("|", r"\x7c").replace("`", r"\x60").replace(r"\\", "\\")
    return f"`{line}`" if len(line) <= CLIP else f"`{line[:CLIP]}…` ({len(text)} characters)"


if __name__ == "__main__":
    main()
