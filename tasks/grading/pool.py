"""Questions put to processes that are killed and replaced when they take too much.

Plain subprocesses with pipes, not ``multiprocessing``: a fork would copy a parent full of threads,
and a spawn would run the user's main module again. Any thread may ask; so may a process forked off,
which starts workers of its own. What runs in a worker is in ``serve.py``.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 120.0
LOOK_SECONDS = 2.0
"""A worker that slept all the time between two looks, so far apart, will not wake."""

_SERVE = Path(__file__).with_name("serve.py")


class Undecided(Exception):
    """The question was given up; the message says why."""


class _Gone(Exception):
    """The worker ended and perhaps not for this question: killed from outside, short of memory."""


@dataclass(frozen=True)
class Limits:
    """For one question. ``cpu_seconds`` of processor time: a busy machine, which may take
    ``wall_seconds`` by the clock, leaves nothing undecided. ``megabytes`` above what the worker's
    imports take.
    """

    cpu_seconds: float = 2.0
    megabytes: int = 1024

    @property
    def wall_seconds(self) -> float:
        return 30 * self.cpu_seconds


class Pool:
    """As many workers as processors, each started when first needed and replaced when it ends.

    ``file`` is a worker's: it defines ``answer(*question)`` and ``EXAMPLE`` (see ``serve.py``).
    """

    def __init__(self, file: Path, limits: Limits | None = None) -> None:
        self._file = file
        self._limits = limits or Limits()
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self.idle: list[Worker] = []
        self._all: weakref.WeakSet[Worker] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._seats = threading.BoundedSemaphore(os.cpu_count() or 1)

    def ask(self, *question: Any) -> Any:
        """The worker's answer. Raises :class:`Undecided` beyond a limit.

        Where a worker died or its memory was full, which what it did before or somebody else may
        have caused, a new one is asked once more.
        """
        with self._seats:
            try:
                return self._ask(self._take(), question)
            except _Gone:
                pass
            try:
                return self._ask(self._new(), question)
            except _Gone as error:
                raise Undecided(str(error)) from None

    def _ask(self, worker: Worker, question: tuple[Any, ...]) -> Any:
        try:
            reply = worker.ask(question)
        except BaseException:
            worker.close()
            raise
        with self._lock:
            self.idle.append(worker)
        if "undecided" in reply:
            raise Undecided(reply["undecided"])
        return reply["answer"]

    def _take(self) -> Worker:
        """An idle worker that lives, or a new one."""
        while True:
            with self._lock:
                if not self.idle:
                    break
                worker = self.idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.close()
        return self._new()

    def _new(self) -> Worker:
        worker = Worker(self._file, self._limits)
        with self._lock:
            self._all.add(worker)
        return worker

    def close(self) -> None:
        """End the workers that are idle. Those that are asked end within their limits."""
        with self._lock:
            workers, self.idle = self.idle, []
        for worker in workers:
            worker.close()

    def forget(self) -> None:
        """In a forked process: leave the workers to the parent, and begin anew."""
        for worker in self._all:
            worker.forget()
        self._begin()


class Worker:
    """One process, and the line-by-line talk with it."""

    def __init__(self, file: Path, limits: Limits) -> None:
        self._limits = limits
        numbers = (limits.cpu_seconds, limits.wall_seconds, limits.megabytes, os.getpid())
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(_SERVE), str(file), *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._pipes = (self.process.stdin, self.process.stdout)
        os.set_blocking(self.process.stdin.fileno(), False)
        try:
            reply = self._talk(b"", START_SECONDS)
        except BaseException:
            self.close()
            raise
        if "undecided" in reply:
            self.close()
            raise Undecided(reply["undecided"])

    def ask(self, question: tuple[Any, ...]) -> dict[str, Any]:
        return self._talk(json.dumps(question).encode() + b"\n", self._limits.wall_seconds)

    def _talk(self, unsent: bytes, seconds: float) -> dict[str, Any]:
        """Send what is unsent and return the line that comes back. A worker that sends none in
        time, sleeps over the question or ends, raises.
        """
        stdin, stdout = (pipe.fileno() for pipe in self._pipes)
        poll = select.poll()
        poll.register(stdout, select.POLLIN)
        asked = bool(unsent)
        if asked:
            poll.register(stdin, select.POLLOUT)
        deadline = time.monotonic() + seconds
        received, before = b"", None
        while not received.endswith(b"\n"):
            ready = dict(poll.poll(1000 * LOOK_SECONDS))
            if not ready:
                spent = self._spent_asleep()
                if time.monotonic() > deadline:
                    raise Undecided(f"no answer within {seconds:g} s")
                if asked and spent is not None and spent == before:
                    raise Undecided("the worker fell asleep over it")
                before = spent
            if stdin in ready:
                try:
                    unsent = unsent[os.write(stdin, unsent) :]
                except BrokenPipeError:
                    raise self._end() from None
                if not unsent:
                    poll.unregister(stdin)
            if stdout in ready:
                piece = os.read(stdout, 65536)
                if not piece:
                    raise self._end()
                received += piece
        reply: dict[str, Any] = json.loads(received)
        return reply

    def _spent_asleep(self) -> float | None:
        """Processor seconds so far of a worker that sleeps; ``None`` of one that runs, or waits for
        a processor or a disk.
        """
        import psutil

        try:
            process = psutil.Process(self.process.pid)
            if process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP):
                return None
            times = process.cpu_times()
        except psutil.Error:
            return None
        return float(times.user + times.system)

    def _end(self) -> Exception:
        """Why the worker ended."""
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return _Gone("the worker closed its pipe")
        if code == -signal.SIGPROF:
            return Undecided(f"took more than {self._limits.cpu_seconds:g} s of processor time")
        if code == -signal.SIGALRM:
            return Undecided(f"no answer within {self._limits.wall_seconds:g} s")
        if code == errno.ENOMEM:
            return _Gone(f"took more than {self._limits.megabytes} MB of memory")
        return _Gone(f"the worker died ({code})")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in self._pipes:
            pipe.close()

    def forget(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        self.process.returncode = 0  # not this process's child to wait for


def _forget_all() -> None:
    for pool in _pools:
        pool.forget()


def _close_all() -> None:
    for pool in _pools:
        pool.close()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
