"""Trainings by `r1eval rl` and what they made of a model on held-out problems: rows and plots."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.results import read_results
from rl.collapse import find_collapses
from rl.journal import HELDOUT, LOG, read_lines
from rl.plots import draw_pass_at_k, draw_training
from runs.files import write_jsonl, written_whole
from runs.store import Store
from tasks.language import mixes
from tasks.thinking import split_thought

Log = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Side:
    """A model on the held-out problems; ``mixed``: the share of its thoughts that mix languages."""

    metrics: Mapping[str, Any]
    tokens: float
    thinks: float
    mixed: float


def read_side(run: Path, language: str) -> Side:
    task = read_results(run)["tasks"][0]
    with Store(run) as store:
        thoughts = [split_thought(sample.text) for sample in store.samples()]
    opened = [one.thought for one in thoughts if one.opened]
    return Side(
        task["metrics"],
        task["tokens"]["mean"],
        len(opened) / len(thoughts),
        sum(mixes(thought, language) for thought in opened) / max(len(opened), 1),
    )


def train(folder: Path, recipe: Sequence[str], changes: Sequence[str]) -> Path:
    """`r1eval rl RECIPE --set CHANGE … --out FOLDER`, which goes on from what is there; one that
    is whole is not touched.
    """
    if (folder / "eval" / "trained" / "results.json").is_file():
        return folder
    ask = ["rl", *recipe, "--no-preflight", "--out", str(folder)]
    ask += [part for change in changes for part in ("--set", change)]
    run_command(ask, folder)
    return folder


def run_command(ask: Sequence[str], folder: Path) -> None:
    """`r1eval ASK…`; what it says goes to ``FOLDER.log``."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.log").open("a") as log:
        run = "from r1eval.main import main; main()"
        subprocess.run([sys.executable, "-c", run, *ask], check=True, stdout=log, stderr=log)


def with_interval(figure: Mapping[str, Any]) -> str:
    low, high = figure["ci95"]
    return f"{100 * figure['value']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def collapses(folder: Path) -> str:
    return ", ".join(found.kind for found in find_collapses(read_lines(folder / LOG))) or "none"


def seconds(folder: Path) -> str:
    return f"{read_lines(folder / LOG)[-1]['seconds']:.0f}"


def write_page(
    out: Path,
    page: Sequence[str],
    folders: Mapping[str, Sequence[Path]],
    sides: Mapping[str, Side],
) -> None:
    """The page, both plots and all logs beside it; held-out figures between are of the first."""
    logs = {name: [read_lines(one / LOG) for one in of] for name, of in folders.items()}
    first = next(iter(folders.values()))[0]
    draw_training(logs, out.with_suffix(".png"), None, read_lines(first / HELDOUT))
    draw_pass_at_k({n: s.metrics for n, s in sides.items()}, out.with_name(f"{out.stem}_k.png"))
    with written_whole(out) as file:
        file.write_text("\n".join(page), encoding="utf-8")
    kept = [
        {"variant": variant, "seed": seed, **row}
        for variant, of in logs.items()
        for seed, log in enumerate(of)
        for row in log
    ]
    write_jsonl(out.with_suffix(".jsonl"), kept)
