"""What `eval` and `rerun` share: run with a progress bar, grade, print the table."""

from __future__ import annotations

import errno
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.errors import UserError

if TYPE_CHECKING:
    from runs.grade import Grader
    from runs.grade_budgets import Decode
    from runs.prepare import Load, Prepared
    from runs.record import RunRecord
    from runs.settings import RunSettings

_MOST_SAMPLES = 1024  # of a problem, when an interval is to become narrow
LM_EVAL = "lm-eval"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


Plan = Callable[[str], bool]
"""Notes in the run's record what a grader's verdicts make it ask next; false when that is nothing.
"""


def run_and_print(
    settings: RunSettings, again: RunRecord | None = None, plan: Plan | None = None
) -> int:
    """Draw what is lacking, grade, write results.json, print. ``plan`` may ask for more, in rounds.

    Exit code 0, or 3 with samples missing; 130 for Ctrl-C, which says how to go on. A disk that
    is full raises UserError that says what is kept.
    """
    from evals.results import grader_of
    from r1eval.progress import Progress
    from r1eval.tables import print_results
    from runs.prepare import prepare
    from runs.run import sample_run

    prepared = prepare(settings, again, loader(settings))
    try:
        with Progress() as progress:
            sample_run(prepared, progress)
        results = grade_and_write(
            settings.out, grader_of(settings.out, _default(settings)), prepared.engine.decode
        )
        plan = _plan_until(settings) if plan is None else plan
        if plan is not None:
            results = _rounds(prepared, results, plan)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. {_kept(prepared)} To go on: the same command again.", err=True)
        sys.exit(130)
    except (sqlite3.OperationalError, OSError) as error:
        if not _is_full(error):
            raise UserError(
                f"cannot write to {settings.out}: {error}. {_kept(prepared)}"
            ) from error
        raise UserError(
            f"the disk of {settings.out} is full. {_kept(prepared)} Make room and give the same "
            "command again"
        ) from error
    print_results(results, settings.out)
    if settings.until_ci is not None:
        _say_unreached(results, settings.until_ci)
    return exit_code(results)


def _say_unreached(results: dict[str, Any], target: float) -> None:
    for task in results["tasks"]:
        ci95 = task["metrics"]["pass@1"]["ci95_seeds"]
        if ci95 is None or (ci95[1] - ci95[0]) / 2 > target:
            click.echo(
                f"{task['task']}: ±{100 * target:g} points were not reached; a larger "
                "--max-samples goes on",
                err=True,
            )


def _plan_until(settings: RunSettings) -> Plan | None:
    """More samples until the interval of pass@1 is as narrow as was asked."""
    from evals.adaptive import plan_round

    target, most = settings.until_ci, settings.max_samples or _MOST_SAMPLES
    if target is None:
        return None
    return lambda grader: plan_round(settings.out, grader, target, most)


def _rounds(prepared: Prepared, results: dict[str, Any], plan: Plan) -> dict[str, Any]:
    from r1eval.progress import Progress
    from runs import record
    from runs.run import sample_round

    settings = prepared.settings
    going = bool(record.read(settings.out).rounds)  # a round may have been cut off
    while not _stopped(prepared) and (going or plan(results["grader"])):
        going = False
        with Progress() as progress:
            sample_round(prepared, progress)
        results = grade_and_write(settings.out, results["grader"], prepared.engine.decode)
    return results


def _stopped(prepared: Prepared) -> bool:
    """Whether an endpoint is asked for nothing more: its price or a failure forbids it."""
    from sampling.endpoint_engine import EndpointEngine

    engine = prepared.engine
    return isinstance(engine, EndpointEngine) and engine.why_stopped is not None


