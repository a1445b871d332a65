"""Expressions compared by math-verify, in processes that are killed when they take too long.

Plain subprocesses with pipes, not ``multiprocessing``: a fork would copy a parent full of threads,
and a spawn would run the user's main module again. Any thread may ask; so may a process forked off.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path

from tasks.grading.prepare import prepare

CPU_SECONDS = 2.0
"""Processor time one comparison may take: a busy machine does not turn answers into ``unsure``."""
WALL_SECONDS = 60.0
"""What is left if a worker sleeps instead of computing; nothing is known to do so."""
START_SECONDS = 60.0
MEGABYTES = 1024

_WORKER = Path(__file__).with_name("worker.py")


class Undecided(Exception):
    """The comparison was given up; the message says why."""


@lru_cache(maxsize=8192)
def equal(gold: str, answer: str, within: float = 0.0) -> bool:
    r"""Whether two LaTeX expressions are equal; numbers may differ by ``within``.

    Raises :class:`Undecided` after ``CPU_SECONDS``, beyond ``MEGABYTES``, or when the worker died.

    >>> equal(r"\sqrt{8}", r"2\sqrt{2}"), equal("x(x+1)", "x^2")
    (True, False)
    >>> equal("2024^{2024^{2024}}", "1")
    Traceback (most recent call last):
    tasks.grading.symbolic.Undecided: the comparison took more than 2 s
    """
    return _pool.ask((prepare(gold), prepare(answer), within))


class _Worker:
    """One process, and the line-by-line talk with it."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", str(_WORKER), str(CPU_SECONDS), str(MEGABYTES)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )
        self.read(START_SECONDS)

    def ask(self, question: tuple[str, str, float]) -> bool:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
        except BrokenPipeError:
            raise Undecided(self.epitaph()) from None
        result = self.read(WALL_SECONDS)
        if isinstance(result, str):
            raise Undecided(result)
        return bool(result)

    def read(self, seconds: float) -> object:
        """The next line; a worker that sends none in time, or ends, raises."""
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                raise Undecided(f"the comparison took more than {seconds:g} s")
            piece = os.read(pipe, 4096)
            if not piece:
                raise Undecided(self.epitaph())
            line += piece
        return json.loads(line)

    def epitaph(self) -> str:
        code = self.process.wait()
        if code == -27:  # SIGPROF: the processor-time limit
            return f"the comparison took more than {CPU_SECONDS:g} s"
        return f"the comparing process died ({code})"

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class _Pool:
    """As many workers as processors, started when first needed and replaced when they die."""

    def __init__(self) -> None:
        self.idle: list[_Worker] = []
        self.lock = threading.Lock()
        self.seats = threading.BoundedSemaphore(os.cpu_count() or 1)

    def ask(self, question: tuple[str, str, float]) -> bool:
        with self.seats:
            worker = self.take()
            try:
                equal = worker.ask(question)
            except BaseException:
                worker.close()
                raise
            with self.lock:
                self.idle.append(worker)
            return equal

    def take(self) -> _Worker:
        """An idle worker that lives, or a new one."""
        while True:
            with self.lock:
                if not self.idle:
                    break
                worker = self.idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.close()
        return _Worker()

    def close(self) -> None:
        with self.lock:
            workers, self.idle = self.idle, []
        for worker in workers:
            worker.close()


def _after_fork() -> None:
    """A forked child must not talk to its parent's workers: it starts its own."""
    global _pool
    for worker in _pool.idle:
        for pipe in (worker.process.stdin, worker.process.stdout):
            if pipe is not None:
                pipe.close()
        worker.process.returncode = 0  # not this process's child to wait for
    _pool = _Pool()


_pool = _Pool()
atexit.register(lambda: _pool.close())
os.register_at_fork(after_in_child=_after_fork)
