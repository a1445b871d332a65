"""`r1eval paper`: the paper's tables as printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evals.paper.tables import PaperTable


@click.command()
@click.argument("table", required=False, metavar="[TABLE]")
def paper(table: str | None) -> None:
    """List the paper's tables, or print TABLE with its sources, other printings and notes."""
    from evals.paper.tables import read_table, table_names

    if table is None:
        names = table_names()
        width = max(len(name) for name in names)
        for name in names:
            click.echo(f"{name:{width}}  {read_table(name).title}")
    else:
        _print(read_table(table))


def _print(paper_table: PaperTable) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    rows, columns = list(paper_table.rows), list(paper_table.columns)
    # Models down and benchmarks across, as printed, unless there are more benchmarks than models.
    upright = len(columns) <= len(rows)
    table = Table(title=Text(paper_table.title, "bold"), title_justify="left")
    table.add_column("", overflow="fold", min_width=max(map(len, rows if upright else columns)))
    for heading in columns if upright else rows:
        table.add_column(Text(heading), justify="right")
    for down in rows if upright else columns:
        across = columns if upright else rows
        cells = [(down, one) if upright else (one, down) for one in across]
        table.add_row(Text(down), *(_figure(paper_table.value(*cell), cell[1]) for cell in cells))
    console.print(table)
    told = [f"Sources: {'; '.join(paper_table.sources)}"]
    told += [f"{v.row}, {v.column}: {v.value:.1f} in {v.where}" for v in paper_table.variants]
    if any("codeforces" in column for column in columns):
        told.append("CodeForces figures are out of reach: r1eval cannot grade them.")
    for line in (*told, *paper_table.notes):
        console.print(line, markup=False)


def _figure(value: float | None, column: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if not column.endswith(("rating", "scaling", "runs")) else f"{value:g}"
