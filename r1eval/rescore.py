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
    from evals.results import write_results
    from r1eval.tables import print_results
    from runs import record
    from runs.grade import find_grader, grade_run
    from runs.store import Store

    record.read(run)
    find_grader(grader)
    with record.sole_writer(run), Store(run) as store:
        grade_run(store, grader)
    results = write_results(run, grader)
    print_results(results, run)
    return 3 if any(task["outcomes"]["missing"] for task in results["tasks"]) else 0
