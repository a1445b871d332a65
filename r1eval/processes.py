"""Commands of `r1eval` in processes of their own, which give all memory back when they end.

They are forked from a server that has the libraries imported but has computed nothing: a command
does not begin with ten seconds of imports, and no thread is forked in the middle of its work.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

_PRELOADED = ["torch", "transformers", "trl", "datasets", "r1eval.main", "rl.train", "distill.sft"]


def run_command(
    arguments: Sequence[str], log: Path | None = None, threads: int | None = None
) -> int:
    """`r1eval ARGUMENTS…`; what it says goes to ``log`` where one is given. Returns its exit code,
    negative where a signal ended it.
    """
    process = _server().Process(target=_run, args=(list(arguments), log, threads))
    process.start()
    process.join()
    return process.exitcode or 0


def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _run(arguments: list[str], log: Path | None, threads: int | None) -> None:
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    sys.argv = ["r1eval", *arguments]
    from r1eval.main import main

    main(arguments)
