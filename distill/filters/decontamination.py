"""Nothing that an evaluation task asks.

>>> from distill.traces import Trace
>>> def trace(question, text): return Trace([{"role": "user", "content": question}],
...     [{"role": "assistant", "content": text}])
>>> clean = Decontamination(tasks=["nano"])
>>> clean.reason(trace("446+609=?", "055")), clean.reason(trace("1+2=?", "003"))
('asks what nano asks: 446+609=?', None)
"""

from __future__ import annotations

from typing import Self

from pydantic import NonNegativeInt, PositiveInt, PrivateAttr, field_validator, model_validator

from distill.contamination import Index, evaluation_tasks, read_tasks
from distill.filters.base import Reason
from distill.filters.language import Share
from distill.traces import Trace
from tasks.errors import UserError
from tasks.schema import Strict


class Decontamination(Strict):
    """Drops a trace whose question has ``question`` words in a row of an evaluation question (8:
    s1, arXiv 2501.19393; Tülu 3, 2411.15124), or whose text has ``trace`` (13: GPT-3, 2005.14165,
    appendix C), or that asks the same as a whole, as short questions can only. 0 looks for none.
    Words are folded, signs left out. Runs of words in a task's instruction, or in more than
    ``phrases`` questions, do not count. With ``covers`` 0.5 the runs in a question have to cover
    half of it, as in Tülu 3, or to be of ``trace`` words: of 7,473 questions of GSM8K's training
    set 4 are dropped, near copies of its test's, where 8 words by themselves drop 95, most of them
    for "how much money will she have left over". ``tasks``: all of the catalogue's but those to
    train on, or these; files and ``file.py:function`` as well. Those that cannot be read are named
    in a notice; where they were asked for by name that is an error.
    """

    tasks: tuple[str, ...] = ()
    question: NonNegativeInt = 8
    trace: NonNegativeInt = 13
    phrases: PositiveInt = 3
    covers: Share = 0.0

    _index: Index = PrivateAttr()
    _asked: tuple[str, Reason | None] | None = PrivateAttr(default=None)
    _missing: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("question", "trace")
    @classmethod
    def _long_enough(cls, words: int) -> int:
        if 0 < words < 5:
            raise ValueError(f"{words} words in a row tell nothing: 0, or 5 and more")
        return words

    @model_validator(mode="after")
    def _read(self) -> Self:
        asked, missing = read_tasks(self.tasks or evaluation_tasks())
        if missing and self.tasks:
            name = next(iter(missing))
            raise UserError(f"decontamination cannot read {name}: {missing[name]}")
        self._missing.update(missing)
        sizes = {self.question, self.trace} - {0}
        self._index = Index.of(asked, sizes, self.phrases)
        return self

    def notices(self) -> list[str]:
        return [f"not decontaminated against {name}: {why}" for name, why in self._missing.items()]

    def reason(self, trace: Trace) -> Reason | None:
        question = trace.question
        if self._asked is None or self._asked[0] != question:  # those of a problem stand together
            self._asked = question, self._against(question)
        return self._asked[1] or self._words("text", self.trace, trace.text)

    def _against(self, question: str) -> Reason | None:
        if task := self._index.same(question):
            return f"asks what {task} asks: {' '.join(question.split())[:80]}"
        eight = self._words("question", self.question, question, self.covers)
        return eight or self._words("question", self.trace, question)

    def _words(self, what: str, size: int, text: str, covers: float = 0.0) -> Reason | None:
        found = self._index.find(size, text, covers) if size else None
        return f"its {what} has {size} words of {found[0]}: {found[1]}" if found else None
