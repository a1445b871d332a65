"""`r1eval doctor`: what is wrong with a recipe or a model, found before hours are spent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from r1eval.eval import pairs

if TYPE_CHECKING:
    from runs.findings import Finding

_MARKS = {"ok": "[green]ok[/]", "note": "[cyan]note[/]", "warning": "[yellow]warning[/]"}
_MARKS["error"] = "[red]error[/]"


@click.command()
@click.argument("name", metavar="RECIPE|MODEL")
@click.option("--on", "scales", multiple=True, metavar="SCALE", help="As in r1eval rl.")
@click.option(
    "--probe/--no-probe", default=True, help="Of a recipe: draw 64 rollouts. [default: do]"
)
@click.option(
    "--engine-arg",
    "engine_args",
    multiple=True,
    callback=pairs,
    metavar="KEY=VALUE",
    help="Of a model: as in r1eval eval.",
)
def doctor(name: str, scales: tuple[str, ...], probe: bool, engine_args: dict[str, str]) -> int:
    """Look at a recipe as `r1eval rl` does before it trains: template, tags, end of sequence,
    batches, context, gold answers, and 64 rollouts that show whether there is any signal.

    Or at a model, yours or served (as in `r1eval eval`): whether it answers, its context, what its
    template does, how replies end, whether seeds are honoured, and a short sample.

    Exit code 2 says that training would be for nothing, or that the model cannot be used.
    """
    from runs.models import looks_like_model

    if scales or not looks_like_model(name):
        return _of_recipe(name, scales, probe)
    from runs.checkup import checkup
    from runs.engines import open_engine
    from runs.settings import RunSettings

    settings = RunSettings(model=name, tasks=(), out=Path(), engine_args=engine_args)
    engine, _ = open_engine(settings, None)
    return 2 if print_findings(checkup(engine)) else 0


def _of_recipe(name: str, scales: tuple[str, ...], probe: bool) -> int:
    from rl.load import load_recipe
    from rl.preflight import preflight
    from rl.recipe import RLRecipe
    from rl.train import config_of
    from runs.recipe import read_recipe

    settled = read_recipe(name, RLRecipe, "rl", scales)
    config = config_of(settled, Path())
    return 2 if print_findings(preflight(load_recipe(settled), config, probe)) else 0


def print_findings(findings: Iterable[Finding]) -> list[str]:
    """Print them as they come; returns the errors."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True, highlight=False)
    errors = []
    for finding in findings:
        console.print(
            f"{_MARKS[finding.level]:>8} {finding.what}: {escape(finding.text)}", soft_wrap=True
        )
        if finding.level == "error":
            errors.append(finding.text)
    return errors
