"""``r1eval tasks``: what can be asked, where it comes from, and what is wrong with a copy of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.text import Text

    from tasks.lint import Report, TextDifference
    from tasks.problem import PaperProtocol
    from tasks.schema import TaskSpec

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def tasks() -> None:
    """Show the tasks there are, and check their data."""


@tasks.command("list")
def list_tasks() -> None:
    """List the catalogue: problems, kind of answer, the paper's k, and where data come from."""
    from rich.console import Console
    from rich.table import Table

    from tasks.schema import read_spec, task_names

    columns = ("task", "problems", "answer", "paper k", "data", "found")
    table = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in task_names():
        spec = read_spec(name)
        k = str(spec.paper.samples) if spec.paper else "–"
        data = spec.hub.dataset if spec.hub else "made by nano"
        table.add_row(name, str(spec.problems), spec.answer_type, k, data, found(name, spec))
    Console().print(table)
    click.echo("paper k: samples per problem in the paper, – where it did not run the task")


def found(name: str, spec: TaskSpec) -> str:
    """Where ``load_task`` would read the data."""
    from tasks.load import local_copy

    if spec.hub is None:
        return "here"
    if local_copy(name):
        return "local file"
    return "gated hub" if spec.hub.gated else "hub"


@tasks.command()
@click.argument("task", metavar="T")
def show(task: str) -> None:
    """Show the facts of task T and its first problem, as a model is asked it.

    T is a name of the catalogue, a .jsonl, .csv or .parquet file, or file.py:function.
    """
    from tasks.load import load_task
    from tasks.schema import read_spec, task_names

    facts = catalogue_facts(read_spec(task)) if task in task_names() else {}
    for label, fact in facts.items():
        click.echo(f"{label:<12}{fact}")
    loaded = load_task(task)
    first = loaded.problems[0]
    click.echo(f"{'read from':<12}{loaded.origin}")
    click.echo(f"{'problems':<12}{len(loaded.problems)}")
    click.echo(f"{'max tokens':<12}{loaded.max_tokens}")
    click.echo(
        f"\nProblem {first.id}, answer {first.gold}:\n\n{first.prompt}\n{loaded.instruction}"
    )


def catalogue_facts(spec: TaskSpec) -> dict[str, str]:
    """What the YAML file says, in its own order."""
    facts = {"title": spec.title}
    if spec.hub:
        parts = [spec.hub.dataset, spec.hub.config, f"split {spec.hub.split}"]
        gated = ["gated: accept its terms there first"] if spec.hub.gated else []
        facts["hub"] = ", ".join(filter(None, [*parts, f"revision {spec.hub.revision}", *gated]))
    allowed = " {} to {}".format(*spec.answer_range) if spec.answer_range else ""
    facts["answer"] = spec.answer_type + allowed
    facts["paper"] = paper_facts(spec.paper_protocol)
    for copy in spec.copies:
        facts.setdefault("copies", "")
        note = f" ({copy.note})" if copy.note else ""
        facts["copies"] += ("; " if facts["copies"] else "") + copy.name + note
    return facts


def paper_facts(paper: PaperProtocol | None) -> str:
    """The paper's protocol in one line."""
    if paper is None:
        return "not in the paper"
    return (
        f"k = {paper.samples}, temperature {paper.temperature}, top-p {paper.top_p}, "
        f"{paper.max_tokens} tokens: {paper.source}"
    )


@tasks.command()
@click.argument("task", metavar="T")
@click.option("--data", type=FILE, help="Check this copy instead of the one eval would read.")
@click.option("--against", type=FILE, help="Compare the texts with this copy, word by word.")
@click.pass_context
def lint(ctx: click.Context, task: str, data: Path | None, against: Path | None) -> None:
    """Check the data of task T.

    Finds duplicate ids, golds that are empty, of the wrong kind or beyond the grader, and texts
    that are not those of the known copy: by fingerprint, and word by word against the file of
    --against or, with --data, against the copy in R1EVAL_DATA_DIR. Only the other copy has
    [-words-] in such brackets, only the checked one {+words+} in these.

    Exit code: 0 nothing found, 1 something found, 2 bad input.
    """
    from rich.console import Console

    from tasks.lint import lint as check

    report = check(task, data, against)
    console = Console(soft_wrap=True, highlight=False)
    for line in report_lines(report):
        console.print(line)
    ctx.exit(0 if report.clean else 1)


