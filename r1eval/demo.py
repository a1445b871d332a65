"""`r1eval demo`: the whole paper in miniature."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.manifest import Addressed
    from pipeline.run import State


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/demo"),
    show_default=True,
    metavar="DIR",
)
@click.option("--seed", type=int, metavar="S", help="Of all trainings and samples.")
def demo(out: Path, seed: int | None) -> int:
    """R1-Zero, R1 by its four stages, a student distilled and the same student by RL, all trained
    and evaluated here on two processors in seven minutes: DIR/report.html and DIR/summary.json.

    Stop at any time, and the same command goes on. What is done is not done again.
    """
    from pipeline.demo import PAGE, RECIPE, write_all
    from pipeline.manifest import address
    from pipeline.recipe import read_pipeline
    from pipeline.run import StageFailed, run_pipeline

    stages = read_pipeline(RECIPE, seed=seed)
    jobs = min(2, os.cpu_count() or 1)
    threads = max(1, (os.cpu_count() or 1) // jobs)
    began = time.monotonic()
    tell = partial(_tell, began)
    try:
        run_pipeline(stages, out, partial(_logged, out, threads), tell, jobs=jobs)
    except StageFailed as failed:
        click.echo(f"r1eval: {failed}; {out / 'logs'} says why", err=True)
        return 1 if failed.code < 0 else failed.code
    summary = write_all(address(stages, out), out)
    _print_summary(summary)
    click.echo(f"{summary['seconds']:.0f} s with a stage running, two at a time.")
    click.echo(f"\nThe page is {out / PAGE}. To go on:\n")
    click.echo("  make smollm2 && r1eval eval smollm2 --task nano --limit 5 --out out/smollm2")
    click.echo("  r1eval eval org/model --task aime24 --protocol r1 --samples 16 --out out/aime")
    click.echo("  r1eval rl r1-zero --on 7b --dry-run")
    return 0


def _logged(out: Path, threads: int, arguments: Sequence[str]) -> int:
    """What a stage says goes to a file of its own, since two speak at once."""
    from r1eval.processes import run_command

    name = Path(arguments[arguments.index("--out") + 1])
    stage = name if name.parent.name == "stages" else name.parent
    return run_command(arguments, out / "logs" / f"{stage.name}.log", threads)


def _tell(began: float, one: Addressed, state: State) -> None:
    word = "begins" if state == "to do" else state
    click.echo(f"{time.monotonic() - began:6.0f} s  {one.stage.name} ({one.stage.kind}) {word}")


def _print_summary(summary: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="The paper in miniature", title_justify="left")
    table.add_column("model")
    for heading in ("pass@1 %", "cons@16 %", "tokens", "parameters"):
        table.add_column(heading, justify="right")
    for name, of in summary["models"].items():
        table.add_row(
            name,
            f"{100 * of['pass@1']:.1f}",
            f"{100 * of['cons@16']:.1f}",
            f"{of['mean_tokens']:.0f}",
            f"{of['parameters']:,}",
        )
    Console(highlight=False, markup=False).print(table)
