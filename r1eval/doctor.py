"""`r1eval doctor`: a recipe's faults, found before hours are spent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rl.preflight import Finding

_MARKS = {"ok": "[green]ok[/]", "note": "[cyan]note[/]", "warning": "[yellow]warning[/]"}
_MARKS["error"] = "[red]error[/]"


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option("--on", "scales", multiple=True, metavar="SCALE", help="As in r1eval rl.")
@click.option("--probe/--no-probe", default=True, help="Draw 64 rollouts. [default: do]")
def doctor(recipe: str, scales: tuple[str, ...], probe: bool) -> int:
    """Look at RECIPE as `r1eval rl` does before it trains: template, tags, end of sequence,
    batches, context, gold answers, and 64 rollouts that show whether there is any signal.

    Exit code 2 says that training would be for nothing.
    """
    from rl.load import load_recipe
    from rl.preflight import preflight
    from rl.recipe import RLRecipe
    from rl.train import config_of
    from runs.recipe import read_recipe

    settled = read_recipe(recipe, RLRecipe, "rl", scales)
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
