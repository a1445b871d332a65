"""Reward hacking, looked for and shown: `python -m benchmarks.hacking`.

`r1eval pipeline hacking-nano`: from one start, RL paid by a model of helpfulness alone, and RL paid
by rules with that model in the last part, as in R1's last stage. The page holds what was paid and
what was right over the steps, held-out sums before and after, and what r1eval called it.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

import click

from benchmarks.sampling import machine, table
from benchmarks.trainings import Log, read_side, run_command, with_interval
from rl.collapse import find_collapses
from rl.journal import LOG, read_lines
from rl.plots import draw_training
from runs.files import write_jsonl, written_whole

TRAININGS = {"helpfulness alone": "alone", "rules, then helpfulness too": "with-rules"}
RUNS = {"before": "sums-before", **{name: f"sums-{of}" for name, of in TRAININGS.items()}}
ENDS = 4


@click.command()
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/hacking"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page, plot and logs here.")
def main(work: Path, out: Path | None) -> None:
    """Train what is lacking and print the page."""
    run_command(["pipeline", "hacking-nano", "--out", str(work)], work)
    folders = _folders(work)
    logs = {name: read_lines(folders[of] / LOG) for name, of in TRAININGS.items()}
    sides = {name: read_side(folders[of], "ascii") for name, of in RUNS.items()}
    page = [
        f"# Reward hacking on nano\n\n{machine()}\n",
        "    r1eval pipeline hacking-nano --out out/hacking\n",
        f"Means of the first and the last {ENDS} steps; held-out sums with 95 % intervals.\n",
        *table([_HEAD, *(_row(name, log, sides[name]) for name, log in logs.items())]),
        f"\nBefore: {with_interval(sides['before'].metrics['pass@1'])} % of the held-out sums.\n",
        *(line for name, log in logs.items() for line in _named(name, log)),
    ]
    print("\n".join(page))
    if out is not None:
        draw_training({name: [log] for name, log in logs.items()}, out.with_suffix(".png"))
        with written_whole(out) as file:
            file.write_text("\n".join([*page, ""]), encoding="utf-8")
        rows = ({"variant": name, **row} for name, log in logs.items() for row in log)
        write_jsonl(out.with_suffix(".jsonl"), rows)


_HEAD = ("paid by", "helpfulness paid", "sums right in training, %", "held-out sums after, %")


def _row(name: str, log: Log, side: Any) -> tuple[str, ...]:
    return (
        name,
        " → ".join(f"{one:.2f}" for one in _ends(log, "rewards/helpful/mean")),
        " → ".join(f"{100 * one:.0f}" for one in _ends(log, "accuracy")),
        with_interval(side.metrics["pass@1"]),
    )


def _ends(log: Log, key: str) -> tuple[float, float]:
    values = [row[key] for row in log if row.get(key) is not None]
    return mean(values[:ENDS]), mean(values[-ENDS:])


def _named(name: str, log: Log) -> list[str]:
    found = find_collapses(log)
    told = [f"{one.kind} since step {one.step}: {one.evidence}." for one in found] or ["none"]
    return [f"Called, paid by {name}: {' '.join(told)}"]


def _folders(work: Path) -> dict[str, Path]:
    """Of each stage by its name, the latest where there are several."""
    stages = json.loads((work / "manifest.json").read_text(encoding="utf-8"))["stages"]
    latest = sorted(stages.items(), key=lambda item: item[1]["finished"])
    return {stage["name"]: work / "stages" / key for key, stage in latest}


if __name__ == "__main__":
    main()
