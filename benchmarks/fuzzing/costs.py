"""Processor time of grading, that of the killable workers included."""

from __future__ import annotations

import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress

import psutil

from benchmarks.fuzzing.cases import Case, grade
from tasks.grading import symbolic


def measured(cases: list[Case]) -> list[tuple[float, Case]]:
    """Each case with the processor seconds of grading it once, the slowest first."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        seconds = list(process.map(processor_seconds, cases, range(len(cases))))
    return sorted(zip(seconds, cases, strict=True), key=lambda pair: pair[0], reverse=True)


def processor_seconds(case: Case, number: int) -> float:
    """``number`` makes the warming up a new question, so that a worker is there afterwards."""
    with suppress(symbolic.Undecided):
        symbolic.equal(f"x+{number}", "y")
    before = time.process_time() + _of_workers()
    grade(case)
    return time.process_time() + _of_workers() - before


def _of_workers() -> float:
    """Processor seconds of this process's children, those that ended among them."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = ended.ru_utime + ended.ru_stime
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            times = child.cpu_times()
            seconds += times.user + times.system
    return seconds
