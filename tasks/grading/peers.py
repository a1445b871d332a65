r"""Other people's graders as they come, to hold beside ours. Both read the thought as well.

>>> by_string(gold=r"\frac{1}{2}", completion=r"It is \boxed{1/2}.").verdict
<Verdict.CORRECT: 'correct'>
>>> by_string(gold="73", completion=r"It is \boxed{073}.")
Grade(verdict=<Verdict.WRONG: 'wrong'>, extracted='073', reason='different strings to lm-eval')
>>> by_math_verify(gold="73", completion=r"It is \boxed{073}.").verdict
<Verdict.CORRECT: 'correct'>
"""

from __future__ import annotations

from pathlib import Path

from tasks.grading.pool import Limits, Pool, Undecided
from tasks.grading.verdict import Grade, Verdict

_math_verify = Pool(Path(__file__).with_name("math_verify_worker.py"), Limits(cpu_seconds=10))


def by_math_verify(*, gold: str, completion: str) -> Grade:
    """math-verify as its users call it: ``verify(parse(gold in a box), parse(completion))``.

    ``unsure`` where it cannot read the gold answer, or takes more than 10 s of processor time or
    1 GB of memory.
    """
    try:
        verdict, extracted, reason = _math_verify.ask(gold, completion)
    except Undecided as error:
        return Grade(Verdict.UNSURE, None, f"math-verify: {error}")
    return Grade(Verdict(verdict), extracted, reason)


def by_string(*, gold: str, completion: str, otherwise: str | None = None) -> Grade:
    """lm-eval's comparison of strings (its aime and hendrycks_math tasks) on the last box.

    Without a box that lm-eval can read, the answer ``otherwise`` is compared.
    """
    from lm_eval.tasks.aime.utils import is_equiv

    boxed = _last_box(completion)
    answer = otherwise if boxed is None else boxed
    if answer is None:
        return Grade(Verdict.NO_ANSWER, None, "no box, and no answer stated")
    if is_equiv(answer, gold):
        return Grade(Verdict.CORRECT, answer, "the same string to lm-eval")
    return Grade(Verdict.WRONG, answer, "different strings to lm-eval")


def _last_box(text: str) -> str | None:
    r"""The content of the last box by lm-eval's rules.

    >>> _last_box(r"\boxed{1}, no, \boxed{\frac{1}{2}}."), _last_box("none"), _last_box(r"\fbox{1}")
    ('\\frac{1}{2}', None, None)
    """
    from lm_eval.tasks.aime.utils import last_boxed_only_string, remove_boxed

    boxed = last_boxed_only_string(text)
    try:
        return None if boxed is None else str(remove_boxed(boxed))
    except (AssertionError, IndexError):  # it asserts the form that it knows
        return None
