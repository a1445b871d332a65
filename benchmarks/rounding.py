"""How often rounding parts what should be the same: one run at the largest budget beside separate
runs at each, and forced answers from the cache beside answers to a prefix that is read anew.

    python -m benchmarks.rounding [--models nano,smollm2] [--out FILE]

In float32 on a CPU sums depend on how many rows share a product. Shares are of samples, by text.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.sampling import machine, table
from runs.files import written_whole
from runs.store import Store
from runs.trajectory import Ids

SETTINGS = {
    "nano": ("nano", (16, 32, 64, 128), 24, 8, ("--protocol", "r1")),
    "smollm2": ("gsm8k", (16, 32, 64), 6, 4, ()),
}


def draw(model: str, out: Path, budgets: tuple[int, ...], mode: str) -> None:
    task, _, limit, samples, options = SETTINGS[model]
    ask = ["eval", model, "--task", task, "--limit", str(limit), "--samples", str(samples)]
    ask += ["--engine-arg", "dtype=float32", *options]
    ask += ["--budgets", ",".join(map(str, budgets)), "--budget-mode", mode, "--out", str(out)]
    _call(ask)


def _call(ask: list[str]) -> None:
    run = "from r1eval.main import main; main()"
    subprocess.run([sys.executable, "-c", run, *ask], check=True, capture_output=True)


def _ids(run: Path) -> dict[tuple[str, int], Ids]:
    with Store(run) as store:
        return {(s.problem_id, s.index): s.token_ids or () for s in store.samples(ids=True)}


def _forced(run: Path) -> dict[tuple[str, int, int], Ids]:
    with Store(run) as store:
        return {(f.problem_id, f.index, f.budget): f.token_ids or () for f in store.forced("force")}


def measure(model: str, folder: Path) -> list[tuple[str, ...]]:
    """Rows of the page: what was compared, how many, how many parted."""
    budgets = SETTINGS[model][1]
    rows = []
    draw(model, folder / "all", budgets, "truncate")
    whole = _ids(folder / "all")
    for budget in budgets:
        draw(model, folder / str(budget), (budget,), "truncate")
        alone = _ids(folder / str(budget))
        parted = sum(whole[key][:budget] != ids[:budget] for key, ids in alone.items())
        rows.append((model, f"truncate at {budget}, alone", *_share(parted, len(alone))))
    draw(model, folder / "force", budgets, "force")
    again = ["--budgets", ",".join(map(str, budgets)), "--budget-mode", "force"]
    _call(["rescore", str(folder / "all"), *again])
    cached, fresh = _forced(folder / "force"), _forced(folder / "all")
    both = cached.keys() & fresh.keys()
    parted = sum(cached[key] != fresh[key] for key in both)
    rows.append((model, "forced answers, from the cache and anew", *_share(parted, len(both))))
    return rows


def _share(parted: int, number: int) -> tuple[str, str]:
    return str(number), f"{parted} ({parted / number:.1%})"


@click.command()
@click.option("--models", default="nano,smollm2", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(models: str, out: Path | None) -> None:
    """Print the shares as markdown."""
    rows: list[tuple[str, ...]] = [("model", "compared", "samples", "parted by rounding")]
    for model in models.split(","):
        with tempfile.TemporaryDirectory() as place:
            rows += measure(model, Path(place))
    page = "\n".join(["# What rounding parts\n", machine() + "\n", *table(rows)])
    print(page)
    if out is not None:
        with written_whole(out) as file:
            file.write_text(page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
