"""A completion of a rollout with its verdict: what rewards are computed from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from sampling.engine import FinishReason
from tasks.grading import Grade, Verdict, grade_completion
from tasks.language import mixes
from tasks.problem import AnswerType
from tasks.reflection import reflections
from tasks.repetition import repetition
from tasks.thinking import Split, split_thought


@dataclass(frozen=True)
class Asked:
    """A problem as it is put to the policy: ``prompt`` is the rendered text, tags and all.
    ``prefilled``: it already opens the thought. ``answer_tags``: the answer is to stand in
    ``<answer>`` tags. ``language``: what the thought is to be written in.
    """

    problem_id: str
    question: str
    gold: str
    answer_type: AnswerType
    prompt: str
    prompt_ids: tuple[int, ...]
    prefilled: bool
    answer_tags: bool
    language: str


@dataclass(frozen=True)
class GradedSample:
    """``text`` is the completion, special tokens but the end included; ``tokens`` how many it took,
    the end of the sequence among them.
    """

    asked: Asked
    text: str
    finish_reason: FinishReason
    tokens: int
    grade: Grade

    @property
    def split(self) -> Split:
        return split_thought(self.text, prefilled=self.asked.prefilled)


def grade_samples(
    asked: Sequence[Asked],
    texts: Sequence[str],
    finish_reasons: Sequence[FinishReason],
    tokens: Sequence[int],
) -> list[GradedSample]:
    """By the grader that evaluates: training never optimises what evaluation does not measure."""

    def graded(one: Asked, text: str, finish_reason: str, count: int) -> GradedSample:
        reason = cast(FinishReason, finish_reason)
        grade = grade_completion(
            gold=one.gold,
            completion=text,
            question=one.question,
            finish_reason=reason,
            thought="prefilled" if one.prefilled else "auto",
            answer_type=one.answer_type,
        )
        return GradedSample(one, text, reason, count, grade)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # symbolic grading waits on processes
        return list(pool.map(graded, asked, texts, finish_reasons, tokens))


def measure(samples: Sequence[GradedSample]) -> dict[str, float]:
    """What a batch of samples is worth, whatever is rewarded: shares of all samples, but
    ``accuracy``, which leaves out those that the grader could not decide, and ``mixes``, which is
    of thoughts. ``reflections``: words of reflection a sample.
    """
    thoughts = [sample for sample in samples if sample.split.opened]
    verdicts = [sample.grade.verdict for sample in samples]
    number = len(samples)
    decided = number - verdicts.count(Verdict.UNSURE)
    correct = verdicts.count(Verdict.CORRECT)
    unsure = sum(bool(s.asked.gold) and s.grade.verdict is Verdict.UNSURE for s in samples)
    return {
        "accuracy": correct / decided if decided else float("nan"),
        "truncated": verdicts.count(Verdict.TRUNCATED) / number,
        "no_answer": verdicts.count(Verdict.NO_ANSWER) / number,
        "unsure": unsure / number,
        "thinks": len(thoughts) / number,
        "mixes": sum(mixes(s.split.thought, s.asked.language) for s in thoughts)
        / max(len(thoughts), 1),
        "reflections": sum(reflections(s.split.thought) for s in thoughts) / number,
        "repetition": sum(repetition(s.text) for s in samples) / number,
    }
