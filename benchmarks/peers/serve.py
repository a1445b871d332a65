r"""One grader in a process of its own: ``python -m benchmarks.peers.serve NAME``.

Each line of standard input is a list of rows. Each row is answered by one line on standard output:
``{"verdict", "reason", "extracted", "seconds", "cpu", "worker", "sympy"}``. ``seconds`` and ``cpu``
(this process and its children) cover the grader's call and nothing else; ``worker`` says whether a
child process was asked, ``sympy`` whether this process has imported it.
"""

import json
import os
import resource
import sys
import time
from typing import Any

import psutil

from benchmarks.peers.graders import GRADERS, Grader

GIGABYTES = 8
LOOK_AFTER = 0.0002  # no process can have been asked in less; what one used shows in the next look


def main(name: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES << 30, GIGABYTES << 30))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints must not look like an answer
    grader = GRADERS[name]()
    children = Children()
    for line in sys.stdin:
        for row in json.loads(line):
            answers.write(json.dumps(judge(grader, row, children)) + "\n")


def judge(grader: Grader, row: dict[str, Any], children: "Children") -> dict[str, Any]:
    grade = grader.pair if "answer" in row else grader.completion
    cpu, start = time.process_time(), time.perf_counter()
    try:
        verdict, reason, extracted = grade(row)
    except Exception as error:
        verdict, reason, extracted = "failed", repr(error)[:200], None
    seconds = time.perf_counter() - start
    cpu = time.process_time() - cpu
    children_cpu, worker = children.since() if seconds > LOOK_AFTER else (0.0, False)
    return {
        "verdict": verdict,
        "reason": reason,
        "extracted": extracted,
        "seconds": seconds,
        "cpu": cpu + children_cpu,
        "worker": worker,
        "sympy": "sympy" in sys.modules,
    }


class Children:
    """What this process's children, living and dead, did since the last look (Linux)."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.reads: dict[int, int] = {}

    def since(self) -> tuple[float, bool]:
        """Their processor time, to 10 ms, and whether any of them read, came or went."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = ended.ru_utime + ended.ru_stime
        reads: dict[int, int] = {}
        for child in psutil.Process().children(recursive=True):
            try:
                used = child.cpu_times()
                reads[child.pid] = child.io_counters().read_count
            except psutil.NoSuchProcess:
                continue
            cpu += used.user + used.system
        before, self.cpu, self.reads = (self.cpu, self.reads), cpu, reads
        return max(0.0, cpu - before[0]), reads != before[1]


if __name__ == "__main__":
    main(sys.argv[1])
