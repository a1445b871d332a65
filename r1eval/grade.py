"""`r1eval grade`: verdicts for rows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from r1eval.judging import open_judge, with_judge

if TYPE_CHECKING:
    from tasks.sources import Row


_GAINED = ("verdict", "extracted", "reason")


@click.command()
@click.argument("rows", type=click.Path(path_type=Path), metavar="IN.jsonl")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="OUT.jsonl",
    help="The same rows with verdict, extracted and reason.",
)
@with_judge
def grade(rows: Path, out: Path, judge_model: str | None, judge_votes: int | None) -> None:
    """Grade each row of IN.jsonl, {gold, answer} or {gold, completion}.

    IN may also be a .csv with a header or a .parquet file; OUT is JSONL, one object per line, and
    never IN itself. Numbers count as their text.

    Optional fields: question, finish_reason ("stop" or "length"), thought ("prefilled" when the
    prompt already opened it), answer_type ("choice", of a completion). All fields are kept but
    verdict, extracted and reason, which are replaced. Prints how many rows got which verdict:
    correct, wrong, no_answer, truncated (cut off before an answer), unsure.

    A judge is a chat model by any name that `r1eval eval` takes; measure it before you believe it
    (docs/judge.md).
    """
    import json
    import os
    from collections import Counter
    from concurrent.futures import ThreadPoolExecutor

    from r1eval.plural import counted
    from runs.files import written_whole
    from tasks.errors import UserError
    from tasks.grading import Verdict
    from tasks.grading.rows import read_gradables
    from tasks.sources import read_file

    read = read_file(rows)
    if not read:
        raise UserError(f"{rows} holds no rows")
    if out.exists() and out.samefile(rows):
        raise UserError(f"{out} is the input: give --out another name")
    gradable = read_gradables(read)
    _check_writable(read)
    with written_whole(out) as temporary:
        judge = open_judge(judge_model, judge_votes)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # symbolic grading waits on processes
            grades = by_rules = list(pool.map(lambda row: row.grade(), gradable))
        if judge is not None:
            grades = judge.review(gradable, by_rules)
        with temporary.open("w", encoding="utf-8") as file:
            for row, result in zip(read, grades, strict=True):
                judged = {
                    "verdict": result.verdict.value,
                    "extracted": result.extracted,
                    "reason": result.reason,
                }
                file.write(json.dumps({**row.columns, **judged}, ensure_ascii=False) + "\n")
    counts = Counter(result.verdict for result in grades)
    replaced = [name for name in _GAINED if any(name in row.columns for row in read)]
    if replaced:
        had = sum(any(name in row.columns for name in _GAINED) for row in read)
        click.echo(f"{counted(had, 'row')} had {', '.join(replaced)}: replaced in {out}", err=True)
    verdicts = " · ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v])
    asked = sum(a is not b for a, b in zip(grades, by_rules, strict=True))
    about = f" ({judge_model} was asked about {asked})" if judge is not None else ""
    click.echo(f"{counted(len(grades), 'row')} graded: {verdicts}{about} → {out}")


def _check_writable(rows: Sequence[Row]) -> None:
    """Parquet holds dates and NaN, which JSON cannot: said before anything is graded."""
    import json

    from tasks.errors import UserError, in_one

    broken = []
    for row in rows:
        try:
            json.dumps(dict(row.columns), allow_nan=False)
        except (TypeError, ValueError) as error:
            why = UserError(f"{row.place} holds what JSON cannot: {error}; leave that field out")
            broken.append((row.place, why))
    if broken:
        raise in_one(broken)
