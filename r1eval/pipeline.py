"""`r1eval pipeline`: stages that build on one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from r1eval.processes import run_command
from r1eval.recipes import folder, with_changes, with_dry_run, with_out

if TYPE_CHECKING:
    from pipeline.manifest import Addressed
    from pipeline.recipe import Stage
    from pipeline.run import State


@click.command()
@click.argument("recipe", metavar="RECIPE")
@with_changes("STAGE.grpo.max_steps=30")
@click.option("--from", "redo_from", metavar="STAGE", help="Do it and all that rests on it anew.")
@click.option("--only", metavar="STAGE[,STAGE]", help="These alone; what they need must be done.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="So many stages at once, where none rests on another.",
)
@click.option("--seed", type=int, metavar="S", help="Of every stage that draws or trains.")
@with_out
@with_dry_run("the stages and which of them are done")
def pipeline(
    recipe: str,
    changes: dict[str, Any],
    redo_from: str | None,
    only: str | None,
    jobs: int,
    seed: int | None,
    out: Path | None,
    dry_run: bool,
) -> int:
    """Run RECIPE's stages in their order: r1-nano (R1's four in miniature), or your own YAML.

    \b
    r1eval pipeline r1-nano --out out/r1
    r1eval pipeline r1-nano --out out/r1 --set cold-start.sft.max_steps=200   # only what changed

    Each stage is in OUT/stages, named by what went into it; OUT/manifest.json says what is done.
    Stop with Ctrl-C or lose the machine, then give the same command again.
    """
    from pipeline.recipe import read_pipeline
    from pipeline.run import StageFailed, run_pipeline

    stages = read_pipeline(recipe, changes, seed)
    place = folder(out)
    if dry_run:
        return _print_stages(stages, place)
    asked = [name.strip() for name in only.split(",")] if only else []
    try:
        return run_pipeline(stages, place, run_command, _tell, redo_from, asked, jobs)
    except StageFailed as failed:
        click.echo(f"r1eval: {failed}; the same command goes on from there", err=True)
        return failed.code


def _tell(one: Addressed, state: State) -> None:
    heading = f"── {one.stage.name} ({one.stage.kind}): {state}"
    click.echo(f"{heading}, {one.folder}" if state == "to do" else heading, err=True)


def _print_stages(stages: Sequence[Stage], out: Path) -> int:
    from rich.console import Console
    from rich.table import Table

    from pipeline.manifest import Manifest, address
    from pipeline.run import state_of

    manifest = Manifest(out)
    table = Table(title="Stages", title_justify="left")
    for heading in ("stage", "kind", "needs", "state", "seconds", "key"):
        table.add_column(heading)
    for one in address(stages, out).values():
        seconds = manifest.seconds(one)
        table.add_row(
            one.stage.name,
            one.stage.kind,
            ", ".join(one.stage.parents),
            state_of(one, manifest),
            "" if seconds is None else f"{seconds:.0f}",
            one.key,
        )
    Console(highlight=False, markup=False).print(table)
    return 0
