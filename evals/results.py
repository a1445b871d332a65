"""results.json: the figures of a run, each with its intervals and its n."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from evals.adaptive import adaptive_result
from evals.budgets import budget_results
from evals.load import outcomes
from evals.metrics import task_metrics
from evals.outcomes import MISSING, ProblemOutcome, outcome_counts
from evals.plan import plan_samples
from runs import record
from runs.files import write_json
from runs.grade import OURS
from runs.store import Store
from runs.stored import Sample, StoredBill
from sampling.endpoint.prices import Price
from tasks.errors import UserError

FILE = "results.json"
HALF_WIDTH = 0.02
NOT_YET = "not drawn yet"


def write_results(folder: Path, grader: str = OURS) -> dict[str, Any]:
    """Compute the figures of a run, write them to ``results.json`` and return them.

    The form is the contract's: ``{"schema_version": 1, "tasks": [{"task", "model", …}]}``,
    fractions in [0, 1]. A task that lacks samples says why: ``"missing_reasons": {reason: count}``.
    """
    run = record.read(folder)
    by_task = outcomes(folder, grader)
    with Store(folder) as store:
        samples = [replace(sample, text="") for sample in store.samples()]  # texts can take GBs
        keys = store.keys()
        grades = store.grades(grader)
        forced = store.forced_tokens()
        bill = bill_result(store.bill(), run)
        noted = [(key[0], why) for key, why in store.missing().items() if key not in keys]
    budgets = budget_results(folder, grader)
    seconds = seconds_by_task(samples, [session["started"] for session in run.sessions])
    tasks = []
    for task in run.tasks:
        name = task["name"]
        of_task = by_task.get(name) or _nothing_yet(task["problems"], run.protocol["samples"])
        result = _task_result(name, of_task, [s for s in samples if s.task == name], run)
        if (
            adaptive := adaptive_result(run, name, [o.problem_id for o in of_task], grades)
        ) is not None:
            result["metrics"]["pass@1"] = adaptive.pop("pass@1")
            result |= adaptive
        if lacking := result["outcomes"][MISSING]:
            reasons = [why for of, why in noted if of == name]
            result["missing_reasons"] = missing_reasons(reasons, lacking)
        result |= budgets.get(name, {"budgets": [], "equal_tokens": []})
        result["tokens"]["forced"] = forced.get(name, 0)
        tasks.append(result | {"seconds": round(seconds.get(name, 0.0), 3)})
    results: dict[str, Any] = {"schema_version": 1, "grader": grader, "tasks": tasks}
    if bill is not None:
        results["bill"] = bill
    write_json(folder / FILE, results)
    return results


def read_results(folder: Path) -> dict[str, Any]:
    """The results.json of a run. Raises UserError when there is none."""
    if not (folder / FILE).is_file():
        raise UserError(f"{folder} has no {FILE}: r1eval rescore {folder}")
    results: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return results


def grader_of(folder: Path, otherwise: str = OURS) -> str:
    """The grader whose verdicts are in ``results.json``; ``otherwise`` where there is none yet."""
    try:
        return str(json.loads((folder / FILE).read_text(encoding="utf-8"))["grader"])
    except FileNotFoundError:
        return otherwise
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{folder / FILE} cannot be read: r1eval rescore {folder}") from error


def missing_reasons(noted: Sequence[str], missing: int) -> dict[str, int]:
    """How many of a task's missing samples have which reason.

    >>> missing_reasons(["the prompt is too long"] * 2, 5)
    {'the prompt is too long': 2, 'not drawn yet': 3}
    """
    counts = Counter(noted) + Counter({NOT_YET: missing - len(noted)})
    return dict(counts)


def _nothing_yet(problems: int, samples: int) -> list[ProblemOutcome]:
    """A task that was cut off before its problems were stored."""
    nothing = (None,) * samples
    return [ProblemOutcome(str(i), nothing, nothing) for i in range(problems)]


def seconds_by_task(samples: Iterable[Sample], sessions: Sequence[float]) -> dict[str, float]:
    """Seconds of sampling per task, summed over the sessions in which the run went on.

    Each sample takes the time since the one before it, or since its session began; the time
    between an interruption and the next start belongs to nobody.
    """
    marks = sorted((s.finished_at, s.task) for s in samples)
    starts = sorted(sessions)
    spent: dict[str, float] = defaultdict(float)
    before = 0.0
    for finished, task in marks:
        began = max((start for start in starts if start <= finished), default=finished)
        spent[task] += finished - max(before, began)
        before = finished
    return dict(spent)


def _task_result(
    name: str,
    of_task: Sequence[ProblemOutcome],
    samples: Sequence[Sample],
    run: record.RunRecord,
) -> dict[str, Any]:
    protocol = {**run.protocol, "max_tokens": run.protocol["max_tokens"][name]}
    return {
        "task": name,
        "model": run.protocol["model"],
        "problems": len(of_task),
        "samples_per_problem": run.protocol["samples"],
        "protocol": protocol,
        "metrics": {key: figure.as_json() for key, figure in task_metrics(of_task).items()},
        "outcomes": outcome_counts(of_task),
        "plan": _plan(of_task),
        "tokens": token_summary(samples),
    }


def _plan(of_task: Sequence[ProblemOutcome]) -> dict[str, Any] | None:
    """What pass@1 within ±2 points takes; ``None`` without a usable sample."""
    if not any(outcome.usable for outcome in of_task):
        return None
    return asdict(plan_samples(of_task, HALF_WIDTH))


def token_summary(samples: Sequence[Sample]) -> dict[str, Any]:
    """Tokens of a task's samples. ``prompt``, ``thinking`` and ``answer`` are totals;
    ``mean`` and ``p95`` are of the tokens generated per sample; ``None`` where they are not known.
    """
    generated = [s.generated for s in samples if s.generated is not None]
    prompt = [s.prompt_tokens for s in samples if s.prompt_tokens is not None]
    sources = Counter(s.token_source for s in samples)
    return {
        "prompt": sum(prompt) if prompt else None,
        "thinking": _sum([s.thinking_tokens for s in samples]),
        "answer": _sum([s.answer_tokens for s in samples]),
        "mean": round(float(np.mean(generated)), 2) if generated else None,
        "p95": round(float(np.percentile(generated, 95)), 2) if generated else None,
        "source": next(iter(sources)) if len(sources) == 1 else "mixed" if sources else "unknown",
    }


def _sum(counts: Sequence[int | None]) -> int | None:
    """The total; a part of it is none.

    >>> _sum([1, 2]), _sum([1, None]), _sum([])
    (3, None, None)
    """
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def bill_result(bill: StoredBill | None, run: record.RunRecord) -> dict[str, Any] | None:
    """What a run's endpoint was paid for, in all sessions, at the price of the last: US dollars,
    ``None`` where no price is known. ``uncounted`` replies came without a count and cost more.
    """
    if bill is None:
        return None
    told = [session["endpoint"]["price"] for session in run.sessions if "endpoint" in session]
    price = Price(**told[-1]) if told and told[-1] else None
    dollars = None if price is None else price.of(bill.prompt_tokens, bill.reply_tokens)
    return {
        "usd": None if dollars is None else round(dollars, 6),
        **asdict(bill),
        "price": told[-1] if told else None,
    }
