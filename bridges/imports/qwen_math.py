"""The form that Qwen2.5-Math's evaluation writes, and SkyThought's and others' that grew from it: a
problem a line, its completions in ``code``, their extracted answers in ``pred`` and verdicts in
``score``::

    {"idx": 0, "question": "…", "answer": "204", "gt": "204", "code": ["…"], "pred": ["36"],
     "score": [false]}

``gt`` is the gold as that grader rewrote it, which damaged some; ``answer``, where it is there, is
the data set's own, and is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridges.imports.completion import Completion, as_text, verdict_of
from tasks.errors import UserError
from tasks.sources import Row


def read(rows: Iterable[Row]) -> Iterator[Completion]:
    """Raises UserError on a row of another form."""
    for row in rows:
        columns = row.columns
        if lacking := [name for name in ("question", "code", "gt") if name not in columns]:
            raise UserError(f"{row.place} is not of the form qwen-math: it has no {lacking[0]!r}")
        texts = columns["code"]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise UserError(f"{row.place}: 'code' must be a list of completions")
        scores, answers = (columns.get(name) or [None] * len(texts) for name in ("score", "pred"))
        if not len(texts) == len(scores) == len(answers):
            raise UserError(f"{row.place}: 'code', 'score' and 'pred' are not of one length")
        gold = columns["gt"] if columns.get("answer") is None else columns["answer"]
        for index, text in enumerate(texts):
            yield Completion(
                place=row.place,
                text=text,
                problem_id=as_text(columns.get("idx")),
                question=columns["question"],
                gold=as_text(gold),
                index=index,
                published=verdict_of(scores[index], row.place),
                answer=as_text(answers[index]) or None,
            )
