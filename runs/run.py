"""Drawing the samples of a run, from wherever it stands: what its protocol asks, what its rounds
ask beyond that, and what budgets ask of the samples that are there.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from runs import record as run_record
from runs.draw import TaskSampler, Watcher, indices
from runs.endpoints import accounted
from runs.forcing import Forcing
from runs.prepare import Prepared
from runs.record import RunRecord, sole_writer
from runs.store import Store, now
from runs.stored import StoredProblem
from tasks.errors import UserError


def sample_run(prepared: Prepared, watcher: Watcher) -> None:
    """Draw every sample that the run folder lacks; each is committed as soon as it is finished.

    Raises KeyboardInterrupt and sqlite3.OperationalError (disk full) with everything finished kept.
    """
    out = prepared.settings.out
    out.mkdir(parents=True, exist_ok=True)
    with sole_writer(out), Store(out) as store:
        record = _open_record(prepared, store)
        kept = store.keys()
        forcing = prepared.forcing
        if forcing is not None and forcing.asks:
            kept &= store.budgeted(forcing.mode, forcing.budgets)
        total = sum(len(t.task.problems) for t in prepared.tasks) * prepared.protocol.samples
        watcher.begin(total, len(kept))
        for notice in record.notices:
            watcher.notice(notice)
        with accounted(prepared.engine, store, record, out, watcher.notice):
            for task in prepared.tasks:
                TaskSampler(prepared, task, prepared.forcing, store, record, watcher).draw(kept)


def sample_round(prepared: Prepared, watcher: Watcher) -> None:
    """Draw what the rounds in the run's record ask beyond the first samples of each problem."""
    out = prepared.settings.out
    with sole_writer(out), Store(out) as store:
        record = run_record.read(out)
        if not record.rounds:
            return
        kept = store.keys()
        asked = {
            (t, *key)
            for t, of_task in record.rounds[-1].items()
            for key in indices(of_task["asked"])
        }
        watcher.begin(len(asked), len(kept & asked))
        with accounted(prepared.engine, store, record, out, watcher.notice):
            for task in prepared.tasks:
                TaskSampler(prepared, task, None, store, record, watcher).draw_rounds(kept)


def draw_budgets(prepared: Prepared, forcing: Forcing, watcher: Watcher) -> None:
    """Draw what ``forcing`` asks of the samples that the run holds, reading each of them once."""
    out = prepared.settings.out
    with sole_writer(out), Store(out) as store:
        record = run_record.read(out)
        if not record.set_curve(forcing):
            store.forget_mode(forcing.mode)
        record.save(out)
        done = store.budgeted(forcing.mode, forcing.budgets)
        kept = store.keys()
        watcher.begin(len(kept), len(done & kept))
        with accounted(prepared.engine, store, record, out, watcher.notice):
            for task in prepared.tasks:
                TaskSampler(prepared, task, forcing, store, record, watcher).draw_budgets(done)


def _open_record(prepared: Prepared, store: Store) -> RunRecord:
    record = prepared.record
    problems = [p for task in prepared.tasks for p in task.stored_problems()]
    if record is None:
        if (prepared.settings.out / run_record.FILE).exists():
            raise UserError(f"{prepared.settings.out}: another r1eval has just begun a run here")
        if store.keys():
            raise UserError(
                f"{prepared.settings.out} holds samples but no run.json: give a new --out"
            )
        store.set_problems(problems)
        tasks = [t.task for t in prepared.tasks]
        record = RunRecord.new(prepared.settings, prepared.protocol, tasks, store.journal)
        record.notices = list(prepared.notices)
        if store.journal != "wal":
            record.notices.append(
                f"this file system allows no write-ahead log: samples.db uses {store.journal}"
            )
    else:
        _same_prompts(problems, store.problems())
        if prepared.settings.until_ci is not None or prepared.settings.budgets:
            record.settings = prepared.settings.as_json()  # what a rerun does again
    if prepared.forcing is not None and not record.set_curve(prepared.forcing):
        store.forget_mode(prepared.forcing.mode)
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    record.begin_session(now(), command)
    record.save(prepared.settings.out)
    return record


def _same_prompts(asked: Sequence[StoredProblem], stored: Sequence[StoredProblem]) -> None:
    """A template, the user's or the model's, may have been edited since the run began."""
    then = {(p.task, p.problem_id): p.prompt for p in stored}
    for problem in asked:
        if then.get((problem.task, problem.problem_id)) != problem.prompt:
            raise UserError(
                f"the prompt of {problem.task} {problem.problem_id} is not what it was when this "
                "run began (was a template edited?): give a new --out"
            )
