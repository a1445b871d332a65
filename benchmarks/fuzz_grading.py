"""The grader fed with texts of every kind: ``python -m benchmarks.fuzz_grading``.

Half of the inputs are proper answers of known value beside equals and others of theirs, dressed,
damaged by one digit or stated in a completion (``fuzz_cases.py``); the other half are hostile
(``fuzz_hostile.py``). Input i of a seed is always the same. They are graded by several threads of
one process, which is watched from outside: a crash or a hang names the inputs at work. The slowest
are graded again one at a time for their processor time, that of the killable workers included.

Exits with 1 where an exception escaped, a claim did not hold, an input exceeded the limit, or a
process was left behind.
"""

from __future__ import annotations

import faulthandler
import heapq
import multiprocessing
import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import click
import psutil

from benchmarks.fuzzing.cases import PROPERTIES, Case, grade, holds, misgrouped
from benchmarks.fuzzing.hostile import hostile_case
from benchmarks.fuzzing.kinds import random_answer
from tasks.grading import Verdict, group_equivalent, symbolic

THREADS = 4
HANG_SECONDS = 300.0
LIMIT_SECONDS = 3.0
"""Processor time: the 2 s of a comparison, and what may come before and after it."""
GROUPED = 10
"""Of so many inputs, one is also grouped."""
SHOWN = 10
CLIP = 70


@dataclass
class Tally:
    """What some inputs came to. ``slowest`` holds (seconds by the clock, index)."""

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, int]] = field(default_factory=list)
    slowest: list[tuple[float, int]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.verdicts += other.verdicts
        self.unsure += other.unsure
        self.failures += other.failures
        self.slowest = heapq.nlargest(10 * SHOWN, self.slowest + other.slowest)


@dataclass(frozen=True)
class Outcome:
    """A tally, with the peak memory of the process and the workers that it had at the end."""

    tally: Tally
    megabytes: float
    workers: list[tuple[int, float]]
    """Process id and time of creation."""


def case_of(seed: int, index: int) -> Case:
    rng = Random(f"{seed}:{index}")
    if index % 2:
        return hostile_case(rng)
    while True:
        answer = random_answer(rng)
        cases = list(rng.choice(PROPERTIES)(answer, rng))
        if cases:
            return rng.choice(cases)


def try_out(case: Case, tally: Tally, index: int) -> None:
    start = time.perf_counter()
    try:
        graded = grade(case)
    except Exception as error:
        tally.failures.append((f"exception: {type(error).__name__}: {error}", index))
        return
    tally.slowest.append((time.perf_counter() - start, index))
    tally.verdicts["hostile" if case.rule.startswith("hostile") else "proper", graded.verdict] += 1
    if graded.verdict is Verdict.UNSURE:
        tally.unsure[graded.reason] += 1
    if not holds(case, graded):
        tally.failures.append((f"{case.rule}: {graded.verdict}, {graded.reason}", index))


def try_grouping(seed: int, case: Case, tally: Tally, index: int) -> None:
    """Equal texts share a group whatever they are; of proper answers, what grading calls equal."""
    try:
        groups = group_equivalent([case.text, case.gold, case.text])
        if groups[0] != groups[2]:
            tally.failures.append(("one text in two groups", index))
        for pair in misgrouped(random_answer(Random(f"{seed}:{index}"))):
            tally.failures.append((f"grouped otherwise than graded: {pair}", index))
    except Exception as error:
        tally.failures.append((f"exception in grouping: {type(error).__name__}: {error}", index))


def run(seed: int, inputs: int, at_work: Any, results: Connection) -> None:
    """In the watched process. ``at_work[thread]`` is the index of the input that it is grading."""
    tallies = [Tally() for _ in range(THREADS)]
    since = [time.monotonic()] * THREADS

    def work(thread: int) -> None:
        tally = tallies[thread]
        for index in range(thread, inputs, THREADS):
            at_work[thread], since[thread] = index, time.monotonic()
            faulthandler.dump_traceback_later(2 * HANG_SECONDS, exit=True)  # no lock can stop it
            case = case_of(seed, index)
            try_out(case, tally, index)
            if index // 2 % GROUPED == 0:
                try_grouping(seed, case, tally, index)
            if len(tally.slowest) > 10_000:
                tally.slowest = heapq.nlargest(10 * SHOWN, tally.slowest)
        at_work[thread], since[thread] = -1, float("inf")

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        threads[0].join(1)
        time.sleep(0.1)
        if time.monotonic() - min(since) > HANG_SECONDS:
            os._exit(1)
    faulthandler.cancel_dump_traceback_later()
    total = Tally()
    for tally in tallies:
        total.add(tally)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workers = [(child.pid, child.create_time()) for child in psutil.Process().children()]
    results.send(Outcome(total, megabytes, workers))


def watched(seed: int, inputs: int) -> Outcome | list[int]:
    """What the watched process found, or the inputs that it was at when it ended without a word."""
    context = multiprocessing.get_context("spawn")
    at_work = context.Array("q", [-1] * THREADS, lock=False)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(seed, inputs, at_work, sender))
    process.start()
    sender.close()
    try:
        outcome: Outcome | list[int] = receiver.recv()
    except EOFError:
        outcome = [index for index in at_work if index >= 0]
    process.join()
    return outcome