def ask_budgets(settings: RunSettings) -> Decode | None:
    """Note what an existing run is to be asked at budgets, and draw it where the mode asks for
    tokens. Returns the model's way to read tokens, if it was loaded. Raises UserError when the
    run's samples do not reach that far.
    """
    from r1eval.progress import Progress
    from runs import record
    from runs.budgeted import find_forcing
    from runs.grade_budgets import check_budgets
    from runs.models import load_decode
    from runs.prepare import prepare_budgets
    from runs.protocol import read_preset
    from runs.record import sole_writer
    from runs.run import draw_budgets

    card = record.read(settings.out)
    check_budgets(card.protocol, settings.budgets)
    if settings.budget_mode == "truncate":
        forcing = find_forcing(settings, read_preset(settings.protocol), "natural")
        assert forcing is not None
        decode = load_decode(card.protocol, settings.engine_args)  # before anything is noted
        with sole_writer(settings.out):
            card = record.read(settings.out)
            card.set_curve(forcing)
            card.save(settings.out)
        return decode
    prepared, forcing = prepare_budgets(settings, card, loader(settings))
    with Progress() as progress:
        draw_budgets(prepared, forcing, progress)
    return prepared.engine.decode


def grade_and_write(run: Path, grader: str, decode: Decode | None = None) -> dict[str, Any]:
    """The grading pass, at budgets too, and results.json, while nobody else writes to the run.

    ``decode`` is the model's; its tokenizer is loaded where it is not given and budgets need it.
    """
    from rich.console import Console

    from evals.curves import write_curves
    from evals.results import write_results
    from runs import record
    from runs.forcing import Forcing
    from runs.grade import grade_run
    from runs.grade_budgets import grade_budgets
    from runs.models import load_decode
    from runs.record import sole_writer
    from runs.store import Store

    with Console(stderr=True).status("grading"), sole_writer(run):
        card = record.read(run)
        curves = [Forcing.from_json(curve) for curve in card.curves]
        with Store(run) as store:
            given = graders_of(card) if grader == LM_EVAL else {}
            grade_run(store, grader, given)
            if curves and decode is None:
                decode = load_decode(card.protocol, card.settings["engine_args"])
            for curve in curves:
                assert decode is not None
                grade_budgets(store, grader, curve, card.protocol, decode, given)
        results = write_results(run, grader)
        if curves:
            write_curves([run], run / "budgets.csv", [run / "budgets.png", run / "budgets.svg"])
        return results


def loader(settings: RunSettings) -> Load:
    """What finds the tasks of a run, lm-eval's too; lm-eval is imported only for them."""
    from tasks.load import load_task

    if _default(settings) != LM_EVAL:
        return load_task
    from functools import partial

    from bridges.lm_eval.load import load_any

    return partial(load_any, include_path=settings.include_path)


def graders_of(card: RunRecord) -> dict[str, Grader]:
    """The graders that come with a run's tasks."""
    from bridges.lm_eval.grade import graders

    names = [task["name"] for task in card.tasks]
    return graders(names, card.settings.get("include_path"))


def _default(settings: RunSettings) -> str:
    """Who grades, when nobody was named: lm-eval's tasks bring their own metric."""
    from runs.grade import OURS

    return LM_EVAL if any(name.startswith(f"{LM_EVAL}:") for name in settings.tasks) else OURS


def exit_code(results: dict[str, Any]) -> int:
    """3 where samples are missing from the figures, at a budget too, else 0."""
    figures = [row for task in results["tasks"] for row in (task, *task["budgets"])]
    return 3 if any(row["outcomes"]["missing"] for row in figures) else 0


def _is_full(error: sqlite3.OperationalError | OSError) -> bool:
    """SQLite tells a write that was refused for its size (a quota, a limit) as an I/O error."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return error.sqlite_errorname in {"SQLITE_FULL", "SQLITE_IOERR_WRITE"}


def _kept(prepared: Prepared) -> str:
    from runs import record
    from runs.store import FILE, Store

    out = prepared.settings.out
    if not (out / FILE).is_file():
        return "Nothing was written."
    total = sum(len(t.task.problems) for t in prepared.tasks) * prepared.settings.samples
    try:
        with Store(out) as store:
            of_total = "" if record.read(out).rounds else f" of {total}"
            return f"{len(store.keys())}{of_total} samples are kept in {out}."
    except sqlite3.Error:
        return f"Every finished sample is kept in {out}."
