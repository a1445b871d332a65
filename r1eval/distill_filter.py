"""`r1eval distill filter`: what of a file of traces is trained on, and why the rest is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from r1eval.judging import open_judge, with_judge
from r1eval.plural import counted

if TYPE_CHECKING:
    from distill.ablate import Ablated
    from distill.ledger import Funnel
    from tasks.grading.judge import Judge


@click.command("filter")
@click.argument("traces", type=click.Path(path_type=Path), metavar="TRACES")
@click.option(
    "--recipe",
    default="default",
    show_default=True,
    metavar="NAME",
    help="Which filters, in which order: default, paper, or a YAML file.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="KEPT",
    help="What is kept: .jsonl or .parquet.",
)
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For each dropped trace the filter and the reason. [default: KEPT.ledger.jsonl]",
)
@click.option(
    "--ablate",
    "ablated",
    is_flag=True,
    help="Also what each filter alone drops, and what is kept without it.",
)
@with_judge
@click.option(
    "--processes", type=click.IntRange(min=1), metavar="N", help="[default: one for each processor]"
)
def filter_(
    traces: Path,
    recipe: str,
    out: Path,
    ledger: Path | None,
    ablated: bool,
    judge_model: str | None,
    judge_votes: int | None,
    processes: int | None,
) -> int:
    """Filter TRACES, a .jsonl or .parquet file; nothing in it is changed.

    \b
    r1eval distill filter traces.jsonl --out kept.jsonl
    r1eval distill filter traces.jsonl --recipe mine.yaml --out kept.jsonl --ablate

    The ledger says of each dropped trace which filter dropped it and why; the funnel is printed
    and written to KEPT.funnel.json. docs/distill.md lists the filters. A judge's verdicts are in
    KEPT.judged.jsonl, which is what is filtered then.
    """
    from distill.ablate import ablate
    from distill.chain import Filtering
    from distill.filter import beside, filter_file
    from runs.recipe import read_recipe

    settled = read_recipe(recipe, Filtering, "filters")
    book = ledger or beside(out, "ledger.jsonl")
    if (judge := open_judge(judge_model, judge_votes)) is not None:
        traces = judged(traces, judge, str(judge_model), beside(out, "judged.jsonl"))
    if ablated:  # first: it has something to say where nothing is left
        rows = ablate(traces, settled, beside(out, "ablation.json"), processes)
        _print_ablation(rows)
    funnel = filter_file(traces, settled, out, book, processes)
    print_funnel(funnel)
    for notice in funnel.notices:
        click.echo(notice, err=True)
    click.echo(f"{counted(funnel.kept, 'trace')} in {out}; why the others are not is in {book}.")
    return 0


def judged(traces: Path, judge: Judge, name: str, out: Path) -> Path:
    """The traces with a judge's verdicts where no rule applies, in a file of their own."""
    from distill.judged import Review
    from distill.traces import read_traces, write_traces

    review = Review(judge, name)
    write_traces(out, review(read_traces(traces)))
    click.echo(
        f"{name} was asked about {counted(review.asked, 'trace')}: {review.changed} correct, "
        f"in {out}"
    )
    return out


def _print_ablation(rows: Sequence[Ablated]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Each filter alone, and the chain without it", title_justify="left")
    table.add_column("filter")
    for heading in ("drops alone", "alone, correct %", "kept without it", "without, correct %"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.filter,
            "–" if row.alone is None else str(row.alone.dropped),
            "–" if row.alone is None else _percent(row.alone.accuracy),
            str(row.without.kept),
            _percent(row.without.accuracy),
        )
    Console(highlight=False, markup=False).print(table)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def print_funnel(funnel: Funnel) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Funnel", title_justify="left")
    table.add_column("filter")
    for heading in ("dropped", "left", "of given %"):
        table.add_column(heading, justify="right")
    table.add_row("given", "", str(funnel.given), "100.0")
    for name, dropped, left in zip(funnel.names, funnel.dropped, funnel.left(), strict=True):
        table.add_row(name, str(dropped), str(left), f"{100 * left / funnel.given:.1f}")
    Console(highlight=False, markup=False).print(table)
