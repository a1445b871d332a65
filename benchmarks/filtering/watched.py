"""A command watched from outside: its seconds, its processors' seconds, its memory at the most."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

_LOOK = 0.5  # seconds


@dataclass(frozen=True)
class Watched:
    """``megabytes``: of all its processes together at one time, shared pages counted once."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    output: str


def watched(command: Sequence[str]) -> Watched:
    """Raises RuntimeError where it fails."""
    began = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    most = 0.0
    spent: dict[int, float] = {}
    while process.poll() is None:
        total = 0.0
        for one in (process, *_children(process)):
            try:
                total += one.memory_full_info().pss
                times = one.cpu_times()
                spent[one.pid] = times.user + times.system
            except psutil.Error:
                continue
        most = max(most, total)
        time.sleep(_LOOK)
    seconds = time.perf_counter() - began
    output = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output[-2000:]}")
    return Watched(seconds, sum(spent.values()), most / 1e6, output)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []
