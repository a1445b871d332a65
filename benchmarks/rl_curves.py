"""Learning curves beside plain TRL's, over seeds: `python -m benchmarks.rl_curves [--out FILE]`.

`r1-zero-nano` whole, by our trainer and by plain GRPOTrainer with the same data, seeds and grader.
The two draw other random numbers, so curves agree no better than two seeds do: the page holds the
mean reward of the last eight steps of each seed, and the difference of the means beside the spread.
What is in ``--work`` already is not done again.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.rl import Steps, ours, plain
from benchmarks.sampling import machine, table
from rl.plots import draw_training
from rl.recipe import RLRecipe
from runs.files import write_json, written_whole
from runs.recipe import read_recipe

LAST = 8
WAYS = {"ours": ours, "plain TRL": plain}


@click.command()
@click.option("--seeds", default=3, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/rl-curves"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page and the plot here.")
def main(seeds: int, work: Path, out: Path | None) -> None:
    """Train what is lacking and print the page."""
    logs = {way: [_log(way, seed, work) for seed in range(seeds)] for way in WAYS}
    ends = {way: [_end(log) for log in of] for way, of in logs.items()}
    rows = [
        (way, *(f"{100 * one:.1f}" for one in of), f"{100 * statistics.mean(of):.1f}")
        for way, of in ends.items()
    ]
    ours_, plain_ = ends.values()
    apart = statistics.mean(ours_) - statistics.mean(plain_)
    error = sum(statistics.variance(of) / len(of) for of in (ours_, plain_)) ** 0.5
    page = [
        f"# Learning curves beside plain TRL's, nano\n\n{machine()}\n",
        f"Mean reward (accuracy, %) of the last {LAST} of 24 steps.\n",
        *table([("", *(f"seed {n}" for n in range(seeds)), "mean"), *rows]),
        f"\nOurs less plain TRL: {100 * apart:+.1f} points, standard error {100 * error:.1f}.\n",
    ]
    print("\n".join(page))
    if out is not None:
        draw_training(logs, out.with_suffix(".png"))
        with written_whole(out) as file:
            file.write_text("\n".join(page), encoding="utf-8")


def _log(way: str, seed: int, work: Path) -> list[dict[str, float]]:
    file = work / f"{way.replace(' ', '-')}-{seed}.json"
    if not file.is_file():
        changes = {"grpo": {"seed": seed, "save_strategy": "no"}, "eval": None, "report_to": []}
        steps = Steps(256)
        WAYS[way](read_recipe("r1-zero-nano", RLRecipe, "rl", (), changes), steps)
        rows = [
            {
                "step": n,
                "reward": reward,
                "accuracy": reward,
                "completions/mean_length": tokens / 256,
            }
            for n, (reward, tokens) in enumerate(zip(steps.rewards, steps.tokens, strict=True), 1)
        ]
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, rows)
    found: list[dict[str, float]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _end(log: Sequence[dict[str, float]]) -> float:
    return statistics.mean(row["reward"] for row in log[-LAST:])


if __name__ == "__main__":
    main()
