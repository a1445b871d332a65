"""R1-Zero in miniature over several seeds: `make r1-zero`.

    python -m benchmarks.r1_zero [--seeds 5] [--variants plain,language,random] [--out FILE]

Each is a training by `r1eval rl r1-zero-nano`, evaluated on held-out problems before and after:
``plain`` as the recipe stands, ``language`` with the language reward on top, ``random`` paid by
chance alone. What is in ``--work`` already is not done again. The page holds every seed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.sampling import machine, table
from evals.results import read_results
from rl.collapse import find_collapses
from rl.journal import LOG, read_lines
from rl.plots import draw_pass_at_k, draw_training
from runs.files import written_whole
from runs.store import Store
from tasks.language import mixes
from tasks.thinking import split_thought

VARIANTS = {
    "plain": [],
    "language": ["rewards=[{use: accuracy}, {use: language}]"],
    "random": ["rewards=[{use: random}]"],
}


@dataclass(frozen=True)
class Side:
    """A model on the held-out problems; ``mixed`` is of its thoughts."""

    metrics: Mapping[str, Any]
    tokens: float
    thinks: float
    mixed: float


def read_side(run: Path) -> Side:
    task = read_results(run)["tasks"][0]
    with Store(run) as store:
        thoughts = [split_thought(sample.text) for sample in store.samples()]
    opened = [one.thought for one in thoughts if one.opened]
    return Side(
        task["metrics"],
        task["tokens"]["mean"],
        len(opened) / len(thoughts),
        sum(mixes(thought, "ascii") for thought in opened) / max(len(opened), 1),
    )


@click.command()
@click.option("--seeds", default=5, show_default=True)
@click.option("--control-seeds", default=2, show_default=True, help="Of all but plain.")
@click.option("--variants", default="plain,language,random", show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/r1-zero"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page and plots here.")
def main(seeds: int, control_seeds: int, variants: str, work: Path, out: Path | None) -> None:
    """Train what is lacking and print the page."""
    page = [f"# R1-Zero on nano\n\n{machine()}\n", "    r1eval rl r1-zero-nano --out DIR\n"]
    logs: dict[str, list[list[dict[str, Any]]]] = {}
    sides: dict[str, Side] = {}
    for variant in variants.split(","):
        number = seeds if variant == "plain" else control_seeds
        folders = [_train(variant, seed, work) for seed in range(number)]
        logs[variant] = [read_lines(folder / LOG) for folder in folders]
        sides.setdefault("base", read_side(folders[0] / "eval" / "base"))
        sides[variant] = read_side(folders[0] / "eval" / "trained")
        rows = [_row(seed, folder) for seed, folder in enumerate(folders)]
        page.append(f"## {variant}\n\n{chr(10).join(table([HEAD, *rows]))}\n")
        print(page[-1], flush=True)
        if out is not None:
            _write(out, page, logs, sides)


HEAD = (
    *("seed", "pass@1 before", "after", "times", "cons@16 after", "tokens before", "after"),
    *("thinks", "thoughts that mix scripts: before", "after", "collapse", "seconds of training"),
)


def _row(seed: int, folder: Path) -> tuple[str, ...]:
    before, after = (read_side(folder / "eval" / name) for name in ("base", "trained"))
    one, two = (side.metrics["pass@1"] for side in (before, after))
    log = read_lines(folder / LOG)
    return (
        str(seed),
        _with_interval(one),
        _with_interval(two),
        f"{two['value'] / one['value']:.1f}",
        _with_interval(after.metrics["cons@16"]),
        f"{before.tokens:.0f}",
        f"{after.tokens:.0f}",
        f"{before.thinks:.0%} → {after.thinks:.0%}",
        f"{before.mixed:.0%}",
        f"{after.mixed:.0%}",
        ", ".join(found.kind for found in find_collapses(log)) or "none",
        f"{log[-1]['seconds']:.0f}",
    )


def _with_interval(figure: Mapping[str, Any]) -> str:
    low, high = figure["ci95"]
    return f"{100 * figure['value']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _train(variant: str, seed: int, work: Path) -> Path:
    folder = work / f"{variant}-{seed}"
    changes = [f"grpo.seed={seed}", "report_to=[]", *VARIANTS[variant]]
    ask = ["rl", "r1-zero-nano", "--no-preflight", "--out", str(folder)]
    ask += [part for change in changes for part in ("--set", change)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (work / f"{variant}-{seed}.log").open("a") as log:
        run = "from r1eval.main import main; main()"
        subprocess.run([sys.executable, "-c", run, *ask], check=True, stdout=log, stderr=log)
    return folder


def _write(
    out: Path,
    page: Sequence[str],
    logs: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]],
    sides: Mapping[str, Side],
) -> None:
    draw_training(logs, out.with_suffix(".png"))
    draw_pass_at_k({n: s.metrics for n, s in sides.items()}, out.with_name(f"{out.stem}_k.png"))
    with written_whole(out) as file:
        file.write_text("\n".join(page), encoding="utf-8")
    kept = [
        {"variant": variant, "seed": seed, **row}
        for variant, of in logs.items()
        for seed, log in enumerate(of)
        for row in log
    ]
    with written_whole(out.with_suffix(".jsonl")) as file:
        file.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")


if __name__ == "__main__":
    main()
