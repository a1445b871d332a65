"""`r1eval paper`: the paper's tables as printed, and yours beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from evals.paper.judge import Cell
    from evals.paper.measured import Measured
    from evals.paper.tables import PaperTable


@click.command()
@click.argument("table", required=False, metavar="[TABLE]")
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Put what it measured beside the printed figures; may be given again.",
)
@click.option("--as", "row", metavar="ROW", help="The row that the runs are of, if not by name.")
@click.option("--published", is_flag=True, help="What others measured beside what is printed.")
@click.option("--commands", is_flag=True, help="How to measure each figure of the table.")
@click.option("--gpu", default="H100", show_default=True, help="Whose hours commands are given.")
def paper(
    table: str | None,
    runs: tuple[Path, ...],
    row: str | None,
    published: bool,
    commands: bool,
    gpu: str,
) -> None:
    """List the paper's tables, or print TABLE with its sources, other printings and notes.

    \b
    r1eval paper distilled
    r1eval paper distilled --run out/qwen7b                        # a verdict for each figure
    r1eval paper --run out/qwen7b --as DeepSeek-R1-Distill-Qwen-7B # every table with that row

    agrees: the 90 % interval of the difference is within 3 points of 0. differs: its 95 % interval
    excludes 0. inconclusive: neither, and how many more samples would tell.
    """
    from evals.paper.tables import read_table, table_names
    from tasks.errors import UserError

    if row is not None and not runs:
        raise UserError("--as says what the runs are: add --run RUN")
    if table is None and (published or commands):
        raise UserError("of which table? r1eval paper lists them")
    if runs:
        _beside(table, runs, row, gpu)
    elif table is None:
        names = table_names()
        width = max(len(name) for name in names)
        for name in names:
            click.echo(f"{name:{width}}  {read_table(name).title}")
    elif published:
        _print_published(read_table(table), gpu)
    elif commands:
        _print_commands(read_table(table), gpu)
    else:
        _print(read_table(table))


def _beside(table: str | None, runs: Sequence[Path], row: str | None, gpu: str) -> None:
    from evals.paper.judge import judge
    from evals.paper.measured import read_measured
    from evals.paper.tables import read_table

    measured = [one for run in runs for one in read_measured(run)]
    for name in [table] if table else _with_row(row or measured[0].model, row is not None):
        printed = read_table(name)
        of_row: dict[str, list[Measured]] = {}
        for one in measured:
            of_row.setdefault(_row(name, printed, one, row), []).append(one)
        cells = [cell for of, ones in of_row.items() for cell in judge(printed, of, ones)]
        _print_cells(printed, cells, gpu)


def _with_row(model: str, is_row: bool) -> list[str]:
    """The tables that have it. Raises UserError when none has."""
    from evals.paper.tables import read_table, row_of, table_names
    from tasks.errors import UserError

    found = [name for name in table_names() if row_of(read_table(name), model)]
    if not found:
        hint = "r1eval paper TABLE shows its rows" if is_row else "say which one it is: --as ROW"
        raise UserError(f"no table of the paper has a row {model!r}: {hint}")
    return found


def _row(name: str, table: PaperTable, one: Measured, given: str | None) -> str:
    from evals.paper.tables import named_row, row_of
    from tasks.errors import UserError

    if given is not None:
        return named_row(table, given)
    if (found := row_of(table, one.model)) is None:
        raise UserError(
            f"{one.source} is a run of {one.model}, which is no row of {name}: say which it is "
            f"with --as ROW, one of {', '.join(table.rows)}"
        )
    return found


def _print_cells(table: PaperTable, cells: Sequence[Cell], gpu: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = _console()
    console.print(Text(table.title, "bold"))
    for row, by in dict.fromkeys((cell.row, cell.by) for cell in cells):
        shown = Table(
            title=f"{row}, {by}" if by else row,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            collapse_padding=True,
        )
        shown.add_column("", no_wrap=True)
        for heading in ("paper %", "here %", "difference"):
            shown.add_column(heading, justify="right", no_wrap=True)
        shown.add_column("verdict", no_wrap=True)
        together = [cell for cell in cells if (cell.row, cell.by) == (row, by)]
        for cell in together:
            shown.add_row(
                cell.column,
                f"{100 * cell.printed:.1f}",
                "–" if cell.value is None else f"{100 * cell.value:.1f}",
                _difference(cell),
                cell.verdict,
            )
        console.print(shown)
        for cell in together:
            if reasons := "; ".join(_reasons(cell)):
                console.print(f"{cell.column}: {reasons}", soft_wrap=True)
        console.print()
    if any("codeforces" in column for column in table.columns):
        console.print("CodeForces figures are out of reach: r1eval cannot grade them.")
    if owed := [cell for cell in cells if cell.verdict == "not run"]:
        console.print("\nNot run:\n")
        _print_how(console, table, owed, gpu)


def _difference(cell: Cell) -> str:
    if cell.value is None:
        return ""
    apart = f"{100 * (cell.value - cell.printed):+.1f}"
    if cell.comparison is None:
        return apart
    low, high = cell.comparison.ci95
    return f"{apart} [{100 * low:+.1f}, {100 * high:+.1f}]"


def _reasons(cell: Cell) -> Iterator[str]:
    if (compared := cell.comparison) is not None and compared.differs:
        yield f"p = {compared.p:.2g}"
    yield from cell.why
    if compared is not None and cell.verdict == "inconclusive":
        if compared.more_samples:
            yield f"{compared.more_samples:,} more samples a problem would settle it"
        else:
            yield "no number of samples would settle it: the paper's own are too few"


def _print_published(table: PaperTable, gpu: str) -> None:
    from evals.paper.judge import judge_remeasured
    from evals.paper.tables import read_remeasured
    from tasks.errors import UserError

    cells = [cell for other in read_remeasured() for cell in judge_remeasured(table, other)]
    if not cells:
        raise UserError("nobody's measurements of this table are known here; distilled has some")
    _print_cells(table, sorted(cells, key=lambda cell: list(table.rows).index(cell.row)), gpu)


def _print_commands(table: PaperTable, gpu: str) -> None:
    from evals.paper.judge import judge

    cells = [cell for row in table.rows for cell in judge(table, row, [])]
    _print_how(_console(), table, cells, gpu)


def _print_how(console: Console, table: PaperTable, cells: Sequence[Cell], gpu: str) -> None:
    from evals.paper.commands import command
    from pipeline.evaluation import MEAN, evaluation
    from pipeline.gpus import read_cluster

    unit = read_cluster(gpu).gpu
    found = {cell: command(table, cell.row, cell.column) for cell in cells}
    for one in filter(None, dict.fromkeys(found.values())):
        hours = evaluation(one.model, one.completions, one.longest, unit).hours
        console.print(
            f"  {one.text}   # {one.completions * MEAN / 1e6:,.1f} M tokens, at most "
            f"{one.tokens / 1e6:,.0f} M, {hours:,.1f} {unit.name} hours",
            soft_wrap=True,
        )
    if any(found.values()):
        console.print(
            f"\nTokens and hours at {MEAN:,} tokens a sample, R1's mean on contests of 2024."
        )
    if others := {cell.row: None for cell, of in found.items() if of is None}:
        console.print(
            f"Without weights that are known: {', '.join(others)}. Where an endpoint serves one:"
            "\n  r1eval eval http://HOST/v1#MODEL --task … --samples … --out …",
            soft_wrap=True,
        )


def _print(paper_table: PaperTable) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
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


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False)


def _figure(value: float | None, column: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if not column.endswith(("rating", "scaling", "runs")) else f"{value:g}"
