"""Processes that can be killed: limits, threads, forks, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.grading.pool import Limits, Pool, Undecided

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc here")

WORKER = """
import os, signal, time

EXAMPLE = ("echo", 1)
kept = []

def answer(what, more):
    if what == "echo":
        return more
    if what == "pid":
        return os.getpid()
    if what == "for ever":
        while True:
            pass
    if what == "eat":
        return len(bytearray(more))
    if what == "keep":
        kept.append(bytearray(more))
        return len(kept)
    if what == "sleep":
        time.sleep(more)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "nest":
        return answer(what, [more])
    if what == "print":
        print('{"answer": "not this"}', flush=True)
        return more
    raise ValueError("two\\nlines")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "odd.py"
    file.write_text(WORKER)
    return file


@pytest.fixture
def pool(file: Path) -> Iterator[Pool]:
    pool = Pool(file, Limits(cpu_seconds=0.5, megabytes=256))
    yield pool
    pool.close()


def children() -> set[int]:
    """Process ids of this process's children, zombies included."""
    return {
        int(p)
        for t in Path("/proc/self/task").iterdir()
        for p in (t / "children").read_text().split()
    }


def is_gone(pid: int) -> bool:
    """Whether a process that is not our child has ended."""
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:2]
    except (FileNotFoundError, ProcessLookupError):
        return True


def becomes(true: Callable[[], bool]) -> bool:
    for _ in range(300):
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("what", "more", "why"),
    [
        ("for ever", None, "took more than 0.5 s of processor time"),
        ("eat", 1 << 30, "took more than 256 MB of memory"),
        ("sleep", 1000, "the worker fell asleep over it"),
        ("die", None, "the worker died (-9)"),
        ("nest", None, "nested too deeply"),
        ("raise", None, "ValueError: two lines"),
    ],
)
def test_what_cannot_be_answered_says_why_and_the_next_question_works(
    pool: Pool, what: str, more: object, why: str
) -> None:
    with pytest.raises(Undecided) as given_up:
        pool.ask(what, more)
    assert str(given_up.value) == why
    assert pool.ask("echo", "still here") == "still here"


def test_the_limits_are_the_callers(file: Path) -> None:
    pool = Pool(file, Limits(cpu_seconds=10, megabytes=512))
    assert pool.ask("eat", 300 << 20) == 300 << 20
    pool.close()


def test_a_worker_lives_on_from_question_to_question(pool: Pool) -> None:
    assert pool.ask("pid", None) == pool.ask("pid", None)


def test_memory_that_an_earlier_question_kept_is_not_held_against_a_later_one(pool: Pool) -> None:
    assert [pool.ask("keep", 100 << 20) for _ in range(4)] == [1, 2, 1, 2]


def test_long_questions_pass_and_what_a_library_prints_does_not(pool: Pool) -> None:
    assert pool.ask("print", "x\n" * 10**6) == "x\n" * 10**6


def test_a_worker_killed_while_idle_is_replaced(pool: Pool) -> None:
    first = pool.ask("pid", None)
    os.kill(first, signal.SIGKILL)
    assert pool.ask("pid", None) != first


def test_a_question_whose_worker_is_killed_from_outside_is_asked_again(pool: Pool) -> None:
    pid = pool.ask("pid", None)
    killer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(Undecided, match="fell asleep"):  # the second worker, not the killed one
        pool.ask("sleep", 1000)
    killer.join()


def test_a_stopped_worker_hangs_nobody(pool: Pool) -> None:
    os.kill(pool.ask("pid", None), signal.SIGSTOP)
    with pytest.raises(Undecided, match="fell asleep"):
        pool.ask("echo", "x" * 10**6)  # more than the pipe holds
    assert pool.ask("echo", 1) == 1


def test_many_threads_at_once(pool: Pool) -> None:
    def ask(n: int) -> object:
        try:
            return pool.ask("die" if n % 7 == 0 else "for ever" if n % 11 == 0 else "echo", n)
        except Undecided:
            return None

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(60)))
    assert answers == [n if n % 7 and n % 11 else None for n in range(60)]
    assert len(pool.idle) <= (os.cpu_count() or 1)


@needs_proc
def test_killed_workers_leave_no_zombie(pool: Pool) -> None:
    before = children()
    for what in ("for ever", "die", "eat"):
        with pytest.raises(Undecided):
            pool.ask(what, 1 << 30)
    pool.close()
    assert children() == before


def test_a_file_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("import no_such_module")
    with pytest.raises(Undecided, match="No module named 'no_such_module'"):
        Pool(file).ask()


def test_signals_that_the_parent_ignores_still_end_a_worker(file: Path) -> None:
    program = f"""
import signal
from pathlib import Path
from tasks.grading.pool import Limits, Pool, Undecided
signal.signal(signal.SIGPROF, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF, signal.SIGALRM])
try:
    Pool(Path({str(file)!r}), Limits(cpu_seconds=0.5)).ask("for ever", None)
except Undecided as error:
    print(error)
"""
    assert run(program) == "took more than 0.5 s of processor time"


def test_a_forked_process_has_workers_of_its_own(pool: Pool) -> None:
    ours = pool.ask("pid", None)
    child = os.fork()
    if child == 0:
        other = pool.ask("pid", None)
        os._exit(0 if other != ours else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pool.ask("pid", None) == ours


def test_a_fork_while_other_threads_ask(pool: Pool) -> None:
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(pool.ask, "echo", n) for n in range(400)]
        for _ in range(3):
            child = os.fork()
            if child == 0:
                os._exit(0 if pool.ask("echo", 7) == 7 else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert [a.result() for a in asked] == list(range(400))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing(file: Path, tmp_path: Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"""
import multiprocessing, sys
from pathlib import Path
from tasks.grading.pool import Pool

pool = Pool(Path({str(file)!r}))

def ask(n):
    return pool.ask("echo", n)

if __name__ == "__main__":
    ask(0)
    with multiprocessing.get_context({method!r}).Pool(2) as processes:
        print(processes.map(ask, range(6)), ask(6))
""")
    ran = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, env=with_path()
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[0, 1, 2, 3, 4, 5] 6", "")


@needs_proc
@pytest.mark.parametrize("what", ["pid", "for ever", "sleep"])
def test_a_parent_that_is_killed_takes_its_workers_along(file: Path, what: str) -> None:
    """Also if it forked a child, which holds the pipes open, and if it waits for an answer."""
    program = f"""
import os, signal, subprocess, threading, time
from pathlib import Path
from tasks.grading.pool import Limits, Pool
pool = Pool(Path({str(file)!r}), Limits(cpu_seconds=0.1))
worker = pool.ask("pid", None)
threading.Thread(target=pool.ask, args=({what!r}, 1000), daemon=True).start()
time.sleep(0.1)
child = os.fork()
if child == 0:
    os.closerange(0, 3)
    time.sleep(100)
print(worker, child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    worker, child = map(int, ran.stdout.split())
    try:
        assert ran.returncode == -signal.SIGKILL
        assert becomes(lambda: is_gone(worker)), "the worker outlived its parent"
    finally:
        os.kill(child, signal.SIGKILL)


@needs_proc
def test_a_program_that_ends_leaves_no_worker(file: Path) -> None:
    program = f"""
from pathlib import Path
from tasks.grading.pool import Pool
print(Pool(Path({str(file)!r})).ask("pid", None))
"""
    worker = int(run(program))
    assert becomes(lambda: is_gone(worker))


def run(program: str) -> str:
    """What a program prints that has no main module to import again."""
    ran = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True)
    assert ran.stderr == ""
    return ran.stdout.strip()


def with_path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
