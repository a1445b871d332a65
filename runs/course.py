"""A sample's way through the model: its thought, its answer, and its forced answers at budgets.

A course is a generator: it yields the request that comes next and is sent the completion. Each
request begins like the one before it, so an engine that goes on from its own cache reads nothing
twice::

    thought  <think> … up to the largest budget
    answer                                    … if the thought has ended by then
    forced   <think> … largest budget that it exceeds </think> cue  ->  answer
    forced   <think> … next smaller budget </think> cue  ->  answer
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from runs.forcing import Forcing
from runs.seeds import sample_seed
from runs.trajectory import Ids, Reader, at_budget
from sampling.engine import Completion, Engine, FinishReason, ModelError, Request

Course = Generator[Request, Completion, None]


@dataclass(frozen=True)
class Forced:
    """A forced answer: what the model wrote after the thought's first ``budget`` tokens and
    ``closing``.
    """

    mode: str
    budget: int
    closing: Ids
    completion: Completion


@dataclass(frozen=True)
class Extended:
    """A trajectory that was told to wait so many times, and went on."""

    waits: int
    ids: Ids
    finish_reason: FinishReason


@dataclass(frozen=True)
class Guide:
    """What the courses of a task's samples have in common.

    ``max_tokens`` bounds a sample, ``max_thinking`` a thought, after which an answer may follow
    (``None``: as many as ``max_tokens``).
    """

    engine: Engine
    max_tokens: int
    max_thinking: int | None
    forcing: Forcing | None

    def whole(
        self,
        request: Request,
        reader: Reader,
        keep: Callable[[Completion], None],
        keep_more: Callable[[Extended | Forced], None],
    ) -> Course:
        """A sample from its first token, then what its budgets ask for."""
        completion = yield from self._trajectory(request, reader)
        keep(completion)
        if self.forcing is not None and self.forcing.asks:
            ids = _ids(completion)
            yield from self.more(request, reader, ids, completion.finish_reason, keep_more)

    def more(
        self,
        request: Request,
        reader: Reader,
        ids: Ids,
        finish_reason: FinishReason,
        keep: Callable[[Extended | Forced], None],
    ) -> Course:
        """What the budgets ask for, of a sample that is there."""
        forcing = self.forcing
        assert forcing is not None
        if forcing.mode == "extend":
            extended = yield from self._extend(request, reader, ids, finish_reason)
            ids, finish_reason = extended.ids, extended.finish_reason
            keep(extended)
        for budget in reversed(forcing.budgets):
            ended = finish_reason == "stop"
            if at_budget(ids, ended, budget, 0, reader) is not None:
                continue
            tag = reader.closing_tag(ids[:budget], self.engine.render(request.prompt))
            closing = self.engine.encode(forcing.closing(tag))
            completion = yield replace(
                request,
                seed=sample_seed(request.seed, forcing.mode, budget),
                given=ids[:budget] + closing,
                max_tokens=forcing.forced_tokens,
                until=forcing.until,
            )
            keep(Forced(forcing.mode, budget, closing, completion))

    def _trajectory(
        self, request: Request, reader: Reader, before: int = 0
    ) -> Generator[Request, Completion, Completion]:
        """Thought and answer. ``before``: how many tokens of the sample the request gives."""
        thinking = (self.max_thinking or self.max_tokens) - before
        answer = self.max_tokens - before - thinking
        completion = yield replace(request, max_tokens=thinking)
        if completion.finish_reason == "stop" or not answer:
            return completion
        ids = _ids(completion)
        if reader.thinking(request.given + ids):
            return completion
        rest = yield replace(
            request,
            given=request.given + ids,
            drawn=request.drawn + len(ids),
            max_tokens=answer,
        )
        return _joined(self.engine, completion, rest)

    def _extend(
        self, request: Request, reader: Reader, ids: Ids, finish_reason: FinishReason
    ) -> Generator[Request, Completion, Extended]:
        forcing = self.forcing
        assert forcing is not None
        largest = self.max_thinking or self.max_tokens
        wait = self.engine.encode(forcing.wait)
        waits = 0
        while waits < forcing.waits:
            ended = finish_reason == "stop"
            if not ended and reader.thinking(ids):
                break  # it fills the largest budget
            thought = reader.thought(ids, ended)
            if thought is None or len(thought) + len(wait) >= largest:
                break
            waits += 1
            given = thought + wait
            onwards = replace(
                request, seed=sample_seed(request.seed, forcing.wait, waits), given=given
            )
            completion = yield from self._trajectory(onwards, reader, before=len(given))
            ids, finish_reason = given + _ids(completion), completion.finish_reason
        return Extended(waits, ids, finish_reason)


def _joined(engine: Engine, first: Completion, rest: Completion) -> Completion:
    ids = _ids(first) + _ids(rest)
    return replace(rest, text=engine.decode(ids), token_ids=ids, completion_tokens=len(ids))


def _ids(completion: Completion) -> Ids:
    if completion.token_ids is None:
        raise ModelError("this engine tells no token ids: budgets cannot be kept")
    return completion.token_ids
