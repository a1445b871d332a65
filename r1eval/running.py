"""What `eval` and `rerun` share: run with a progress bar, grade, print the table."""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

import click

from runs.settings import RunSettings
from tasks.errors import UserError

if TYPE_CHECKING:
    from runs.prepare import Prepared


def run_and_print(settings: RunSettings) -> int:
    """Draw what is lacking, grade, write results.json, print. Exit code 0, or 3 with samples
    missing.
    """
    from evals.results import write_results
    from r1eval.progress import Progress
    from r1eval.tables import print_results
    from runs.grade import grade_run
    from runs.prepare import prepare
    from runs.run import sample_run
    from runs.store import Store

    prepared = prepare(settings)
    try:
        with Progress() as progress:
            sample_run(prepared, progress)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. {_kept(prepared)} To go on: the same command again.", err=True)
        sys.exit(130)
    except (sqlite3.OperationalError, OSError) as error:
        raise UserError(
            f"cannot write to {settings.out} ({error}): is the disk full? {_kept(prepared)} "
            "Make room and give the same command again"
        ) from error
    with Store(settings.out) as store:
        grade_run(store)
    results = write_results(settings.out)
    print_results(results, settings.out)
    return 3 if any(task["outcomes"]["missing"] for task in results["tasks"]) else 0


def _kept(prepared: Prepared) -> str:
    from runs.store import Store

    total = sum(len(t.task.problems) for t in prepared.tasks) * prepared.settings.samples
    try:
        with Store(prepared.settings.out) as store:
            kept = len(store.keys())
    except sqlite3.Error:
        return f"Every finished sample is kept in {prepared.settings.out}."
    return f"{kept} of {total} samples are kept in {prepared.settings.out}."
