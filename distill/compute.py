"""What a model has cost, in floating-point operations: the measure by which distillation and RL are
compared at equal cost.

6 · parameters for every token trained on (forward and backward), 2 · parameters for every token
read, generated or scored (forward); attention's own products are left out, as in Kaplan et al.
(arXiv 2001.08361, section 2.1). All of it counts, the teacher's sampling included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rl import record as rl_record
from rl.journal import LOG, read_lines
from runs.store import Store
from tasks.errors import UserError


@dataclass(frozen=True)
class Cost:
    """``trained`` and ``passed`` in tokens, of a model of so many parameters.

    >>> Cost("draws", 1_000, trained=0, passed=50).operations
    100000
    >>> Cost("trains", 1_000, trained=50, passed=0).operations
    300000
    """

    what: str
    parameters: int
    trained: int
    passed: int

    @property
    def operations(self) -> int:
        return self.parameters * (6 * self.trained + 2 * self.passed)


def of_run(run: Path, parameters: int, what: str = "draws") -> Cost:
    """Of drawing a run's samples: the prompt counts once for each, as if none were shared.

    Raises UserError where tokens are not known.
    """
    tokens = 0
    with Store(run) as store:
        for sample in store.samples():
            counts = sample.prompt_tokens, sample.thinking_tokens, sample.answer_tokens
            if None in counts:
                raise UserError(
                    f"{run}: the tokens of {'/'.join(map(str, sample.key))} are unknown"
                )
            tokens += sum(counts)  # type: ignore[arg-type]
    return Cost(what, parameters, 0, tokens)


def of_rl(folder: Path, parameters: int) -> list[Cost]:
    """Of a training by `r1eval rl` of one optimiser step a rollout, from its log: rollouts drawn
    (those that replace others, too), scored by the reference where there is one, and trained on.
    """
    log = _log(folder)
    grpo = rl_record.read(folder)["recipe"]["grpo"]
    drawn = int(log[-1]["num_tokens"])
    return [
        Cost("draws rollouts", parameters, 0, drawn),
        Cost("scores by the reference", parameters, 0, drawn if grpo.get("beta") else 0),
        Cost("trains", parameters, trained_on(log) * int(grpo.get("num_iterations", 1)), 0),
    ]


def of_on_policy(folder: Path, student: int, teacher: int) -> list[Cost]:
    """Of a training on a student's own replies, from its log: replies drawn and trained on, and
    scored by the teacher; ``student`` and ``teacher`` in parameters.
    """
    log = _log(folder)
    tokens = int(log[-1]["num_tokens"])
    return [
        Cost("draws replies", student, 0, tokens),
        Cost("trains", student, tokens, 0),
        Cost("teacher scores", teacher, 0, tokens),
    ]


def of_sft(folder: Path, parameters: int) -> Cost:
    """Of a supervised training, from its log: prompts are read forward and backward as well."""
    log = _log(folder)
    return Cost("trains", parameters, int(log[-1]["num_tokens"]), 0)


def _log(folder: Path) -> list[dict[str, Any]]:
    if not (log := read_lines(folder / LOG)):
        raise UserError(f"{folder} holds no training: no {LOG}")
    return log


def trained_on(log: Iterable[Mapping[str, Any]]) -> int:
    """Tokens of rollouts, prompts included, without those that were skipped.

    >>> trained_on([{"num_tokens": 100}, {"num_tokens": 250, "skipped/tokens": 0.2}])
    220
    """
    number, before = 0.0, 0.0
    for row in log:
        number += (row["num_tokens"] - before) * (1 - (row.get("skipped/tokens") or 0))
        before = row["num_tokens"]
    return round(number)


def total(costs: Iterable[Cost]) -> int:
    return sum(cost.operations for cost in costs)
