"""`r1eval plot`: accuracy against thinking tokens."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A .png or .svg file; the figures go beside it as .csv.",
)
@click.option("--metric", default="pass@1", show_default=True, help="pass@k or cons@k.")
def plot(runs: tuple[Path, ...], out: Path, metric: str) -> None:
    """Draw what RUNs reach at each budget of thought, in one plot: a line for each model and mode,
    a panel for each task, with 95 % intervals for other problems of this kind.

    The runs must have been made, or rescored, with --budgets.
    """
    from evals.curves import write_curves

    table = out.with_suffix(".csv")
    write_curves(runs, table, [out], metric)
    click.echo(f"written: {out}, {table}")
