r"""From a whole completion to a verdict: split off the thought, extract, compare.

>>> grade_completion(gold="73", completion=r"<think>...</think>It is \boxed{73}.").verdict
<Verdict.CORRECT: 'correct'>
>>> grade_completion(gold="73", completion=r"<think>It is \boxed{73}, or is it").verdict
<Verdict.TRUNCATED: 'truncated'>
"""

from __future__ import annotations

from typing import Literal

from tasks.grading.boxes import last_boxed
from tasks.grading.choice import chosen
from tasks.grading.compare import grade_answer
from tasks.grading.extract import Stated, extract, extract_explicit
from tasks.grading.verdict import Grade, Verdict
from tasks.problem import AnswerType
from tasks.thinking import split_thought


def grade_completion(
    *,
    gold: str,
    completion: str,
    question: str | None = None,
    finish_reason: str | None = None,
    thought: Literal["auto", "prefilled"] = "auto",
    answer_type: AnswerType = "math",
) -> Grade:
    """Grade a completion as the engine returned it.

    ``finish_reason`` is ``"stop"``, ``"length"`` or ``None`` (not known). ``thought="prefilled"``
    says that the prompt already opened the thought. A box in an unfinished thought does not count.
    """
    split = split_thought(completion, prefilled=thought == "prefilled")
    if split.opened and not split.closed:
        return Grade(Verdict.TRUNCATED, None, "the thought was not finished")
    cut = finish_reason == "length"
    finished = finish_reason == "stop" or split.closed
    if answer_type == "choice":
        letter = chosen(split.answer) if not cut or last_boxed(split.answer) else None
        stated = Stated(letter, "choice") if letter else None
    else:
        explicit = extract_explicit(split.answer)
        stated = explicit if cut else explicit or extract(split.answer, finished=finished)
    if stated is None:
        if cut:
            return Grade(Verdict.TRUNCATED, None, "cut off before an answer")
        return Grade(Verdict.NO_ANSWER, None, "no answer stated")
    return grade_answer(gold=gold, answer=stated.answer, question=question)
