"""A curve of accuracy against budget beside lm-eval run once for each: `make bench-budgets`.

    R1EVAL_DATA_DIR=…/data python -m benchmarks.budgets [--models nano,smollm2] [--out FILE]

The same model in float32, the same problems, prompts, n and sampling. Seconds are those of whole
commands, loading and grading included; lm-eval's are summed over its runs, each with
``max_gen_toks`` at the budget and the best batch size that a search finds. Ours is one command in
each mode: ``truncate``, and ``force``, which draws an answer for every thought that was cut.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

import nano.models
from benchmarks.end_to_end import END, r1eval
from benchmarks.lm_eval_runs import Asked, Told, run_lm_eval, search_batch
from benchmarks.sampling import export_smollm2, machine, table
from runs.files import written_whole


@dataclass(frozen=True)
class Setting:
    task: str
    budgets: tuple[int, ...]
    samples: int
    limit: int
    batches: tuple[int, ...]
    options: tuple[str, ...]
    end: str


SETTINGS = {
    "nano": Setting(
        "nano", (16, 32, 64, 128, 256), 16, 32, (128, 512), ("--protocol", "r1"), "<eos>"
    ),
    "smollm2": Setting("gsm8k", (32, 64, 128, 256), 8, 8, (32, 64), (), END),
}


@click.command()
@click.option("--models", default="nano,smollm2", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(models: str, out: Path | None) -> None:
    """Print seconds and ratios as markdown."""
    lines = ["# A curve over budgets beside lm-eval run once per budget\n", machine() + "\n"]
    print("\n".join(lines), flush=True)
    for model in models.split(","):
        with tempfile.TemporaryDirectory() as place:
            part = _curve(model, SETTINGS[model], Path(place))
        print("\n".join(part), flush=True)
        lines += part
        if out is not None:
            with written_whole(out) as file:
                file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _curve(model: str, setting: Setting, folder: Path) -> list[str]:
    weights = Path(export_smollm2(folder)) if model == "smollm2" else nano.models.path("base")
    name = str(weights) if model == "smollm2" else model  # the same files for both
    sizes = ",".join(map(str, setting.budgets))
    options = ["--limit", str(setting.limit), "--samples", str(setting.samples), *setting.options]
    options += ["--budgets", sizes, "--engine-arg", "dtype=float32"]
    ours = {}
    for mode in ("truncate", "force"):
        ours[mode], _ = r1eval(folder / mode, [*options, "--budget-mode", mode], name, setting.task)
    asked = Asked.by(folder / "truncate", setting.end)
    batch, word = search_batch(weights, asked, setting.batches, 24, folder / "search")
    theirs = {
        budget: run_lm_eval(weights, asked, budget, batch, folder / f"lm{budget}")
        for budget in setting.budgets
    }
    again, _ = r1eval(folder / "again", [*options, "--budget-mode", "truncate"], name, setting.task)
    seconds = sum(told.seconds for told in theirs.values())
    truncate = (ours["truncate"] + again) / 2
    rows = [
        ("command", "s", "lm-eval takes"),
        (
            f"lm_eval, {len(theirs)} runs, batch {batch}",
            f"{seconds:.0f} ({' + '.join(f'{t.seconds:.0f}' for t in theirs.values())})",
            "",
        ),
        ("r1eval --budget-mode truncate", f"{ours['truncate']:.0f}, {again:.0f}", ""),
        ("r1eval --budget-mode force", f"{ours['force']:.0f}", f"{seconds / ours['force']:.1f} ×"),
    ]
    rows[2] = (*rows[2][:2], f"{seconds / truncate:.1f} ×")
    return [
        f"## {model}: budgets {sizes}, {setting.limit} problems, n = {setting.samples}\n",
        *table(rows),
        f"\n{word}\n",
        *_accuracies(folder, theirs),
    ]


def _accuracies(folder: Path, theirs: dict[int, Told]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("budget", "lm-eval, cut there, %", "truncate %", "force %", "forced tokens a sample")
    ]
    points = {
        mode: {
            row["budget"]: row
            for row in json.loads((folder / mode / "results.json").read_text())["tasks"][0][
                "budgets"
            ]
        }
        for mode in ("truncate", "force")
    }
    for budget, told in theirs.items():
        cells = [points[mode][budget]["metrics"]["pass@1"]["value"] for mode in points]
        rows.append(
            (
                str(budget),
                f"{100 * (told.accuracy.value or 0):.1f}",
                *(f"{100 * value:.1f}" for value in cells),
                f"{points['force'][budget]['tokens']['forced_mean']:.1f}",
            )
        )
    return table(rows)


if __name__ == "__main__":
    main()