def left_behind(workers: list[tuple[int, float]], patience: float = 15.0) -> int:
    """How many of the workers still run although their parent has ended."""
    remaining = []
    for pid, created in workers:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == created:
                remaining.append(process)
    return len(psutil.wait_procs(remaining, timeout=patience)[1])


@dataclass(frozen=True, order=True)
class Cost:
    """Processor seconds of grading a case once, and those of them that no worker spent."""

    seconds: float
    unkillable: float


def cost(case: Case, number: int) -> Cost:
    """``number`` makes the warming up a new question, so that a worker is there afterwards."""
    with suppress(symbolic.Undecided):
        symbolic.equal(f"x+{number}", "y")
    ours, workers = time.process_time(), _of_workers()
    grade(case)
    ours, workers = time.process_time() - ours, _of_workers() - workers
    return Cost(ours + workers, ours)


def _of_workers() -> float:
    """Processor seconds of this process's children, those that ended among them."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = ended.ru_utime + ended.ru_stime
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            times = child.cpu_times()
            seconds += times.user + times.system
    return seconds


def measured(cases: list[Case]) -> list[tuple[Cost, Case]]:
    """Each case with its cost, the dearest first."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        costs = list(process.map(cost, cases, range(len(cases))))
    return sorted(zip(costs, cases, strict=True), key=lambda pair: pair[0], reverse=True)


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """The text without all that it still fails without.

    >>> shrunk("12345", lambda text: "3" in text)
    '3'
    """
    size = len(text)
    while size:
        at = 0
        while at < len(text):
            shorter = text[:at] + text[at + size :]
            if fails(shorter):
                text = shorter
            else:
                at += size
        size //= 2
    return text


def smallest(case: Case) -> Case:
    """A case that raises, with as little text as still does."""
    case = replace(case, gold=shrunk(case.gold, lambda gold: raises(replace(case, gold=gold))))
    return replace(case, text=shrunk(case.text, lambda text: raises(replace(case, text=text))))


def raises(case: Case) -> bool:
    try:
        grade(case)
    except Exception:
        return True
    return False


def report(
    seed: int, inputs: int, outcome: Outcome, leaked: int, slow: list[tuple[Cost, Case]]
) -> str:
    tally = outcome.tally
    exceptions = sum(why.startswith("exception") for why, _ in tally.failures)
    over = sum(cost.seconds > LIMIT_SECONDS for cost, _ in slow)
    figures = {
        "inputs": inputs,
        "exceptions": exceptions,
        "claims that did not hold": len(tally.failures) - exceptions,
        f"inputs over {LIMIT_SECONDS:g} s of processor time": over,
        "processes left behind": leaked,
        "peak memory of the grading process, MB": round(outcome.megabytes),
    }
    return "\n".join(
        [
            "# The grader, fuzzed\n",
            f"Written by `python -m benchmarks.fuzz_grading --inputs {inputs} --seed {seed}`,",
            f"{THREADS} threads.\n",
            *table("what | count", figures.items()),
            *table(
                "inputs | verdict | count", [(*k, n) for k, n in sorted(tally.verdicts.items())]
            ),
            *table("unsure because | count", tally.unsure.most_common()),
            *table(
                "slowest: processor seconds | outside workers | rule | gold | text",
                [
                    (
                        f"{x.seconds:.2f}",
                        f"{x.unkillable:.2f}",
                        c.rule,
                        shown(c.gold),
                        shown(c.text),
                    )
                    for x, c in slow[:SHOWN]
                ],
            ),
            *table(
                "slowest outside workers: seconds | rule | gold | text",
                [
                    (f"{x.unkillable:.2f}", c.rule, shown(c.gold), shown(c.text))
                    for x, c in sorted(slow, key=lambda pair: -pair[0].unkillable)[:SHOWN]
                ],
            ),
        ]
    )


def table(head: str, rows: Any) -> Iterator[str]:
    yield f"| {head} |"
    yield "|---" * (head.count("|") + 1) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


def shown(text: str) -> str:
    """Fit for a cell: in one line, clipped, nothing that a terminal or a table would act on."""
    line = ascii(text)[1:-1].replace("|", r"\x7c").replace("`", r"\x60").replace(r"\\", "\\")
    return f"`{line}`" if len(line) <= CLIP else f"`{line[:CLIP]}…` ({len(text)} characters)"


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
    slow = measured([case_of(seed, index) for _, index in outcome.tally.slowest])
    text = report(seed, inputs, outcome, leaked, slow)
    click.echo(text)
    for why, index in sorted(outcome.tally.failures):
        case = case_of(seed, index)
        if why.startswith("exception:"):
            case = smallest(case)
        click.echo(f"input {index}: {why}")
        if "group" not in why:
            click.echo(f"    {case!r:.1000}")
    if out is not None:
        out.write_text(text, encoding="utf-8")
    too_slow = any(cost.seconds > LIMIT_SECONDS for cost, _ in slow)
    raise SystemExit(bool(outcome.tally.failures or leaked or too_slow))


if __name__ == "__main__":
    main()
