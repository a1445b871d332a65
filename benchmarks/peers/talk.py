"""The other end of ``serve.py``: a grader's process, killed when it is silent for too long."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
SERVE = "benchmarks.peers.serve"
ROOT = Path(__file__).parents[2]
START_SECONDS = 180.0
ROW_SECONDS = 20.0
"""Graders have timeouts of their own below this; what takes longer hangs, and is killed."""


class Absent(Exception):
    """A grader could not be started; the message says how to see why."""


@dataclass(frozen=True)
class Judged:
    """What a grader said of one row, and what that took. The fields are those of ``serve.py``."""

    verdict: str
    reason: str
    extracted: str | None
    seconds: float
    cpu: float
    worker: bool
    sympy: bool


class Process:
    """One grader at work. ``warm`` rows are graded at every start, and not reported."""

    def __init__(self, name: str, python: str | Path, warm: list[Row]) -> None:
        self.name, self.python, self.warm = name, python, warm
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.python, "-m", SERVE, self.name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        self.left = b""
        self.send(self.warm)
        limit = START_SECONDS
        for _ in self.warm:
            if self.read(limit) is None:
                self.close()
                raise Absent(
                    f"{self.name} does not start; see {self.python} -m {SERVE} '{self.name}'"
                )
            limit = ROW_SECONDS

    def grade(self, rows: list[Row]) -> list[Judged]:
        """One result a row. A row that hangs or ends the process is ``killed``, and it restarts."""
        judged: list[Judged] = []
        self.send(rows)
        while len(judged) < len(rows):
            start = time.perf_counter()
            line = self.read(ROW_SECONDS)
            if line is not None:
                judged.append(Judged(**json.loads(line)))
                continue
            seconds = time.perf_counter() - start
            judged.append(Judged("killed", "", None, seconds, seconds, False, False))
            self.close()
            self.start()
            self.send(rows[len(judged) :])
        return judged

    def send(self, rows: list[Row]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(rows).encode() + b"\n")
        except BrokenPipeError:
            return  # reading says so

    def read(self, seconds: float) -> bytes | None:
        """The next line; ``None`` when none comes in time or the process has ended."""
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        deadline = time.monotonic() + seconds
        while b"\n" not in self.left:
            if not poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
                return None
            piece = os.read(pipe, 1 << 16)
            if not piece:
                return None
            self.left += piece
        line, _, self.left = self.left.partition(b"\n")
        return line

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
