"""The cells of a paper's table beside what was measured, each with a verdict and the reasons.

A cell that was drawn in another way than the paper's is not judged: another template, temperature,
cap, vote or text moves a figure by more than noise does. The number of samples does not, for
pass@1: it only widens the interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from evals.paper.measured import Measured, Share
from evals.paper.tables import PaperTable, Remeasured, read_remeasured
from evals.paper.verdict import Comparison, compare_with_paper, paper_variance
from runs.settings import IMPORTED
from tasks.schema import Paper, read_spec, task_names

Verdict = Literal[
    "agrees", "differs", "agrees and differs", "inconclusive", "not comparable", "not run"
]
_MANY = 0.05  # of the samples: worth a word where a figure differs


@dataclass(frozen=True)
class Cell:
    """``printed`` and ``value`` as fractions of 1, the latter ``by`` a run or somebody else.
    ``why``: what makes it not comparable, or what may have moved it where it differs.
    """

    row: str
    column: str
    printed: float
    verdict: Verdict
    by: str = ""
    value: float | None = None
    comparison: Comparison | None = None
    why: tuple[str, ...] = ()


def judged_column(heading: str) -> tuple[str, str] | None:
    """The catalogue's task and the metric that a column means; ``None`` for what is not measured
    here.

    >>> judged_column("aime24 cons@64"), judged_column("codeforces rating")
    (('aime24', 'cons@64'), None)
    """
    task, _, metric = heading.partition(" ")
    known = task in task_names() and metric.partition("@")[0] in ("pass", "cons")
    return (task, metric) if known else None


def judge(table: PaperTable, row: str, measured: Sequence[Measured]) -> list[Cell]:
    """Every printed cell of ``row`` that can be measured here, once for each run that measured its
    task, or as not run.
    """
    cells = []
    for column, value in zip(table.columns, table.rows[row], strict=True):
        meant = judged_column(column)
        if meant is None or value is None:
            continue
        task, metric = meant
        printed = value / 100
        runs = [one for one in measured if one.task == task]
        paper = table.drawn(task)
        cells += [_cell(row, column, metric, printed, one, paper) for one in runs]
        if not runs:
            beside = measured[-1].source if measured else ""
            cells.append(Cell(row, column, printed, "not run", beside))
    return cells


def _cell(
    row: str, column: str, metric: str, printed: float, run: Measured, paper: Paper | None
) -> Cell:
    why = tuple(_unlike(row, metric, run, paper))
    share = run.metrics.get(metric)
    if share is None or why:
        value = None if share is None else share.value
        return Cell(row, column, printed, "not comparable", run.source, value, None, why)
    comparison = _compared(run.task, metric, share, run.samples, printed, paper)
    if comparison is None:
        why = ("one of the figures is 0 or 1 and varies by nothing that could be told",)
        return Cell(row, column, printed, "not comparable", run.source, share.value, None, why)
    told = tuple(_diagnosis(row, metric, run, share.value, paper)) if comparison.differs else ()
    return Cell(row, column, printed, comparison.verdict, run.source, share.value, comparison, told)


def _compared(
    task: str, metric: str, share: Share, samples: int, printed: float, paper: Paper | None
) -> Comparison | None:
    """A vote over all samples, or the best of all, is one draw of each problem."""
    problems = read_spec(task).problems
    drawn = (paper.samples if paper else None) or 1
    if metric != "pass@1":
        drawn, samples = 1, 1
    variance = share.variance
    if variance is None:
        variance = paper_variance(share.value, problems, samples)
    noise = paper_variance(printed, problems, drawn)
    if variance + noise == 0:
        return None
    return compare_with_paper(share.value, variance, samples, printed, noise)


def _unlike(row: str, metric: str, run: Measured, paper: Paper | None) -> Iterator[str]:
    spec = read_spec(run.task)
    template = template_of(row)
    if run.problems != spec.problems:
        yield f"{run.problems} of {spec.problems} problems"
    if run.other_texts:
        yield f"{run.other_texts} problems have another text than {spec.copies[0].name}'s"
    if template is not None and run.template not in {template, IMPORTED}:
        yield f"prompt by {run.template}, the paper's by {template}"
    if metric not in run.metrics:
        yield f"{metric} of {run.samples} samples a problem"
    if paper is None:
        return
    if run.temperature is None or run.top_p is None or run.max_tokens is None:
        yield "how its samples were drawn is not known"
        return
    if (run.temperature, run.top_p) != (paper.temperature, paper.top_p):
        yield (
            f"drawn at T {run.temperature:g}, top-p {run.top_p:g}; "
            f"the paper's at T {paper.temperature:g}, top-p {paper.top_p:g}"
        )
    if run.max_tokens < paper.max_tokens and run.truncated > 0:
        yield (
            f"{run.truncated:.0%} cut off at {run.max_tokens:,} tokens, "
            f"the paper's at {paper.max_tokens:,}"
        )
    if run.max_tokens > paper.max_tokens:
        yield f"up to {run.max_tokens:,} tokens, the paper {paper.max_tokens:,}"


def template_of(row: str) -> str | None:
    """The protocol that draws a row of the paper's own models as the paper says; of others it
    gives no prompt.

    >>> rows = "DeepSeek-R1-Zero", "DeepSeek-R1-Distill-Qwen-7B", "QwQ-32B-Preview"
    >>> [template_of(row) for row in rows]
    ['r1-zero', 'r1', None]
    """
    if "Zero" in row:
        return "r1-zero"
    return "r1" if row.startswith(("DeepSeek-R1", "R1-Dev")) else None


def _diagnosis(
    row: str, metric: str, run: Measured, value: float, paper: Paper | None
) -> Iterator[str]:
    if run.truncated > _MANY:
        yield f"{run.truncated:.0%} are cut off before an answer"
    if run.silent > _MANY:
        yield f"{run.silent:.0%} hold no thought: does the prompt open one with <think>?"
    if run.unusable:
        yield f"{run.unusable} samples are missing or undecided"
    asked = paper.samples if paper else None
    if asked and run.samples < asked:
        yield f"{run.samples} samples a problem, the paper's {asked}"
    for other in read_remeasured():
        for of_task, of_metric, share in _shares(other, row):
            if (of_task, of_metric) == (run.task, metric):
                apart = 100 * (value - share.value)
                yield f"{other.by} measured {100 * share.value:.1f} ({apart:+.1f} from it)"


def judge_remeasured(table: PaperTable, other: Remeasured) -> list[Cell]:
    """What others measured, beside the printed cells; their protocols are taken to be the paper's.
    Where they tell no spread over seeds, their noise is bounded as the paper's is.
    """
    cells = []
    for row in table.rows:
        for task, metric, share in _shares(other, row):
            column = f"{task} {metric}"
            printed = table.value(row, column) if column in table.columns else None
            if printed is None:
                continue
            at = printed / 100
            drawn = other.samples[task]
            compared = _compared(task, metric, share, drawn, at, table.drawn(task))
            verdict: Verdict = compared.verdict if compared else "not comparable"
            cells.append(Cell(row, column, at, verdict, other.by, share.value, compared))
    return cells


def _shares(other: Remeasured, row: str) -> Iterator[tuple[str, str, Share]]:
    """Task, metric and figure. Seeds that spread by s vary their mean by s² / seeds."""
    if row not in other.rows:
        return
    for column, value in zip(other.columns, other.rows[row], strict=True):
        meant = judged_column(column)
        if meant is not None and value is not None:
            spread = other.spread(row, column)
            variance = None if spread is None else (spread / 100) ** 2 / other.samples[meant[0]]
            yield (*meant, Share(value / 100, variance))
