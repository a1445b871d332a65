"""Verdicts of a judge on traces where no rule applies (`tasks.grading.judge.is_open`).

The rules grade first; a judge is asked about what they leave open alone, and a trace that is
already correct, cut off or without an answer is not asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from distill.traces import Trace
from tasks.grading import Grade, Verdict, grade_completion
from tasks.grading.judge import Judge

_TOGETHER = 512  # traces, of which the open ones are put to the judge in one call


@dataclass(frozen=True)
class _Asked:
    gold: str
    question: str | None


class Review:
    """Hands traces on, with the judge's verdict where it was asked; ``asked`` and ``changed`` say
    about how many, and how many of them are now correct.
    """

    def __init__(self, judge: Judge, name: str) -> None:
        self._judge, self._name = judge, name
        self.asked = self.changed = 0

    def __call__(self, traces: Iterable[Trace]) -> Iterator[Trace]:
        rest = iter(traces)
        while some := list(islice(rest, _TOGETHER)):
            yield from self._review(some)

    def _review(self, traces: Sequence[Trace]) -> Iterator[Trace]:
        places = [n for n, trace in enumerate(traces) if _may_be_open(trace)]
        asked = [_Asked(str(traces[n].meta["gold"]), traces[n].question or None) for n in places]
        by_rules = [_grade(traces[n]) for n in places]
        told = self._judge.review(asked, by_rules)
        found = {
            n: grade
            for n, rules, grade in zip(places, by_rules, told, strict=True)
            if grade is not rules
        }
        for n, trace in enumerate(traces):
            if (grade := found.get(n)) is None:
                yield trace
                continue
            self.asked += 1
            self.changed += grade.verdict is Verdict.CORRECT
            judged = {"verdict": grade.verdict.value, "reason": grade.reason, "judge": self._name}
            yield Trace(trace.prompt, trace.completion, {**trace.meta, **judged})


def _may_be_open(trace: Trace) -> bool:
    known = trace.meta.get("verdict")
    return trace.meta.get("gold") is not None and known in (None, Verdict.WRONG, Verdict.UNSURE)


def _grade(trace: Trace) -> Grade:
    return grade_completion(
        gold=str(trace.meta["gold"]),
        completion=trace.text,
        question=trace.question or None,
        finish_reason=trace.finish_reason,
    )
