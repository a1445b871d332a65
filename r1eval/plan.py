"""`r1eval plan`: what a recipe will take of GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from r1eval.recipes import with_changes

if TYPE_CHECKING:
    from pipeline.cost import Assumed
    from pipeline.gpus import Cluster
    from pipeline.plan import StagePlan


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option("--gpus", required=True, metavar="NxKIND", help="Like 8xH100.")
@click.option(
    "--on",
    "scales",
    multiple=True,
    metavar="SCALE",
    help="Of a recipe of rl: as in r1eval rl; v3 is DeepSeek-V3-Base.",
)
@with_changes("grpo.max_steps=1000")
@click.option(
    "--expect",
    multiple=True,
    metavar="[STAGE.]KEY=N",
    help="Of a stage: problems, prompt_tokens, completion_tokens (the mean), traces, trace_tokens.",
)
@click.option(
    "--parameters",
    type=click.FloatRange(min=1),
    metavar="N",
    help="Of a model whose size is not known, like 7e9.",
)
@click.option(
    "--mfu",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.35,
    show_default=True,
    help="Share of the peak FLOP/s that training reaches.",
)
@click.option(
    "--bandwidth",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    help="Share of the memory's bandwidth that drawing reaches.",
)
def plan(
    recipe: str,
    gpus: str,
    scales: tuple[str, ...],
    changes: dict[str, Any],
    expect: tuple[str, ...],
    parameters: float | None,
    mfu: float,
    bandwidth: float,
) -> int:
    """Print tokens, memory a GPU and GPU-hours of each stage of RECIPE: a pipeline (r1, r1-nano), a
    recipe of rl or of distill, or your own YAML; every figure with its formula. Nothing is run.

    \b
    r1eval plan r1 --gpus 512xH800
    r1eval plan r1-zero --on 7b --gpus 8xH100 --expect completion_tokens=1000
    r1eval plan qwen-1.5b --gpus 8xH100 --expect traces=800000 --expect trace_tokens=5000

    docs/plan.md has what comes out beside what others have published.
    """
    from pipeline.cost import Assumed
    from pipeline.gpus import read_cluster
    from pipeline.plan import plan_stages
    from pipeline.read import read_any

    cluster = read_cluster(gpus)
    assumed = Assumed(mfu=mfu, bandwidth=bandwidth)
    stages, expected = read_any(recipe, scales, changes, expect)
    made = plan_stages(stages, expected, cluster, assumed, parameters)
    _print(made, cluster, assumed)
    return 0


def _print(stages: Sequence[StagePlan], cluster: Cluster, assumed: Assumed) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    for stage in stages:
        if not stage.lines:
            continue
        table = Table(title=f"{stage.name} ({stage.kind})", title_justify="left")
        for column in ("", "value", "formula"):
            table.add_column(column, overflow="fold")
        for line in stage.lines:
            table.add_row(line.what, line.value, line.formula)
        console.print(table)
    console.print(_summary(stages, cluster))
    gpu = cluster.gpu
    console.print(
        f"{gpu.name}: {gpu.flops / 1e12:,.0f} TFLOP/s (BF16, dense), {gpu.bandwidth / 1e9:,.0f} "
        f"GB/s, {gpu.memory / 1e9:.0f} GB ({gpu.source}). Assumed: training reaches "
        f"{assumed.mfu:.0%} of the peak, drawing {assumed.bandwidth:.0%} of the bandwidth, "
        f"{assumed.memory:.0%} of the memory. Not counted: grading, loading, evaluation before and "
        "after a training, waiting for one another. docs/plan.md: how far off it can be.",
        soft_wrap=True,
    )


def _summary(stages: Sequence[StagePlan], cluster: Cluster) -> Any:
    from rich.table import Table

    from pipeline.figures import short

    table = Table(title=f"Plan on {cluster.count} × {cluster.gpu.name}", title_justify="left")
    table.add_column("stage", no_wrap=True)
    for column in ("prompt", "generated", "trained", "GB draw", "GB train", "GPU-hours"):
        table.add_column(column, justify="right", no_wrap=True)
    for stage in stages:
        of = stage.tokens
        tokens = [short(n) if n else "" for n in (of.prompt, of.generated, of.trained)]
        draw = "" if stage.drawing is None else f"{stage.drawing.memory / 1e9:,.1f}"
        train = "" if stage.training is None else f"{stage.training.total / 1e9:,.1f}"
        if stage.training is not None and stage.training.total > cluster.gpu.memory:
            train += f" > {cluster.gpu.memory / 1e9:.0f}"
        hours = "no room" if stage.hours is None else f"{stage.hours:,.1f}"
        table.add_row(stage.name, *tokens, draw, train, hours if stage.lines else "")
    each = [stage.hours for stage in stages]
    if len(stages) > 1 and None not in each:
        total = sum(one for one in each if one is not None)
        table.add_row("in all", *[""] * 5, f"{total:,.1f}")
    return table
