"""results.json as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_results(results: Mapping[str, Any], folder: Path) -> None:
    """Figures, outcomes, tokens, and what a narrower interval would take, for each task."""
    console = Console(highlight=False, markup=False)
    for task in results["tasks"]:
        console.print()
        console.print(_table(task))
        if results["grader"] != "ours":
            console.print(f"graded by {results['grader']}")
        console.print(_outcomes(task))
        for reason, count in task.get("missing_reasons", {}).items():
            console.print(f"{count} missing: {reason}")
        console.print(_tokens(task))
        if task["plan"] is not None:
            console.print(task["plan"]["sentence"])
    console.print(f"\nThe run is in {folder} (results.json, samples.db).")


def _table(task: Mapping[str, Any]) -> Table:
    protocol = task["protocol"]
    title = (
        f"{task['task']}: {task['model']}, {task['problems']} problems × "
        f"{task['samples_per_problem']} samples\n{protocol['preset']} protocol, "
        f"T {protocol['temperature']:g}, top-p {protocol['top_p']:g}, "
        f"up to {protocol['max_tokens']} tokens"
    )
    table = Table(title=Text(title, style="bold"), title_justify="left")
    table.add_column("figure")
    table.add_column("%", justify="right")
    table.add_column("95 %, other problems", justify="right")
    table.add_column("95 %, new samples", justify="right")
    table.add_column("problems", justify="right")
    for name, figure in task["metrics"].items():
        left = f"  ({figure['excluded']} left out)" if figure["excluded"] else ""
        table.add_row(
            name,
            "–" if figure["value"] is None else f"{100 * figure['value']:.1f}",
            _interval(figure["ci95"]),
            _interval(figure["ci95_seeds"]),
            f"{figure['problems']}{left}",
        )
    return table


def _interval(interval: list[float] | None) -> str:
    if interval is None:
        return "–"
    low, high = interval
    return f"{100 * low:.1f} … {100 * high:.1f}"


def _outcomes(task: Mapping[str, Any]) -> str:
    counts = task["outcomes"]
    total = sum(counts.values())
    shown = ", ".join(
        f"{count} {name} ({100 * count / total:.1f} %)"
        for name, count in counts.items()
        if count or name in {"correct", "wrong", "no_answer", "truncated"}
    )
    outside = counts["unsure"] + counts["missing"]
    note = " (unsure and missing are not in the figures)" if outside else ""
    return f"{total} samples: {shown}{note}"


def _tokens(task: Mapping[str, Any]) -> str:
    tokens = task["tokens"]
    if tokens["mean"] is None:
        return f"tokens: {tokens['source']}"
    speed = (tokens["thinking"] + tokens["answer"]) / task["seconds"] if task["seconds"] else 0
    return (
        f"tokens a sample: {tokens['mean']:.0f} on average, {tokens['p95']:.0f} at the 95th "
        f"percentile; {task['seconds']:.0f} s, {speed:,.0f} tokens/s"
    )
