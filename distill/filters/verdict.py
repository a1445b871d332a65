"""Only traces whose answer is right.

>>> from distill.traces import Trace
>>> asked = [{"role": "user", "content": "2+2=?"}]
>>> def said(answer, **meta): return Trace(asked, [{"role": "assistant", "content": answer}], meta)
>>> Correct().reason(said("4", verdict="wrong"))
'wrong'
>>> Correct().reason(said("The answer is 5.", gold="4"))
'wrong'
>>> Correct().reason(said("4"))
'no verdict and no gold'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.grading import Verdict, extract_answer, group_equivalent
from tasks.schema import Strict

NEITHER = "no verdict and no gold"


class Correct(Strict):
    """Drops what is not ``correct``: by the verdict that is stored, be it a grader's or a judge's,
    or else by our grader where there is a gold (arXiv 2501.12948, section 2.3.3: "retain only the
    correct ones").
    """

    majority: Literal[False] = False

    def reason(self, trace: Trace) -> Reason | None:
        return _against(trace.verdict)


class Majority(Strict):
    """Does the same, but where there is neither verdict nor gold it keeps the traces whose answer
    is that of most traces of their problem. Of two answers given as often, neither is kept, and a
    majority is at least two.

    >>> votes = [(None, "4"), (None, "4.0"), (None, "5"), (None, None)]
    >>> Majority(majority=True).reasons(votes)
    [None, None, '5 is not the majority (2 of 3)', 'no answer']
    """

    counts_all: ClassVar[bool] = False

    majority: Literal[True]

    def note(self, trace: Trace) -> tuple[str | None, str | None]:
        if trace.verdict is not None:
            return trace.verdict.value, None
        answer = extract_answer(completion=trace.text, finish_reason=trace.finish_reason)
        return None, answer

    def reasons(self, notes: Sequence[tuple[str | None, str | None]]) -> list[Reason | None]:
        voters = [n for n, (verdict, answer) in enumerate(notes) if not verdict and answer]
        answers = [str(notes[n][1]) for n in voters]
        groups = dict(zip(voters, group_equivalent(answers), strict=True))
        (first, most), *others = [*Counter(groups.values()).most_common(2), (-1, 0)][:2]
        tied = bool(others) and others[0][1] == most
        reasons: list[Reason | None] = []
        for n, (verdict, answer) in enumerate(notes):
            if verdict is not None:
                reasons.append(_against(Verdict(verdict)))
            elif n not in groups:
                reasons.append("no answer")
            elif tied or most < 2:
                reasons.append("no majority")
            elif groups[n] != first:
                reasons.append(f"{_short(answer)} is not the majority ({most} of {len(voters)})")
            else:
                reasons.append(None)
        return reasons


def verdict(**args: Any) -> Correct | Majority:
    """Whichever the arguments ask for."""
    return Majority(**args) if args.get("majority") else Correct(**args)


def _against(verdict: Verdict | None) -> Reason | None:
    if verdict is None:
        return NEITHER
    return None if verdict is Verdict.CORRECT else verdict.value


def _short(answer: str | None) -> str:
    text = " ".join(str(answer).split())
    return text if len(text) <= 40 else text[:39] + "…"
