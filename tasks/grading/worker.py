"""The process that compares two expressions with math-verify. Run as a file; imports none of ours.

It reads one JSON line ``[gold, answer]`` from standard input and writes one: ``true``, ``false`` or a
string that says why neither. It may be killed at any instant, and ends by itself when an answer
takes ``CPU_SECONDS`` of processor time (argument 1) or its parent is gone. Its memory is limited to
what its imports take and ``MEGABYTES`` more (argument 2).
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
from functools import lru_cache
from typing import Any

from latex2sympy2_extended import NormalizationConfig
from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

DIGITS = 30  # evaluate numbers to so many digits, so that no exact gold accepts an approximation
_TARGETS = (
    LatexExtractionConfig(
        boxed_match_priority=0,
        normalization_config=NormalizationConfig(  # units are taken off before, where they are text
            basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all"
        ),
    ),
    ExprExtractionConfig(),
)


def main(cpu_seconds: float, megabytes: int) -> None:
    logging.disable()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    equal(r"\frac{x}{2}", r"\sqrt{x}")  # builds the parser's tables before any clock runs
    _limit_memory(megabytes)
    answers.write('"ready"\n')
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)  # its default action ends the process
        try:
            result: bool | str = equal(*json.loads(line))
        except MemoryError:
            result = "out of memory"
        except RecursionError:
            result = "nested too deeply"
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps(result) + "\n")


def equal(gold: str, answer: str) -> bool:
    return bool(
        verify(
            _parse(gold),
            _parse(answer),
            float_rounding=DIGITS // 2,
            numeric_precision=DIGITS,
            allow_set_relation_comp=True,
            timeout_seconds=None,
        )
    )


@lru_cache(maxsize=512)
def _parse(text: str) -> list[Any]:
    return list(parse(rf"\boxed{{{text}}}", _TARGETS, parsing_timeout=None))


def _limit_memory(megabytes: int) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as statm:
            usage = int(statm.read().split()[0]) * resource.getpagesize()
    limit = usage + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
