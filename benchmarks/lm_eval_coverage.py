"""How many of lm-eval's generative tasks load here: `python -m benchmarks.lm_eval_coverage`.

Every task of the installed lm-eval is tried on a made-up document (bridges/lm_eval/coverage.py);
what does not load is listed with its cause in docs/results/lm_eval_coverage.md.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from bridges.lm_eval.coverage import Load, generative, loads

PAGE = Path(__file__).parent.parent / "docs" / "results" / "lm_eval_coverage.md"
_PROCESSES = 2
_SHOWN = 6


def page(tried: list[Load]) -> str:
    """The figures, then every cause with its tasks."""
    failed = [load for load in tried if load.cause]
    by_cause: dict[str, list[str]] = defaultdict(list)
    for load in failed:
        by_cause[re.sub(r"\s+", " ", load.cause).replace(f"{Path.cwd()}/", "")].append(load.name)
    good = len(tried) - len(failed)
    lines = [
        "# lm-eval's generative tasks in r1eval\n",
        f"Of {len(tried)} tasks of lm-eval {version('lm_eval')} that generate, {good} load: "
        f"**{good / len(tried):.1%}**. Each was tried on a made-up document, without its data: "
        "prompt, turns, stop strings, filter and metric.\n",
        "| tasks | cause | which |\n|---|---|---|",
    ]
    for cause, names in sorted(by_cause.items(), key=lambda item: -len(item[1])):
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        lines.append(f"| {len(names)} | {cause.replace('|', '/')} | {shown} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    names = generative()
    with ProcessPoolExecutor(_PROCESSES, initializer=logging.disable) as pool:
        tried = [load for load in pool.map(loads, names, chunksize=50) if load is not None]
    PAGE.write_text(page(tried), encoding="utf-8")
    print(page(tried))


if __name__ == "__main__":
    main()
