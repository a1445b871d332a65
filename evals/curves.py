"""Accuracy against thinking tokens as a plot and a table, one line for each run, task and mode."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.figures import saved
from evals.results import FILE
from runs.files import written_whole
from tasks.errors import UserError

COLUMNS = (
    *("run", "model", "task", "mode", "budget", "metric", "value", "low", "high"),
    *("finished", "mean_tokens", "forced_tokens_mean", "problems", "samples"),
)


@dataclass(frozen=True)
class Curve:
    """One figure of a run at every budget; ``rows`` are those of results.json, budgets rising."""

    run: str
    model: str
    task: str
    mode: str
    samples: int
    rows: Sequence[dict[str, Any]]


def read_curves(runs: Sequence[Path]) -> list[Curve]:
    """The curves that runs hold. Raises UserError when a run has none."""
    curves = []
    for run in runs:
        try:
            tasks = json.loads((run / FILE).read_text(encoding="utf-8"))["tasks"]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(
                f"{run} holds no {FILE} that can be read: r1eval rescore {run}"
            ) from error
        of_run = [
            Curve(
                str(run),
                task["model"],
                task["task"],
                mode,
                task["samples_per_problem"],
                sorted((r for r in task.get("budgets", []) if r["mode"] == mode), key=_budget),
            )
            for task in tasks
            for mode in dict.fromkeys(row["mode"] for row in task.get("budgets", []))
        ]
        if not of_run:
            raise UserError(f"{run} has no budgets: r1eval rescore {run} --budgets 512,1k,2k")
        curves += of_run
    return curves


def write_curves(
    runs: Sequence[Path],
    table: Path | None,
    images: Sequence[Path],
    metric: str = "pass@1",
    by_run: bool = False,
) -> None:
    """Write the curves of ``metric`` as images (.png or .svg) and all figures as CSV. In images
    lines are named by model, or with ``by_run`` by the folder of the run.

    Raises UserError when a run has no budgets or no such metric.
    """
    curves = read_curves(runs)
    named = [replace(c, model=Path(c.run).name) for c in curves] if by_run else curves
    for image in images:
        _draw(named, metric, image)
    if table is not None:
        with written_whole(table) as file, file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(COLUMNS)
            writer.writerows(line for curve in curves for line in _lines(curve))


def _budget(row: dict[str, Any]) -> int:
    return int(row["budget"])


def _lines(curve: Curve) -> list[tuple[Any, ...]]:
    return [
        (
            *(curve.run, curve.model, curve.task, curve.mode, row["budget"], name),
            *(figure["value"], *(figure["ci95"] or ("", "")), row["finished"]),
            *(row["tokens"]["mean"], row["tokens"]["forced_mean"], figure["problems"]),
            curve.samples,
        )
        for row in curve.rows
        for name, figure in row["metrics"].items()
    ]


def _draw(curves: Sequence[Curve], metric: str, image: Path) -> None:
    """One panel for each task: budgets on a logarithmic axis, the 95 % interval as a band."""
    tasks = list(dict.fromkeys(curve.task for curve in curves))
    with saved(image, (6.4 * len(tasks), 4.4)) as page:
        _draw_panels(page, curves, metric, tasks)


def _draw_panels(page: Any, curves: Sequence[Curve], metric: str, tasks: Sequence[str]) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

    panels: list[Any] = list(page.subplots(1, len(tasks), sharey=True, squeeze=False).flat)
    models = list(dict.fromkeys((curve.run, curve.model) for curve in curves))
    names = _names(models)
    for task, panel in zip(tasks, panels, strict=True):
        shown = [curve for curve in curves if curve.task == task]
        for curve in shown:
            if any(metric not in row["metrics"] for row in curve.rows):
                known = ", ".join(curve.rows[0]["metrics"])
                raise UserError(f"{curve.run} has no {metric} of {task}: it has {known}")
            kept = [row for row in curve.rows if row["metrics"][metric]["value"] is not None]
            figures = [row["metrics"][metric] for row in kept]
            budgets = [row["budget"] for row in kept]
            number = models.index((curve.run, curve.model))
            style, marker = {"truncate": (":", "v"), "force": ("-", "o"), "extend": ("--", "s")}[
                curve.mode
            ]
            panel.plot(
                budgets,
                [figure["value"] for figure in figures],
                color=f"C{number % 10}",
                linestyle=style,
                marker=marker,
                markersize=5,
                label=f"{names[number]}, {curve.mode}",
            )
            bands = [f["ci95"] or (f["value"], f["value"]) for f in figures]
            panel.fill_between(
                budgets,
                [low for low, _ in bands],
                [high for _, high in bands],
                color=f"C{number % 10}",
                alpha=0.12,
                linewidth=0,
            )
        ticks = sorted({row["budget"] for curve in shown for row in curve.rows})
        panel.set_xscale("log", base=2)
        panel.xaxis.set_major_locator(FixedLocator(ticks))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.set_xticklabels([_size(tick) for tick in ticks])
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.set_ylim(0, 1)
        panel.grid(alpha=0.25)
        panel.set_title(task)
        panel.set_xlabel("budget: tokens of thought")
        panel.legend(fontsize="small", loc="best")
    panels[0].set_ylabel(f"{metric}, 95 % over problems")


def _names(models: Sequence[tuple[str, str]]) -> list[str]:
    """Models by name, and by run where several share one.

    >>> _names([("out/a", "nano"), ("out/b", "nano"), ("out/c", "smollm2")])
    ['nano (a)', 'nano (b)', 'smollm2']
    """
    counts = [model for _, model in models]
    return [
        f"{model} ({Path(run).name})" if counts.count(model) > 1 else model for run, model in models
    ]


def _size(tokens: int) -> str:
    """A budget as users write it.

    >>> _size(512), _size(2048), _size(1500)
    ('512', '2k', '1500')
    """
    return f"{tokens // 1024}k" if tokens >= 1024 and tokens % 1024 == 0 else str(tokens)
