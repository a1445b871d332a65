r"""What must hold of the grader: cases with the verdict that is claimed of them.

>>> broken(Case("one third is not its approximation", r"\frac13", "0.333", correct=False))
>>> broken(Case("a false claim", "2", "3", correct=True))
"a false claim: '2' | '3': wrong, different numbers"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from benchmarks.fuzzing.answer import Answer
from benchmarks.fuzzing.dress import dressed
from benchmarks.fuzzing.kinds import random_answer
from tasks.grading import Grade, Verdict, grade_answer, grade_completion, group_equivalent
from tasks.problem import AnswerType


@dataclass(frozen=True)
class Case:
    """Two texts and what is claimed of them: correct, not correct, or only that they are graded."""

    rule: str
    gold: str
    text: str
    correct: bool | None = None
    completion: bool = False
    """Whether the text is a whole completion instead of a bare answer."""
    question: str | None = None
    finish_reason: str | None = None
    answer_type: AnswerType = "math"


def grade(case: Case) -> Grade:
    if not case.completion:
        return grade_answer(gold=case.gold, answer=case.text, question=case.question)
    return grade_completion(
        gold=case.gold,
        completion=case.text,
        question=case.question,
        finish_reason=case.finish_reason,
        answer_type=case.answer_type,
    )


def holds(case: Case, graded: Grade) -> bool:
    return case.correct is None or case.correct == (graded.verdict is Verdict.CORRECT)


def broken(case: Case) -> str | None:
    """What the grader said against the claim, or ``None``."""
    graded = grade(case)
    if holds(case, graded):
        return None
    return f"{case.rule}: {case.gold!r} | {case.text!r}: {graded.verdict}, {graded.reason}"


def itself(answer: Answer, rng: Random) -> Iterator[Case]:
    """An answer is its own gold, whatever surrounds it."""
    yield Case("itself", answer.text, answer.text, True)
    yield Case("itself, dressed", answer.text, dressed(answer.text, rng), True)


def equal(answer: Answer, rng: Random) -> Iterator[Case]:
    """Another spelling of the value is correct, also in other dress."""
    for text in answer.equals:
        yield Case("equal", answer.text, text, True)
        yield Case("equal, dressed", answer.text, dressed(text, rng), True)


def different(answer: Answer, rng: Random) -> Iterator[Case]:
    """Another value is not correct, and no dress makes it so."""
    for text in answer.others:
        yield Case("different", answer.text, text, False)
        yield Case("different, dressed", answer.text, dressed(text, rng), False)


def exchanged(answer: Answer, rng: Random) -> Iterator[Case]:
    """Gold and answer may change places where no rule makes a difference between them."""
    if answer.two_way:
        for text in answer.equals:
            yield Case("equal, exchanged", text, answer.text, True)
        for text in answer.others:
            yield Case("different, exchanged", text, answer.text, False)


def misread_digit(answer: Answer, rng: Random) -> Iterator[Case]:
    """One digit changed is another value, but where it may cancel out: ``1^2`` is ``1^3``."""
    digits = [match.start() for match in re.finditer(r"\d", answer.text)]
    if digits and answer.kind not in ("expression", "constant", "identity"):
        at = rng.choice(digits)
        digit = rng.choice([d for d in "123456789" if d != answer.text[at]])
        text = answer.text[:at] + digit + answer.text[at + 1 :]
        yield Case("one digit changed", answer.text, text, False)


def crowded(answer: Answer, rng: Random) -> Iterator[Case]:
    """Naming the answer and another one beside it is not correct."""
    another = "J" if answer.kind == "choice" else rng.choice(["77", r"\sqrt{77}", "q^7"])
    link = rng.choice([", ", r" \text{ or } ", r" \text{ and } ", " or "])
    if answer.kind != "family":
        yield Case("with another beside it", answer.text, f"{answer.text}{link}{another}", False)


def of_another_kind(answer: Answer, rng: Random) -> Iterator[Case]:
    """An answer of another kind is not correct: a tuple for a set, an equation for a number."""
    other = random_answer(rng)
    families = {_FAMILY.get(answer.kind), _FAMILY.get(other.kind)}
    if len(families) == 2 and None not in families and families != {"interval", "tuple"}:
        yield Case("of another kind", answer.text, other.text, False)


_FAMILY = {
    kind: family
    for family, kinds in {
        "number": (
            "integer, number word, decimal, rational, repeating, percent, scientific, surd, power, "
            "complex, numeral, quantity, degrees, money, named value, constant"
        ),
        "tuple": "tuple",
        "several": "set, list, pairs, roots, plus-minus",
        "interval": "interval, union, outside, inequality",
        "matrix": "matrix",
        "equation": "equation, circle",
        "family": "family",
        "words": "word",
        "choice": "choice",
        "time": "time of day",
    }.items()
    for kind in kinds.split(", ")
}


def completed(answer: Answer, rng: Random) -> Iterator[Case]:
    """A completion that states an answer gets the verdict of that answer."""
    stated = rng.choice(
        [
            "So $2+2=4$, and the answer is $\\boxed{%s}$.",
            "<think>Is it \\boxed{12345}? No.</think>\n\nThe answer is \\boxed{%s}.",
            "<|begin_of_thought|>Hm.<|end_of_thought|>\n\\[ \\boxed{%s} \\]",
            "<think>7</think><answer>%s</answer>",
            "First 3, then 4.\n#### %s",
        ]
    )
    finish_reason = rng.choice(["stop", "length", None])
    for correct, texts in ((True, answer.equals), (False, answer.others)):
        if texts:
            text = stated.replace("%s", rng.choice(texts))
            rule = f"{'equal' if correct else 'different'} in a completion"
            yield Case(rule, answer.text, text, correct, True, finish_reason=finish_reason)


PROPERTIES: tuple[Callable[[Answer, Random], Iterator[Case]], ...] = (
    itself,
    equal,
    different,
    exchanged,
    misread_digit,
    crowded,
    of_another_kind,
    completed,
)


def misgrouped(answer: Answer) -> list[tuple[str, str]]:
    """Pairs that ``group_equivalent`` groups otherwise than grading says, where that is two-way."""
    pairs = [(answer.text, text) for text in (*answer.equals, *answer.others) if answer.two_way]
    return [
        (gold, text)
        for gold, text in pairs
        if (group_equivalent([gold, text]) == [0, 0])
        != (grade_answer(gold=gold, answer=text).verdict is Verdict.CORRECT)
    ]
