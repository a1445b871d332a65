"""`r1eval grade`: verdicts for rows of a file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("rows", type=click.Path(path_type=Path), metavar="IN.jsonl")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="OUT.jsonl",
    help="The same rows with verdict, extracted and reason.",
)
def grade(rows: Path, out: Path) -> None:
    """Grade each row of IN.jsonl, {gold, answer} or {gold, completion}.

    Optional fields: question, finish_reason ("stop" or "length"), thought ("prefilled" when the
    prompt already opened it), answer_type ("choice"). All fields are kept. Prints how many rows got
    which verdict: correct, wrong, no_answer, truncated (cut off before an answer), unsure.
    """
    import json
    import os
    from collections import Counter
    from concurrent.futures import ThreadPoolExecutor

    from runs.files import written_whole
    from tasks.errors import UserError
    from tasks.grading import Verdict
    from tasks.grading.rows import read_gradable
    from tasks.sources import read_file

    read = read_file(rows)
    if not read:
        raise UserError(f"{rows} holds no rows")
    gradable = [read_gradable(row.columns, row.place) for row in read]
    with written_whole(out) as temporary:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # symbolic grading waits on processes
            grades = list(pool.map(lambda row: row.grade(), gradable))
        with temporary.open("w", encoding="utf-8") as file:
            for row, result in zip(read, grades, strict=True):
                judged = {
                    "verdict": result.verdict.value,
                    "extracted": result.extracted,
                    "reason": result.reason,
                }
                file.write(json.dumps({**row.columns, **judged}, ensure_ascii=False) + "\n")
    counts = Counter(result.verdict for result in grades)
    verdicts = " · ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v])
    click.echo(f"{len(grades)} rows graded: {verdicts} → {out}")
