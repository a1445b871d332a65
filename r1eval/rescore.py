"""`r1eval rescore`: grade a run again, by one grader or by several held against each other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from r1eval.budgets import budget_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runs.forcing import Mode
    from runs.grade import Grader


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--grader",
    default="ours",
    show_default=True,
    metavar="ours|math-verify|string|published|lm-eval|FILE.py:FUNCTION",
    help="Whose verdicts; several with commas between. lm-eval is the metric of the run's lm-eval "
    "tasks. Your own grader takes (gold, completion) "
    "and returns a bool or a verdict.",
)
@budget_options
def rescore(
    run: Path,
    grader: str,
    budgets: tuple[int, ...],
    budget_mode: Mode,
    wait: str | None,
    waits: int | None,
) -> int:
    """Grade the samples of RUN again, write results.json anew and print the table.

    With --budgets the figures at each budget follow. truncate asks the model nothing; force and
    extend load it and draw what is lacking.

    math-verify and string (lm-eval's comparison of the last box) are other people's graders, which
    read the whole completion; published are the verdicts that came with an imported run. With
    several graders an audit follows: what each makes of the figure, and the samples on which they
    disagree, all of them in RUN/audit.jsonl (a later rescore by one grader removes it).
    results.json has the figures of the first.

    Exit code 3 says that samples are missing from the figures.
    """
    from dataclasses import replace

    from evals.audit import FILE, audit, write_audit
    from r1eval.running import LM_EVAL, ask_budgets, exit_code, grade_and_write, graders_of
    from r1eval.tables import print_audit, print_results
    from runs import record
    from runs.grade import find_grader
    from runs.settings import RunSettings
    from runs.store import Store
    from tasks.errors import UserError

    names = [name.strip() for name in grader.split(",")]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"--grader names {twice[0]} twice: name each grader once")
    card = record.read(run)
    given = graders_of(card) if LM_EVAL in names else {}
    with Store(run) as store:
        for name in names:
            find_grader(name, store, given)
    first, *others = names
    decode = None
    if budgets:
        settings = RunSettings.from_json(card.settings, run)
        decode = ask_budgets(
            replace(settings, budgets=budgets, budget_mode=budget_mode, wait=wait, waits=waits)
        )
    elif budget_mode != "truncate" or wait is not None or waits is not None:
        raise UserError("--budget-mode, --wait and --waits need --budgets, like 512,1k,2k")
    results = grade_and_write(run, first, decode)
    _grade(run, others, given)
    print_results(results, run)
    if others:
        audits = audit(run, names)
        write_audit(run, audits)
        print_audit(audits, run)
    else:
        (run / FILE).unlink(missing_ok=True)  # of an earlier audit
    return exit_code(results)


def _grade(run: Path, graders: list[str], given: Mapping[str, Grader]) -> None:
    from rich.console import Console
    from rich.markup import escape

    from runs.grade import grade_run
    from runs.record import sole_writer
    from runs.store import Store

    for name in graders:
        status = Console(stderr=True).status(f"grading by {escape(name)}")
        with status, sole_writer(run), Store(run) as store:
            grade_run(store, name, given)
