"""`r1eval rescore`: grade a run again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--grader",
    default="ours",
    show_default=True,
    metavar="ours|FILE.py:FUNCTION",
    help="Your own grader takes (gold, completion) and returns a bool or a verdict.",
)
def rescore(run: Path, grader: str) -> int:
    """Grade the samples of RUN again, write results.json anew and print the table.

    Exit code 3 says that samples are missing from the figures.
    """
    from r1eval.running import exit_code, grade_and_write
    from r1eval.tables import print_results
    from runs import record
    from runs.grade import find_grader

    record.read(run)
    find_grader(grader)
    results = grade_and_write(run, grader)
    print_results(results, run)
    return exit_code(results)
