"""The process that a pool talks to: ``serve.py WORKER.py …``, run as a file. Imports none of ours.

The worker's file defines ``answer(*question)``, whose result can be written as JSON, and
``EXAMPLE``, a question that is asked before any limit holds and so loads what is loaded late. Each
line read is a question in JSON; each line written is ``{"answer": …}`` or ``{"undecided": why}``.

The process may be killed at any instant. It ends by itself when a question takes more than its
processor time, its time by the clock or its memory, and when its parent is gone.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import logging
import os
import resource
import select
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PARENT_CHECK_MS = 1000


def main(file: Path, cpu_seconds: float, wall_seconds: float, megabytes: int, parent: int) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    logging.disable()
    limits = {signal.SIGPROF, signal.SIGALRM}
    for number in limits:  # a parent may have ignored them; unhandled, they end the process
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, limits)
    try:
        worker = _load(file)
        worker.answer(*worker.EXAMPLE)
    except Exception as error:
        answers.write(json.dumps({"undecided": _in_one_line(error)}) + "\n")
        return
    _limit_memory(megabytes)
    answers.write(json.dumps({"answer": "ready"}) + "\n")
    while _is_asked(parent):
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, wall_seconds)
        line = sys.stdin.buffer.readline()
        if not line:
            return
        reply = _reply(worker, line)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(reply + "\n")


def _reply(worker: ModuleType, line: bytes) -> str:
    try:
        result: dict[str, Any] = {"answer": worker.answer(*json.loads(line))}
    except MemoryError:
        os._exit(errno.ENOMEM)  # what is left of the memory is not to be trusted
    except RecursionError:
        result = {"undecided": "nested too deeply"}
    except Exception as error:
        result = {"undecided": _in_one_line(error)}
    return json.dumps(result)


def _is_asked(parent: int) -> bool:
    """Waits for a question. False once the parent is gone: a process that it forked may hold the
    other end of the pipe open.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    while not poll.poll(PARENT_CHECK_MS):
        if os.getppid() != parent:
            return False
    return True


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("worker", file)
    assert spec is not None
    assert spec.loader is not None  # both are there for a path that ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules["worker"] = module
    spec.loader.exec_module(module)
    return module


def _limit_memory(megabytes: int) -> None:
    """So much above what the imports took."""
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as statm:
            usage = int(statm.read().split()[0]) * resource.getpagesize()
    limit = usage + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


if __name__ == "__main__":
    _, file, cpu_seconds, wall_seconds, megabytes, parent = sys.argv
    main(Path(file), float(cpu_seconds), float(wall_seconds), int(megabytes), int(parent))
