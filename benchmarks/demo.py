"""The paper in miniature over seeds: `make demo-seeds`.

    python -m benchmarks.demo [--seeds 3] [--work DIR] [--out FILE]

Each is `r1eval demo --seed N`; what is in ``--work`` already is not done again. The page says of
every part of the paper's shape in how many seeds it appeared, and holds every seed's figures;
beside it are the summaries and what the commands printed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from benchmarks.sampling import machine, table
from benchmarks.trainings import run_command
from pipeline.demo import MODELS, SUMMARY
from runs.files import write_json, written_whole

Summary = Mapping[str, Any]
MINUTES = 8


@click.command()
@click.option("--seeds", default=3, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/demos"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here.")
def main(seeds: int, work: Path, out: Path | None) -> None:
    """Run what is lacking and print the page."""
    summaries = [_summary(work / str(seed), seed) for seed in range(seeds)]
    page = [
        f"# The paper in miniature, {seeds} seeds\n\n{machine()}\n",
        "    r1eval demo --seed N --out DIR\n",
        *table([("", "seeds in which it is so"), *_shape(summaries)]),
        "",
        *table([_HEAD, *(row for n, one in enumerate(summaries) for row in _rows(n, one))]),
        "",
        *table([_OTHERS, *(_other(n, one) for n, one in enumerate(summaries))]),
        "\nBudgets of thought in mode `force`, pass@1 in %:\n",
        *table([_budget_head(summaries[0]), *_budgets(summaries)]),
    ]
    print("\n".join(page))
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join([*page, ""]), encoding="utf-8")
        write_json(out.with_suffix(".json"), summaries)
        logs = out.with_suffix(".log")
        with written_whole(logs) as file, file.open("wb") as to:
            for seed in range(seeds):
                with (work / f"{seed}.log").open("rb") as log:
                    shutil.copyfileobj(log, to)


def _summary(folder: Path, seed: int) -> Summary:
    if not (folder / SUMMARY).is_file():
        run_command(["demo", "--seed", str(seed), "--out", str(folder)], folder)
    found: Summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    return found


def _of(summary: Summary, model: str, figure: str = "pass@1") -> float:
    return float(summary["models"][model][figure])


SHAPE: Mapping[str, Callable[[Summary], bool]] = {
    "R1-Zero at least 4.5 times the base": lambda s: _of(s, "r1-zero") >= 4.5 * _of(s, "base"),
    "cons@16 above pass@1 (R1-Zero)": lambda s: _of(s, "r1-zero", "cons@16") > _of(s, "r1-zero"),
    "R1 at least as accurate as R1-Zero": lambda s: _of(s, "r1") >= _of(s, "r1-zero"),
    "thoughts of R1 mix scripts less than a third as often as R1-Zero's": lambda s: (
        3 * s["language_mixing"]["r1"] < s["language_mixing"]["r1-zero"]
    ),
    "where no thought is needed R1 thinks in under 10 %, R1-Zero in over half": lambda s: (
        s["thinks_when_not_needed"]["r1"] < 0.1 and s["thinks_when_not_needed"]["r1-zero"] > 0.5
    ),
    "the distilled student above the student by RL, at no more compute": lambda s: (
        _of(s, "student-distilled") > _of(s, "student-rl")
        and s["compute"]["student-distilled"] <= s["compute"]["student-rl"]
    ),
    "accuracy rises with the budget (mode force, 32 tokens on; R1)": lambda s: all(
        a[1] < b[1] for a, b in pairwise(s["budgets"]["r1"][1:])
    ),
    f"within {MINUTES} minutes": lambda s: float(s["seconds"]) <= 60 * MINUTES,
}
_HEAD = ("seed", "model", "pass@1, %", "cons@16, %", "tokens a sample")
_OTHERS = (
    "seed",
    "seconds",
    "mixes scripts: R1-Zero, %",
    "R1, %",
    "thinks where none is needed: R1-Zero, %",
    "R1, %",
    "compute / 10¹²: distilled",
    "by RL",
    "reward models right, %",
)


def _shape(summaries: list[Summary]) -> list[tuple[str, str]]:
    of = len(summaries)
    return [(what, f"{sum(map(holds, summaries))} of {of}") for what, holds in SHAPE.items()]


def _rows(seed: int, summary: Summary) -> list[tuple[str, ...]]:
    return [
        (
            str(seed),
            name,
            f"{100 * _of(summary, name):.1f}",
            f"{100 * _of(summary, name, 'cons@16'):.1f}",
            f"{_of(summary, name, 'mean_tokens'):.0f}",
        )
        for name in MODELS
    ]


def _other(seed: int, summary: Summary) -> tuple[str, ...]:
    mixes, thinks = summary["language_mixing"], summary["thinks_when_not_needed"]
    compute, rewards = summary["compute"], summary["reward_models"]
    return (
        str(seed),
        f"{summary['seconds']:.0f}",
        *(f"{100 * mixes[name]:.0f}" for name in ("r1-zero", "r1")),
        *(f"{100 * thinks[name]:.0f}" for name in ("r1-zero", "r1")),
        *(f"{compute[name] / 1e12:.2f}" for name in ("student-distilled", "student-rl")),
        ", ".join(f"{name} {100 * of:.1f}" for name, of in rewards.items()),
    )


def _budget_head(summary: Summary) -> tuple[str, ...]:
    return ("seed", "model", *(str(budget) for budget, _ in summary["budgets"]["base"]))


def _budgets(summaries: list[Summary]) -> list[tuple[str, ...]]:
    return [
        (str(seed), name, *(f"{100 * accuracy:.1f}" for _, accuracy in of))
        for seed, summary in enumerate(summaries)
        for name, of in summary["budgets"].items()
    ]


if __name__ == "__main__":
    main()
