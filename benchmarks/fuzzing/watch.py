"""Inputs graded by several threads of one process, and that process watched from outside.

A crash, or a hang that holds every lock, takes the process along: what it was at stands in memory
that it shares with the watcher.
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
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import psutil

from benchmarks.fuzzing.answer import Answer
from benchmarks.fuzzing.cases import PROPERTIES, Case, grade, holds, misgrouped
from benchmarks.fuzzing.hostile import hostile_case
from benchmarks.fuzzing.kinds import random_answer
from tasks.grading import Verdict, group_equivalent

THREADS = 4
HANG_SECONDS = 120.0
GROUPED = 10
"""Of so many inputs, one is also grouped."""
SLOWEST = 100


@dataclass(frozen=True, order=True)
class Failure:
    """What should not have happened: an ``exception``, a ``claim`` or a ``grouping`` broken."""

    kind: str
    why: str
    index: int


@dataclass
class Tally:
    """What some inputs came to. The slowest are pairs (seconds, index)."""

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    by_clock: list[tuple[float, int]] = field(default_factory=list)
    by_thread: list[tuple[float, int]] = field(default_factory=list)
    """By the grading thread's processor time: what no worker spent, so that nothing can end it."""

    def add(self, other: Tally) -> None:
        self.verdicts += other.verdicts
        self.unsure += other.unsure
        self.failures += other.failures
        self.by_clock = heapq.nlargest(SLOWEST, self.by_clock + other.by_clock)
        self.by_thread = heapq.nlargest(SLOWEST, self.by_thread + other.by_thread)

    @property
    def graded(self) -> int:
        return self.verdicts.total()

    def count(self, kind: str) -> int:
        return sum(failure.kind == kind for failure in self.failures)


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


def try_out(seed: int, index: int) -> Tally:
    case, tally = case_of(seed, index), Tally()
    clock, thread = time.perf_counter(), time.thread_time()
    try:
        graded = grade(case)
    except Exception as error:
        tally.failures.append(Failure("exception", f"{type(error).__name__}: {error}", index))
        return tally
    tally.by_clock.append((time.perf_counter() - clock, index))
    tally.by_thread.append((time.thread_time() - thread, index))
    tally.verdicts["hostile" if case.rule.startswith("hostile") else "proper", graded.verdict] += 1
    if graded.verdict is Verdict.UNSURE:
        tally.unsure[graded.reason.partition(":")[0]] += 1
    if not holds(case, graded):
        tally.failures.append(Failure("claim", f"{graded.verdict}, {graded.reason}", index))
    if index // 2 % GROUPED == 0:
        tally.failures += try_grouping(
            case, random_answer(Random(f"grouped {seed}:{index}")), index
        )
    return tally


def try_grouping(case: Case, answer: Answer, index: int) -> list[Failure]:
    """Equal texts share a group whatever they are; of proper answers, what grading calls equal."""
    try:
        groups = group_equivalent([case.text, case.gold, case.text])
        wrong = [f"{pair}" for pair in misgrouped(answer)]
    except Exception as error:
        return [Failure("exception", f"in grouping: {type(error).__name__}: {error}", index)]
    if groups[0] != groups[2]:
        wrong.append(f"{case.text!r} and itself, {case.gold!r} between them")
    return [Failure("grouping", why, index) for why in wrong]


def run(seed: int, inputs: int, at_work: Any, results: Connection) -> None:
    """In the watched process. ``at_work[thread]`` is the index of the input that it is grading."""
    tallies = [Tally() for _ in range(THREADS)]
    since = [time.monotonic()] * THREADS

    def work(thread: int) -> None:
        for index in range(thread, inputs, THREADS):
            at_work[thread], since[thread] = index, time.monotonic()
            faulthandler.dump_traceback_later(2 * HANG_SECONDS, exit=True)  # no lock can stop it
            tallies[thread].add(try_out(seed, index))
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