def report_lines(report: Report) -> list[str | Text]:
    """The report for people; text from data sets never passes through rich's markup."""
    from rich.text import Text

    task = report.task
    lines: list[str | Text] = [Text(f"{task.name}: {len(task.problems)} problems, {task.origin}")]
    for copy, count in report.copies:
        note = f" ({copy.note})" if copy.note else ""
        lines.append(Text(f"  {count} of {len(task.problems)} texts as in {copy.name}{note}"))
    if not report.copies:
        lines.append(Text("  no copy is known: texts not verified"))
    if report.compared_with:
        lines.append(Text(f"  compared with {report.compared_with}"))
    for finding in report.findings:
        who = "" if finding.problem_id is None else f"{finding.problem_id}: "
        lines.append(Text(f"{who}{finding.message}"))
    worded = [difference for difference in report.differences if difference.other_id is not None]
    for difference in sorted(worded, key=lambda each: -len(each.lost)):
        lines += difference_lines(difference)
    if unworded := [each.problem_id for each in report.differences if each.other_id is None]:
        lines.append(Text(unworded_line(unworded, report)))
    found = len(report.findings) + len(report.differences)
    worse = sum(bool(difference.lost) for difference in worded)
    lost = f"; {worse} texts have lost words" if worse else ""
    lines.append(Text(f"{found or 'nothing'} found{lost}", style="red" if found else "green"))
    return lines


def unworded_line(ids: list[str], report: Report) -> str:
    """The texts of which only the fingerprint is known to differ."""
    known = report.copies[0][0].name
    where = report.compared_with
    advice = f"{where} has no such text either" if where else "to see the words: --against FILE"
    return f"{len(ids)} texts are not those of {known}: {', '.join(ids)} ({advice})"


def difference_lines(difference: TextDifference) -> list[Text]:
    """One text that differs: what is lost in a line, then the words in their place."""
    from rich.text import Text

    who = difference.problem_id
    if difference.other_id != who:
        who += f" ({difference.other_id} in the other copy)"
    changed = any(piece.kind != "same" for piece in difference.pieces)
    words = f"words lost: {', '.join(difference.lost)}" if difference.lost else "no word is lost"
    what = f"the wording differs; {words}" if changed else "only its dollar signs differ"
    body = Text("    ")
    for piece in difference.pieces:
        if piece.kind == "same":
            body.append(f"{shortened(piece.text, 6)} ")
        elif piece.kind == "lost":
            body.append(f"[-{shortened(piece.text, 20)}-]", style="red").append(" ")
        else:
            body.append(f"{{+{shortened(piece.text, 20)}+}}", style="green").append(" ")
    return [Text(f"{who}: {what}", style="bold"), body]


def shortened(text: str, ends: int) -> str:
    """``text`` without its drawings' code, and without its middle when it is longer than both
    ``ends`` (in words) together.

    >>> shortened("one [asy] draw(A--B); [/asy] two three four five", 2)
    'one [asy]…[/asy] … four five'
    """
    words = re.sub(r"\[asy\].*?\[/asy\]", "[asy]…[/asy]", text, flags=re.DOTALL).split()
    kept = words if len(words) <= 2 * ends + 1 else [*words[:ends], "…", *words[-ends:]]
    return " ".join(kept)


@tasks.command()
def path() -> None:
    """Print the folder from which lm-eval reads our tasks: lm_eval --include_path "$(…)"."""
    from bridges.lm_eval.write import FOLDER

    click.echo(FOLDER)
