r"""From a whole completion to a verdict: split off the thought, extract, compare.

>>> grade_completion(gold="73", completion=r"<think>...</think>It is \boxed{73}.").verdict
<Verdict.CORRECT: 'correct'>
>>> grade_completion(gold="73", completion=r"<think>It is \boxed{73}, or is it").verdict
<Verdict.TRUNCATED: 'truncated'>
"""

from __future__ import annotations

from typing import Literal

from tasks.grading.boxes import is_left_open
from tasks.grading.choice import boxed_letter, chosen
from tasks.grading.compare import NO_GOLD, grade_answer
from tasks.grading.extract import extract, extract_earlier, extract_explicit
from tasks.grading.given import FINISH_REASONS, THOUGHTS, as_text, check_name
from tasks.grading.verdict import Grade, Verdict
from tasks.grading.words import only_letter
from tasks.problem import ANSWER_TYPES, AnswerType
from tasks.thinking import split_thought
from tasks.turns import turns

Thought = Literal["auto", "prefilled"]
"""``"prefilled"`` says that the prompt already opened the thought."""


def grade_completion(
    *,
    gold: str | float,
    completion: str | float,
    question: str | None = None,
    finish_reason: str | None = None,
    thought: Thought = "auto",
    answer_type: AnswerType | None = None,
) -> Grade:
    """Grade a completion as the engine returned it.

    ``finish_reason`` is ``"stop"``, ``"length"`` or ``None`` (not known). Without an
    ``answer_type`` a gold that is a letter and nothing else is a choice. A number counts as its
    text. Raises TypeError on any other thing that is no text, ValueError on an unknown name.

    >>> grade_completion(gold="B", completion="It is not A, so the answer is B: it floats.").verdict
    <Verdict.CORRECT: 'correct'>
    """
    gold, completion = as_text("gold", gold), as_text("completion", completion)
    answer_type = answer_type or ("choice" if only_letter(gold) is not None else "math")
    answer = extract_answer(
        completion=completion,
        finish_reason=finish_reason,
        thought=thought,
        answer_type=answer_type,
    )
    if not gold.strip():
        return NO_GOLD
    if answer is not None:
        return grade_answer(gold=gold, answer=answer, question=question)
    split = split_thought(completion, prefilled=thought == "prefilled")
    unfinished = split.opened and not split.closed
    if finish_reason == "length" or (unfinished and finish_reason != "stop"):
        why = "the thought was not finished" if unfinished else "cut off before an answer"
        return Grade(Verdict.TRUNCATED, None, why)
    why = "the thought was not closed" if unfinished else "no answer stated"
    return Grade(Verdict.NO_ANSWER, None, why)


def extract_answer(
    *,
    completion: str | float,
    finish_reason: str | None = None,
    thought: Thought = "auto",
    answer_type: AnswerType = "math",
) -> str | None:
    r"""The answer that a completion states: what ``grade_completion`` compares with the gold.

    A box in an unfinished thought does not count, and in a text that was cut off nothing else does.

    >>> extract_answer(completion=r"<think>Is it 7?</think>It is \boxed{073}.")
    '073'
    >>> extract_answer(completion="So the answer is 73.", finish_reason="length") is None
    True
    """
    completion = as_text("completion", completion)
    check_name("finish_reason", finish_reason, FINISH_REASONS)
    check_name("thought", thought, THOUGHTS)
    check_name("answer_type", answer_type, ANSWER_TYPES)
    split = split_thought(completion, prefilled=thought == "prefilled")
    cut = finish_reason == "length"
    finished = finish_reason == "stop" or split.closed
    *earlier, last = turns(split.answer)
    if answer_type == "choice":
        for turn in earlier:
            letter = chosen(turn, finished=True)
            if letter is not None:
                return letter
        return boxed_letter(last) if cut else chosen(last, finished=finished)
    for turn in earlier:
        stated = extract_earlier(turn)
        if stated is not None:
            return stated.answer
    stated = extract_explicit(last) if cut else extract(last, finished=finished)
    if stated is None or is_left_open(stated.answer):
        return None
    return stated.answer
