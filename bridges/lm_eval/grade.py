"""A sample's verdict by the metric of an lm-eval task.

One completion goes the way it goes there with ``repeats: 1``: cut at the stop strings, through the
filter, into ``process_results``. Of several filters and metrics the first that the task names
counts, unless its name says otherwise (``lm-eval:gsm8k@flexible-extract``).

- 1 is correct (0 where lower is better), anything else wrong: a metric between 0 and 1, like ROUGE,
  is told in the reason.
- A metric of a whole set (BLEU) is taken of the one sample, told in the reason, and correct only at
  its best; where it cannot be, the sample is ``unsure``, which leaves the denominator.
- What is not correct and was cut off is ``truncated``; what a filter found nothing in is
  ``no_answer``.
- A thought is not graded: what lm-eval does when its model is told ``think_end_token``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from threading import Lock
from typing import Any

from bridges.lm_eval.drawn import Drawn
from bridges.lm_eval.load import find, is_ours, parts, stop_strings
from runs.grade import Grader, ours
from runs.stops import before_stop
from runs.stored import Sample, StoredProblem
from tasks.errors import UserError
from tasks.grading import Grade, Verdict

NAME = "lm-eval"
_INVALID = "[invalid]"
_IN_PERCENT = {"bleu", "chrf"}  # as sacrebleu gives them
_LOCK = Lock()  # their metrics keep state in modules


@dataclass(frozen=True)
class Scorer:
    """One filter and one metric of an lm-eval task."""

    task: Any
    filter: Any
    metric: str | None

    @classmethod
    def of(cls, name: str, include_path: str | None = None) -> Scorer:
        """Raises UserError on a filter or a metric that the task does not have."""
        task = find(name, include_path)
        _, chosen, metric = parts(name)
        filters = {one.name: one for one in task._filters}
        if chosen is not None and chosen not in filters:
            raise UserError(f"{name}: no such filter; it has {', '.join(filters)}")
        metrics = list(task.aggregation())
        if metric is not None and metric not in metrics:
            raise UserError(f"{name}: no such metric; it has {', '.join(metrics)}")
        named = metric or (metrics[0] if metrics else None)
        return cls(task, filters[chosen or next(iter(filters))], named)

    def scores(self, doc: Mapping[str, Any], text: str) -> tuple[Any, dict[str, Any]]:
        """What the filter leaves of an answer, and every metric's value."""
        from lm_eval.api.instance import Instance

        instance = Instance("generate_until", dict(doc), ("", {}), 0, resps=[text])
        with _LOCK:
            self.filter.apply([instance])
            filtered = instance.filtered_resps[self.filter.name]
            return filtered, dict(self.task.process_results(doc, [filtered]))

    def grade(self, doc: Mapping[str, Any], sample: Sample, prefilled: bool) -> Grade:
        """The verdict on one sample."""
        shown = before_stop(sample.text, stop_strings(self.task), prefilled)
        text = Drawn(shown, sample.finish_reason)
        try:
            filtered, scores = self.scores(doc, text)
        except Exception as error:  # their code may raise anything on text from a model
            return Grade(Verdict.UNSURE, None, f"lm-eval: {type(error).__name__}: {error}")
        metric = self.metric if self.metric in scores else next(iter(scores), "nothing")
        value: Any = scores.get(metric)
        answer = filtered if isinstance(filtered, str) and filtered != _INVALID else None
        try:
            score = value if _is_number(value) else self.task.aggregation()[metric]([value])
            score = float(score)
        except Exception as error:  # what a metric of a whole set makes of one sample
            why = f"{metric} is no score of one sample: {type(error).__name__}: {error}"
            return Grade(Verdict.UNSURE, answer, why)
        better = self.task.higher_is_better().get(metric, True)
        reason = f"{self.filter.name}, {metric} {score:g}"
        best = 100 if metric in _IN_PERCENT else 1
        if isclose(score, best if better else 0, abs_tol=1e-9):
            return Grade(Verdict.CORRECT, answer, reason)
        if sample.finish_reason == "length":
            return Grade(Verdict.TRUNCATED, None, f"{reason}; cut off")
        if filtered == _INVALID or not text.strip():
            return Grade(Verdict.NO_ANSWER, None, f"{reason}; the filter found nothing")
        return Grade(Verdict.WRONG, answer, reason)


def _is_number(value: Any) -> bool:
    """Also of numpy.

    >>> [_is_number(value) for value in (True, 0.5, ("reference", "prediction"), "1", None)]
    [True, True, False, False, False]
    """
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, str)


def graders(names: list[str], include_path: str | None = None) -> dict[str, Grader]:
    """The grader ``lm-eval``: each of lm-eval's tasks by its own metric, the others by ours.

    Nothing where no task is lm-eval's.
    """
    scorers = {name: Scorer.of(name, include_path) for name in names if is_ours(name)}
    if not scorers:
        return {}
    docs = {name: list(scorer.task.eval_docs) for name, scorer in scorers.items()}

    def grade(problem: StoredProblem, sample: Sample) -> Grade:
        scorer = scorers.get(problem.task)
        if scorer is None:
            return ours(problem, sample)
        doc = docs[problem.task][int(problem.problem_id)]
        return scorer.grade(doc, sample, problem.thought_prefilled)

    return {NAME: grade}
