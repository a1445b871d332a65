"""What a run says about the cells of a paper's table: its figures, and how they were come by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evals.results import read_results
from runs import record
from runs.store import Store
from tasks.fingerprint import fingerprint, known_copies
from tasks.schema import task_names

_WIDTH = 2 * 1.959963984540054  # of a 95 % interval, in standard deviations


@dataclass(frozen=True)
class Share:
    """A figure as a fraction of 1; ``variance`` over new samples of the same problems, ``None``
    where a run cannot tell it.
    """

    value: float
    variance: float | None


@dataclass(frozen=True)
class Measured:
    """A task of a run. ``other_texts``: of its problems, how many have another text than the known
    copy; ``truncated`` and ``silent``: the shares of its samples that were cut off before an
    answer, and that hold no thought; ``unusable``: how many were left out.
    """

    source: str
    model: str
    task: str
    template: str
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    samples: int
    problems: int
    other_texts: int
    truncated: float
    unusable: int
    silent: float
    metrics: Mapping[str, Share]


def read_measured(run: Path) -> list[Measured]:
    """Every task of a run. Raises UserError when the folder is not a run with results."""
    protocol = record.read(run).protocol
    found = []
    for task in read_results(run)["tasks"]:
        outcomes = task["outcomes"]
        usable = sum(outcomes[of] for of in ("correct", "wrong", "no_answer", "truncated"))
        other, silent = _looked_through(run, task["task"])
        found.append(
            Measured(
                source=str(run),
                model=task["model"],
                task=task["task"],
                template=str(protocol["template"]),
                temperature=protocol["temperature"],
                top_p=protocol["top_p"],
                max_tokens=protocol["max_tokens"][task["task"]],
                samples=task["samples_per_problem"],
                problems=task["problems"],
                other_texts=other,
                truncated=outcomes["truncated"] / max(usable, 1),
                unusable=outcomes["unsure"] + outcomes["missing"],
                silent=silent,
                metrics={
                    name: Share(of["value"], _variance(of["ci95_seeds"]))
                    for name, of in task["metrics"].items()
                    if of["value"] is not None
                },
            )
        )
    return found


def _variance(interval: tuple[float, float] | None) -> float | None:
    return None if interval is None else ((interval[1] - interval[0]) / _WIDTH) ** 2


def _looked_through(run: Path, task: str) -> tuple[int, float]:
    """How many problems have another text than the known copy's; the share of samples that hold no
    thought.
    """
    copies = known_copies(task) if task in task_names() else []
    texts = set(copies[0].hashes.values()) if copies else set()
    with Store(run) as store:
        asked = [one.question for one in store.problems() if one.task == task]
        thoughts = [one.thinking_tokens for one in store.samples() if one.task == task]
    other = sum(fingerprint(question) not in texts for question in asked) if texts else 0
    return other, thoughts.count(0) / max(len(thoughts), 1)
