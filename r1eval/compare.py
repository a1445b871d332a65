"""`r1eval compare`: two runs, paired by problem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.wording import p_text

if TYPE_CHECKING:
    from evals.compare import Difference


@click.command()
@click.argument("run_a", type=click.Path(path_type=Path), metavar="RUN_A")
@click.argument("run_b", type=click.Path(path_type=Path), metavar="RUN_B")
@click.option("--common", is_flag=True, help="Compare on the problems both hold, if they differ.")
@click.option("--grader", metavar="NAME", help="Whose verdicts. [default: those in results.json]")
@click.option(
    "--json", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write the rows as JSON."
)
def compare(run_a: Path, run_b: Path, common: bool, grader: str | None, out: Path | None) -> None:
    """Print what RUN_B gains over RUN_A, paired by problem: each figure of both, the difference
    with its 95 % interval for other problems of this kind, and the p-value of a sign-flip
    permutation test.
    """
    from dataclasses import asdict

    from evals.compare import compare as compare_outcomes
    from evals.load import outcomes
    from runs import record
    from runs.files import write_json

    models = [str(record.read(run).protocol["model"]) for run in (run_a, run_b)]
    grader = grader or _grader_of_both(run_a, run_b)
    rows = compare_outcomes(outcomes(run_a, grader), outcomes(run_b, grader), allow_partial=common)
    _print(rows, run_a, run_b, models, grader)
    if out is not None:
        names = {
            "run_a": str(run_a),
            "model_a": models[0],
            "run_b": str(run_b),
            "model_b": models[1],
            "grader": grader,
        }
        write_json(
            out, {"schema_version": 1, **names, "differences": [asdict(row) for row in rows]}
        )


def _grader_of_both(run_a: Path, run_b: Path) -> str:
    from evals.results import grader_of
    from tasks.errors import UserError

    graders = [grader_of(run) for run in (run_a, run_b)]
    if graders[0] != graders[1]:
        raise UserError(
            f"{run_a} has the figures of {graders[0]}, {run_b} those of {graders[1]}: "
            "say which counts with --grader"
        )
    return graders[0]


def _print(
    rows: list[Difference], run_a: Path, run_b: Path, models: list[str], grader: str
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from runs.grade import OURS

    console = Console(highlight=False)
    console.print(f"A = {run_a} ({models[0]})\nB = {run_b} ({models[1]})", markup=False)
    if grader != OURS:
        console.print(f"graded by {grader}", markup=False)
    for task in dict.fromkeys(row.task for row in rows):
        table = Table(title=Text(task, "bold"), title_justify="left")
        table.add_column("figure", no_wrap=True)
        for heading in ("A %", "B %", "B - A", "95 %", "p", "A>B", "B>A", "A=B"):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in (row for row in rows if row.task == task):
            table.add_row(*_cells(row))
        console.print()
        console.print(table)
    console.print(
        "95 %: other problems of this kind. p: sign-flip test. A>B: problems on which A is better."
    )


def _cells(row: Difference) -> list[str]:
    left = f" ({row.excluded} left out)" if row.excluded else ""
    counts = [str(row.a_better), str(row.b_better), f"{row.equal}{left}"]
    if row.a is None or row.b is None or row.difference is None or row.p_value is None:
        return [row.metric, "–", "–", "–", "–", "–", *counts]
    interval = "–" if row.ci95 is None else " … ".join(f"{100 * end:+.1f}" for end in row.ci95)
    figures = [f"{100 * round(x, 12):.1f}" for x in (row.a, row.b)]
    figures.append(f"{100 * round(row.difference, 12):+.1f}")
    return [row.metric, *figures, interval, p_text(row.p_value), *counts]
