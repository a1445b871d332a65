"""Two runs over the same problems, paired: what the second gains over the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from evals.flips import sign_flip_p
from evals.intervals import Interval, ci95_difference
from evals.metrics import Estimate, cons_estimate, pass_estimate, reported_ks
from evals.outcomes import ProblemOutcome
from evals.votes import ballots
from tasks.errors import UserError

Outcomes = Mapping[str, Sequence[ProblemOutcome]]


@dataclass(frozen=True)
class Difference:
    """One figure of one task in both runs; ``difference`` = b - a, all as fractions of 1.

    ``ci95`` is for other problems of this kind, ``p_value`` from the sign-flip test. ``problems`` =
    ``a_better + b_better + equal``; ``excluded`` problems had too few usable samples in a run.
    Without any problem left the figures are ``None``.
    """

    task: str
    metric: str
    a: float | None
    b: float | None
    difference: float | None
    ci95: Interval | None
    p_value: float | None
    a_better: int
    b_better: int
    equal: int
    problems: int
    excluded: int


def compare(a: Outcomes, b: Outcomes, *, allow_partial: bool = False) -> list[Difference]:
    """pass@k and cons@k of every task, for each k that both runs report.

    Problems are the same if their ids and contents are. Raises UserError when the runs hold
    different tasks or problems, unless ``allow_partial``: then what both hold is compared, and it
    is an error only if that is nothing.

    >>> from tasks.grading.verdict import Verdict as V
    >>> always = ProblemOutcome("p1", (V.CORRECT, V.CORRECT), (0, 0))
    >>> half = ProblemOutcome("p1", (V.CORRECT, V.WRONG), (0, 1))
    >>> first = compare({"t": [half]}, {"t": [always]})[0]
    >>> first.metric, first.difference, first.b_better
    ('pass@1', 0.5, 1)
    """
    if not allow_partial:
        _require_same(a, b)
    tasks = [task for task in a if task in b]
    differences = []
    for task in tasks:
        ours, theirs = _by_id(a[task]), _by_id(b[task])
        shared = [name for name in ours if name in theirs]
        pairs = [(ours[n], theirs[n]) for n in shared if ours[n].content == theirs[n].content]
        if pairs:
            differences += _task_differences(task, pairs)
    if not differences:
        raise UserError("the two runs have no problem in common: compare runs of the same tasks")
    return differences


def _require_same(a: Outcomes, b: Outcomes) -> None:
    faults = []
    for run, here, there in (("first", a, b), ("second", b, a)):
        for task, outcomes in here.items():
            other = _by_id(there.get(task, ()))
            only = [o.problem_id for o in outcomes if o.problem_id not in other]
            if only:
                faults.append(f"{len(only)} of {task} only in the {run} run ({only[0]}, …)")
    for task in a:
        other = _by_id(b.get(task, ()))
        unlike = [
            o.problem_id
            for o in a[task]
            if o.problem_id in other and other[o.problem_id].content != o.content
        ]
        if unlike:
            faults.append(
                f"{len(unlike)} of {task} have the same id but another text or gold answer "
                f"({unlike[0]} first)"
            )
    if faults:
        raise UserError(
            f"the runs hold different problems: {'; '.join(faults)}. "
            "Add --common to compare on what both hold"
        )


def _by_id(outcomes: Sequence[ProblemOutcome]) -> dict[str, ProblemOutcome]:
    return {outcome.problem_id: outcome for outcome in outcomes}


def _task_differences(
    task: str, pairs: Sequence[tuple[ProblemOutcome, ProblemOutcome]]
) -> list[Difference]:
    asked = [max(len(outcome.verdicts) for outcome in run) for run in zip(*pairs, strict=True)]
    ks = sorted(set(reported_ks(asked[0])) & set(reported_ks(asked[1])))
    tallies = [[(run.usable, run.correct) for run in pair] for pair in pairs]
    cast = [[ballots(run) for run in pair] for pair in pairs]
    passed = [
        difference(
            task, f"pass@{k}", [[pass_estimate(n, c, k) for n, c in pair] for pair in tallies]
        )
        for k in ks
    ]
    voted = [
        difference(
            task, f"cons@{k}", [[cons_estimate(votes, k) for votes in pair] for pair in cast]
        )
        for k in ks
    ]
    return passed + voted


def difference(task: str, metric: str, pairs: Sequence[Sequence[Estimate | None]]) -> Difference:
    """One row, from each problem's estimate in both runs."""
    both = [(a.value, b.value) for a, b in pairs if a is not None and b is not None]
    if not both:
        return Difference(task, metric, None, None, None, None, None, 0, 0, 0, 0, len(pairs))
    gains = [b - a if abs(b - a) > 1e-12 else 0.0 for a, b in both]
    mean_a, mean_b = (fsum(values) / len(both) for values in zip(*both, strict=True))
    return Difference(
        task=task,
        metric=metric,
        a=mean_a,
        b=mean_b,
        difference=mean_b - mean_a,
        ci95=ci95_difference(gains),
        p_value=sign_flip_p(gains),
        a_better=sum(gain < 0 for gain in gains),
        b_better=sum(gain > 0 for gain in gains),
        equal=sum(gain == 0 for gain in gains),
        problems=len(both),
        excluded=len(pairs) - len(both),
    )
