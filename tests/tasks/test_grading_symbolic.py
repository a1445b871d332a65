"""Comparisons in processes that can be killed: limits, threads, forks, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.grading import grade_answer, symbolic

TOWER = "2024^{2024^{2024}}"


def children() -> list[int]:
    """Process ids of this process's children, zombies included."""
    return [
        int(p)
        for t in Path("/proc/self/task").iterdir()
        for p in (t / "children").read_text().split()
    ]


def test_what_takes_too_long_is_unsure_and_the_next_comparison_works() -> None:
    grade = grade_answer(gold=TOWER, answer="2024^{2024^{2022}}")
    assert (grade.verdict, grade.reason) == ("unsure", "the comparison took more than 2 s")
    assert grade_answer(gold=r"x\sqrt{8}", answer=r"2x\sqrt2").verdict == "correct"


def test_memory_beyond_the_limit_is_unsure() -> None:
    program = """
import sys
from tasks.grading import worker
sys.stdin = iter(['["1", "2", 0]'])
def hungry(*_):
    return bool(len(bytearray(2 << 30)))
worker_equal, worker.equal = worker.equal, lambda *a: True
worker.equal = lambda gold, *a: hungry() if gold == "1" else True
worker.main(2, 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == ['"ready"', '"out of memory"']


def test_a_worker_that_dies_is_replaced() -> None:
    assert symbolic.equal("a+b", "b+a")
    for worker in symbolic._pool.idle:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
    assert symbolic.equal("a+2b", "2b+a")


def test_any_thread_may_ask() -> None:
    def ask(n: int) -> bool:
        return symbolic.equal(f"{n}u+v", f"v+{n}u") and not symbolic.equal(f"{n}u+v", f"v-{n}u")

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(2, 18)))
    assert len(symbolic._pool.idle) <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_starts_its_own_workers() -> None:
    assert symbolic.equal("p+q", "q+p")
    child = os.fork()
    if child == 0:
        same = symbolic.equal("p+2q", "2q+p")
        symbolic._pool.close()
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert symbolic.equal("p+5q", "5q+p")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc here")
def test_killed_workers_leave_no_zombie() -> None:
    before = set(children()) - {w.process.pid for w in symbolic._pool.idle}
    grade_answer(gold=TOWER, answer="2024^{2024^{2021}}")
    assert set(children()) - {w.process.pid for w in symbolic._pool.idle} == before


def test_a_parent_that_is_killed_takes_its_workers_along() -> None:
    program = (
        "import os, signal; from tasks.grading import symbolic; symbolic.equal('a+b', 'b+a');"
        "print(symbolic._pool.idle[0].process.pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    worker = Path("/proc", done.stdout.strip())
    for _ in range(100):
        if not worker.exists() or "Z" in (worker / "stat").read_text().split(") ")[1][:1]:
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")
