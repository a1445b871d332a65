"""The grading pass at budgets: what every sample of a run is worth at each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, cast

from runs.forcing import Forcing
from runs.grade import NONE, PUBLISHED, Grader, find_grader
from runs.store import Store
from runs.stored import BudgetGrade, Sample, SampleKey, StoredForced, StoredProblem
from runs.trajectory import Ids, Reader, at_budget
from tasks.errors import UserError
from tasks.grading import Grade, Verdict

_AT_ONCE = 128

Decode = Callable[[Sequence[int]], str]


def answer_allowance(protocol: Mapping[str, Any], task: str, budget: int) -> int:
    """Tokens that an answer may take after a thought that ends within ``budget``: as many as after
    the largest budget of the run; without one, what a run at ``budget`` alone would leave.

    >>> protocol = {"max_tokens": {"aime": 2304}, "max_thinking": 2048}
    >>> answer_allowance(protocol, "aime", 512)
    256
    """
    most: int = protocol["max_tokens"][task]
    largest = protocol.get("max_thinking")
    return most - (budget if largest is None else largest)


def check_budgets(protocol: Mapping[str, Any], budgets: Sequence[int]) -> None:
    """Raises UserError when the run's samples do not reach the largest budget."""
    if None in protocol["max_tokens"].values():
        raise UserError(
            "budgets need tokens, and of these imported samples nobody counted any: import them "
            "again with --tokenizer PATH"
        )
    reach = protocol.get("max_thinking") or min(protocol["max_tokens"].values())
    if budgets[-1] > reach:
        raise UserError(
            f"--budgets up to {budgets[-1]}: the samples of this run end at {reach} "
            "tokens of thought; a larger budget takes a new run"
        )


def grade_budgets(
    store: Store,
    grader: str,
    forcing: Forcing,
    protocol: Mapping[str, Any],
    decode: Decode,
    given: Mapping[str, Grader] = NONE,
) -> None:
    """Grade all samples at every budget of ``forcing``. The run's own pass by ``grader`` must have
    been made: at a budget that a sample keeps whole, its verdict stands.

    Raises UserError on samples whose tokens are not known.
    """
    _check_counts(store)
    grade = _cut_short if grader == PUBLISHED else find_grader(grader, store, given)
    whole = store.grades(grader)
    problems = {(p.task, p.problem_id): p for p in store.problems()}
    extended = store.extended() if forcing.mode == "extend" else {}
    forced = {(f.task, f.problem_id, f.index, f.budget): f for f in store.forced(forcing.mode)}
    drawn = store.budgeted(forcing.mode, forcing.budgets) if forcing.asks else None
    tags = bool(protocol["thinking_tags"])

    def at(sample: Sample) -> list[tuple[SampleKey, int, BudgetGrade]]:
        if drawn is not None and sample.key not in drawn:
            return []  # missing at these budgets, not truncated
        problem = problems[sample.task, sample.problem_id]
        more = extended.get(sample.key)
        ids, finish_reason = (
            (sample.token_ids, sample.finish_reason)
            if more is None or not more.waits
            else (more.token_ids, more.finish_reason)
        )
        if ids is None:
            allowances = [
                (budget, answer_allowance(protocol, sample.task, budget))
                for budget in forcing.budgets
            ]
            counted = [
                (sample.key, budget, _by_count(sample, whole[sample.key], budget, allowance))
                for budget, allowance in allowances
            ]
            return [(key, budget, grade) for key, budget, grade in counted if grade is not None]
        untouched = ids == sample.token_ids
        reader = Reader(decode, problem.thought_prefilled, tags)
        find = partial(
            _at_budget,
            sample=replace(sample, finish_reason=finish_reason, token_ids=ids),
            whole=whole[sample.key] if untouched else None,
            problem=problem,
            reader=reader,
            grade=grade,
        )
        return [
            (
                sample.key,
                budget,
                find(
                    budget=budget,
                    allowance=answer_allowance(protocol, sample.task, budget),
                    forced=forced.get((*sample.key, budget)),
                ),
            )
            for budget in forcing.budgets
        ]

    def every() -> Iterator[tuple[SampleKey, int, BudgetGrade]]:
        with ThreadPoolExecutor() as pool:
            samples = store.samples(ids=True)
            while some := list(islice(samples, _AT_ONCE)):
                for graded in pool.map(at, some):
                    yield from graded

    store.set_budget_grades(grader, forcing.mode, every())


def _check_counts(store: Store) -> None:
    """Raises UserError where nobody knows how long any thought was."""
    samples = list(store.token_sources())
    if samples and not any(ids or thinking for ids, thinking in samples):
        raise UserError(
            "budgets need the tokens of each thought, and this run's endpoint counted none: a run "
            "with --engine-arg tokenizer=FOLDER does"
        )


def _by_count(sample: Sample, whole: Grade, budget: int, allowance: int) -> BudgetGrade | None:
    """As `_at_budget` in mode truncate, by the counts that a server gave; ``None`` where it gave
    none. An answer that is longer than its allowance would be cut where only ids could tell.
    """
    thinking, generated = sample.thinking_tokens, sample.generated
    if thinking is None or generated is None:
        return None
    if thinking > budget or (thinking == generated and sample.finish_reason == "length"):
        return BudgetGrade(_unfinished(budget), False, budget, 0)
    if generated <= budget + allowance:
        return BudgetGrade(whole, sample.finish_reason == "stop", generated, 0)
    reason = "the answer is cut off, and where is not known without token ids"
    return BudgetGrade(Grade(Verdict.UNSURE, None, reason), False, budget + allowance, 0)


def _unfinished(budget: int) -> Grade:
    return Grade(Verdict.TRUNCATED, None, f"the thought did not end within {budget} tokens")


def _cut_short(_: StoredProblem, __: Sample) -> Grade:
    return Grade(Verdict.UNSURE, None, "no verdict was published for what is cut short")


def _at_budget(
    *,
    sample: Sample,
    whole: Grade | None,
    problem: StoredProblem,
    reader: Reader,
    grade: Grader,
    budget: int,
    allowance: int,
    forced: StoredForced | None,
) -> BudgetGrade:
    """``whole``: the verdict on all of the sample, when it is the one that was drawn."""
    ids = cast(Ids, sample.token_ids)
    ended = sample.finish_reason == "stop"
    cut = at_budget(ids, ended, budget, allowance, reader)
    if cut is not None and cut.ids == ids and whole is not None:
        return BudgetGrade(whole, ended, len(ids), 0)
    if cut is not None:
        finished = cut.finish_reason == "stop"
        text = reader.decode(cut.ids[:-1] if finished else cut.ids)
        given = replace(sample, text=text, finish_reason=cut.finish_reason, token_ids=cut.ids)
        return BudgetGrade(grade(problem, given), finished, len(cut.ids), 0)
    if forced is None:
        return BudgetGrade(_unfinished(budget), False, budget, 0)
    given = replace(
        sample,
        text=reader.decode(ids[:budget] + forced.closing) + forced.text,
        finish_reason=forced.finish_reason,
        token_ids=None,
    )
    return BudgetGrade(grade(problem, given), False, budget, len(forced.token_ids))
