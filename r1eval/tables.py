"""A run's figures, and its graders' audit, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.wording import p_text
from r1eval.plural import counted
from runs.settings import IMPORTED

if TYPE_CHECKING:
    from evals.audit import Disputed, Opinion, TaskAudit

_DISPUTED_SHOWN = 20
_LONGEST_SHOWN = 60


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
        if "adaptive" in task:
            console.print(_adaptive(task))
        console.print(_tokens(task))
        if task["plan"] is not None:
            console.print(task["plan"]["sentence"])
        for mode in dict.fromkeys(row["mode"] for row in task["budgets"]):
            console.print()
            console.print(_budgets(task, mode))
            if lacking := max(
                row["outcomes"]["missing"] for row in task["budgets"] if row["mode"] == mode
            ):
                console.print(
                    f"{lacking} samples are missing at these budgets: the same command again "
                    "draws what is lacking"
                )
            if any(row["mode"] == mode for row in task["equal_tokens"]):
                console.print(_equal_tokens(task, mode))
    if results.get("bill", {}).get("price"):
        console.print(f"\n{_bill(results['bill'])}")
    console.print(f"\nThe run is in {folder} (results.json, samples.db).")


def _bill(bill: Mapping[str, Any]) -> str:
    counts = (
        f"{bill['prompt_tokens']:,} tokens of prompts and {bill['reply_tokens']:,} of replies, in "
        f"{counted(bill['replies'], 'answered request')}"
    )
    if bill["uncounted"]:
        counts += f" ({bill['uncounted']} replies came without a count)"
    return f"Bill: ${bill['usd']:.4f} for {counts} (prices: {bill['price']['source']})."


def _table(task: Mapping[str, Any]) -> Table:
    protocol = task["protocol"]
    title = (
        f"{task['task']}: {task['model']}, {counted(task['problems'], 'problem')} × "
        f"{counted(task['samples_per_problem'], 'sample')}\n{_drawn(protocol)}"
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


def _budgets(task: Mapping[str, Any], mode: str) -> Table:
    rows = [row for row in task["budgets"] if row["mode"] == mode]
    vote = f"cons@{task['samples_per_problem']}"
    table = _narrow(f"{task['task']} by budget of thought, mode {mode}")
    headings = ("budget", "pass@1 %", "95 %", "gain", "p", f"{vote} %", "finished %", "tokens")
    for heading in (*headings, "forced"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        one = row["metrics"]["pass@1"]
        table.add_row(
            *(str(row["budget"]), _percent(one["value"]), _interval(one["ci95"])),
            *_gained(row["gain"]),
            *(_percent(row["metrics"][vote]["value"]), _percent(row["finished"])),
            *(f"{row['tokens']['mean']:.0f}", f"{row['tokens']['forced_mean']:.1f}"),
        )
    return table


def _equal_tokens(task: Mapping[str, Any], mode: str) -> Table:
    table = _narrow(f"{task['task']} at equal tokens, mode {mode}")
    for heading in ("one of", "pass@1 %", "vote of", "cons@m %", "vote - one", "95 %", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in task["equal_tokens"]:
        if row["mode"] == mode:
            table.add_row(
                *(str(row["tokens"]), _percent(row["pass@1"]["value"])),
                *(f"{row['m']} × {row['budget']}", _percent(row[f"cons@{row['m']}"]["value"])),
                *_gained(row, interval=True),
            )
    return table


def _narrow(title: str) -> Table:
    return Table(title=Text(title, style="bold"), title_justify="left", padding=(0, 0), box=SIMPLE)


def _gained(gain: Mapping[str, Any] | None, interval: bool = False) -> list[str]:
    """The difference, its interval where one is shown, and p."""
    if gain is None or gain["difference"] is None:
        return ["–"] * (3 if interval else 2)
    ci95 = ["–" if gain["ci95"] is None else _signed(gain["ci95"])] if interval else []
    return [f"{100 * round(gain['difference'], 12):+.1f}", *ci95, p_text(gain["p_value"])]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _adaptive(task: Mapping[str, Any]) -> str:
    told = task["adaptive"]
    width = "–" if told["half_width"] is None else f"±{100 * told['half_width']:.1f} points"
    return (
        f"pass@1 comes from {told['samples']} samples, {told['least']} to {told['most']} of a "
        f"problem, in {counted(told['rounds'], 'round')} after the first: {width} with new "
        f"samples; the other figures from the first {task['samples_per_problem']} of each"
    )


def _drawn(protocol: Mapping[str, Any]) -> str:
    if protocol["temperature"] is None:
        return f"{protocol['preset']}; how they were drawn is not known"
    top_p = "" if protocol["top_p"] is None else f", top-p {protocol['top_p']:g}"
    return (
        f"{protocol['preset']} protocol, T {protocol['temperature']:g}{top_p}{_cuts(protocol)}, "
        f"up to {protocol['max_tokens']} tokens"
    )


def _cuts(protocol: Mapping[str, Any]) -> str:
    cuts = {"top-k": protocol.get("top_k", 0), "min-p": protocol.get("min_p", 0)}
    return "".join(f", {name} {value:g}" for name, value in cuts.items() if value)


def _interval(interval: Sequence[float] | None) -> str:
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
    return f"{counted(total, 'sample')}: {shown}{note}"


def _tokens(task: Mapping[str, Any]) -> str:
    tokens = task["tokens"]
    if tokens["mean"] is None:
        return f"tokens: {tokens['source']}"
    drawn = sum(task["outcomes"].values()) - task["outcomes"]["missing"]
    counts = (
        f"tokens a sample: {tokens['mean']:.0f} on average, {tokens['p95']:.0f} at the 95th "
        "percentile"
    )
    if task["protocol"]["engine"] == IMPORTED:
        return counts
    speed = tokens["mean"] * drawn / task["seconds"] if task["seconds"] else 0
    return f"{counts}; {task['seconds']:.0f} s, {speed:,.0f} tokens/s"


def print_audit(audits: Sequence[TaskAudit], folder: Path) -> None:
    """What each grader makes of the figures, pairs of graders, and the first disputed samples."""
    console = Console(highlight=False, markup=False)
    for task in audits:
        console.print()
        console.print(_opinions(task))
        console.print(_verdicts(task.opinions))
        console.print(_pairs(task))
    console.print("95 %: other problems of this kind. Differences are paired by problem.")
    disputed = [sample for task in audits for sample in task.disputed]
    if disputed:
        shown = min(len(disputed), _DISPUTED_SHOWN)
        first = "" if shown == len(disputed) else f", the first {shown}"
        samples = counted(len(disputed), "sample")
        console.print(f"\nThe graders disagree on {samples}{first}:")
        for sample in disputed[:shown]:
            console.print(_disputed(sample), soft_wrap=True)
        console.print(f"\nEvery sample on which they disagree is in {folder / 'audit.jsonl'}.")
    else:
        console.print("\nThe graders agree on every sample.")


def _opinions(task: TaskAudit) -> Table:
    first = task.opinions[0].grader
    problems = task.opinions[0].pass_at_1.problems + task.opinions[0].pass_at_1.excluded
    table = _titled(
        f"{task.task} by {len(task.opinions)} graders, {counted(problems, 'problem')}", "grader"
    )
    table.add_column("pass@1 %", justify="right")
    for heading in ("95 %", f"minus {first}", "95 %", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    for opinion in task.opinions:
        figure, gain = opinion.pass_at_1, opinion.gain
        left = f" ({figure.excluded} left out)" if figure.excluded else ""
        cells = ["–", "–", "–"]
        if gain is not None and gain.difference is not None and gain.p_value is not None:
            cells = [
                f"{100 * round(gain.difference, 12):+.1f}",
                "–" if gain.ci95 is None else _signed(gain.ci95),
                p_text(gain.p_value),
            ]
        value = "–" if figure.value is None else f"{100 * figure.value:.1f}"
        table.add_row(opinion.grader, value + left, _interval(figure.ci95), *cells)
    return table


def _signed(interval: tuple[float, float]) -> str:
    return " … ".join(f"{100 * end:+.1f}" for end in interval)


def _verdicts(opinions: Sequence[Opinion]) -> Table:
    table = _titled("samples by verdict", "grader")
    for verdict in opinions[0].outcomes:
        table.add_column(verdict, justify="right")
    for opinion in opinions:
        table.add_row(opinion.grader, *map(str, opinion.outcomes.values()))
    return table


def _pairs(task: TaskAudit) -> Table:
    table = _titled("samples by pair", "A", "B")
    for heading in ("agree", "A alone: correct", "B alone: correct", "one unsure"):
        table.add_column(heading, justify="right")
    for pair in task.pairs:
        counts = (pair.agree, pair.only_a, pair.only_b, pair.one_unsure)
        table.add_row(pair.a, pair.b, *map(str, counts))
    return table


def _titled(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold", min_width=11)
    return table


def _disputed(sample: Disputed) -> str:
    lines = [
        f"{sample.task} {_shown(sample.problem_id)} #{sample.index}: gold {_shown(sample.gold)}, "
        f"answer {_shown(sample.extracted)}"
    ]
    lines += [
        f"  {name}: {grade.verdict.value} ({_shown(grade.reason)})"
        for name, grade in sample.grades.items()
    ]
    return "\n".join(lines)


def _shown(text: str | None) -> str:
    """A model's text on one line of the terminal, which it may not command.

    >>> _shown("2\\n\\x1b[31m3"), _shown(None), len(_shown("9" * 1000))
    ('2??[31m3', '–', 60)
    """
    if text is None:
        return "–"
    line = "".join(sign if sign.isprintable() else "?" for sign in text)
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
