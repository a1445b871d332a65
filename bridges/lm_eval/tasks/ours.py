"""What the YAML files beside this one call: our problems and our grader, within lm-eval.

lm-eval draws ``repeats`` samples of each document and hands all of them over at once, since the
filter keeps every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datasets import Dataset

from evals.load import votes
from evals.metrics import pass_at_k, reported_ks
from evals.outcomes import ProblemOutcome
from evals.votes import ballots, cons_at_k
from tasks.grading import grade_completion
from tasks.load import load_task


def every(texts: Sequence[Sequence[str]], _: Sequence[Any]) -> Sequence[Sequence[str]]:
    """The filter: all the texts of every document."""
    return texts


def problems(name: str, **_: Any) -> dict[str, Dataset]:
    """The catalogue task ``name``, as `r1eval eval` reads it; ``r1eval_id`` is its id there.

    lm-eval hands over the YAML's metadata as well, its version.
    """
    task = load_task(name)
    rows = [
        {
            "r1eval_id": problem.id,
            "question": problem.question,
            "gold": problem.gold,
            "prompt": problem.prompt
            if task.language == "nano"
            else f"{problem.prompt}\n\n{task.instruction}",
            "answer_type": task.answer_type,
        }
        for problem in task.problems
    ]
    return {"test": Dataset.from_list(rows)}


def graded(doc: Mapping[str, Any], results: Sequence[Sequence[str]]) -> dict[str, float]:
    """pass@k and cons@k of one document, for the powers of two up to n; a k that exceeds the usable
    samples is left out.
    """
    (texts,) = results
    grades = [
        grade_completion(
            gold=doc["gold"],
            completion=text,
            question=doc["question"],
            answer_type=doc["answer_type"],
            finish_reason=getattr(text, "finish_reason", None),
        )
        for text in texts
    ]
    outcome = ProblemOutcome(
        doc["r1eval_id"], tuple(grade.verdict for grade in grades), votes(grades)
    )
    n = outcome.usable
    cast = ballots(outcome)
    ks = [k for k in reported_ks(len(texts)) if k <= n]
    return {f"pass@{k}": pass_at_k(n, outcome.correct, k) for k in ks} | {
        f"cons@{k}": cons_at_k(cast, k) for k in ks
    }
