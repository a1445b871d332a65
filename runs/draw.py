"""Drawing what one task of a run lacks, group by group.

Work goes in closed groups: requests in the order of problem and index, cut every ``group_size``.
What shares a batch changes floating-point sums, so a group that was cut off is generated again
whole, and gives the same text; its finished samples are kept as they were committed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Protocol as Interface
from typing import cast

from runs.budgeted import forced_length
from runs.course import Course, Extended, Forced, Guide
from runs.forcing import Forcing
from runs.prepare import Prepared, PreparedTask
from runs.record import RunRecord
from runs.store import Store, now
from runs.stored import Sample, SampleKey, StoredExtended, StoredForced
from runs.tokens import count_thinking
from runs.trajectory import Reader
from sampling.engine import (
    Completion,
    Engine,
    FinishReason,
    ModelError,
    OnTokens,
    OutOfMemory,
    Request,
    Sampling,
    Unanswered,
)
from tasks.errors import UserError


class Watcher(Interface):
    """Is told how a run goes on."""

    def begin(self, samples: int, kept: int) -> None: ...

    def tokens(self, count: int) -> None: ...

    def sample(self) -> None: ...

    def notice(self, text: str) -> None: ...


def groups(requests: Sequence[Request], size: int) -> Iterator[list[Request]]:
    """The closed groups; 0 is no size, and all are one group.

    >>> list(groups([1, 2, 3, 4, 5], 2)), list(groups([1, 2, 3], 0)), list(groups([], 0))
    ([[1, 2], [3, 4], [5]], [[1, 2, 3]], [])
    """
    size = size or max(1, len(requests))
    for start in range(0, len(requests), size):
        yield list(requests[start : start + size])


def indices(asked: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, int]]:
    """(problem id, index) of every sample of so many even and so many odd indices.

    >>> list(indices({"p": [3, 1]}))
    [('p', 0), ('p', 1), ('p', 2), ('p', 4)]
    """
    for problem, (even, odd) in asked.items():
        both = [*range(0, 2 * even, 2), *range(1, 2 * odd, 2)]
        yield from ((problem, index) for index in sorted(both))


class TaskSampler:
    """Draws one task's missing samples, and what budgets ask of them."""

    def __init__(
        self,
        prepared: Prepared,
        task: PreparedTask,
        forcing: Forcing | None,
        store: Store,
        record: RunRecord,
        watcher: Watcher,
    ) -> None:
        self._engine = prepared.engine
        self._protocol = prepared.protocol
        self._out = prepared.settings.out
        self._task = task
        self._forcing = forcing
        self._store = store
        self._record = record
        self._watcher = watcher
        self._asked = {a.problem.id: a for a in task.asked}
        self._guide = Guide(
            prepared.engine,
            task.max_tokens,
            self._max_thinking(prepared),
            forcing,
        )
        self._added: list[SampleKey] = []
        self._answered: list[SampleKey] = []
        self._changed = 0

    def draw(self, kept: set[SampleKey]) -> None:
        """Everything that is not ``kept``, from the first token."""
        name = self._task.task.name
        for asked in self._task.too_long:
            reason = "the prompt is too long for the context"
            for index in range(self._protocol.samples):
                self._store.add_missing(name, asked.problem.id, index, reason)
        for label, begun, group in self._groups("", kept, self._requests()):
            self._draw_group(label, begun, group, self._whole)
        if self._changed:
            self._watcher.notice(
                f"{name}: {self._changed} samples came out otherwise than before the interruption "
                "(another machine or another version?); those committed first were kept"
            )

    def draw_rounds(self, kept: set[SampleKey]) -> None:
        """What each round asked beyond the one before it."""
        name = self._task.task.name
        before = {_key(request) for request in self._requests()}
        for number, of_round in enumerate(self._record.rounds, start=1):
            if name not in of_round:
                continue
            asked = [key for key in indices(of_round[name]["asked"]) if key not in before]
            before |= set(asked)
            requests = [self._task.request(*key, self._protocol.seed) for key in asked]
            kind = f"round{number}:"
            for label, begun, group in self._groups(kind, kept, requests):
                self._draw_group(label, begun, group, self._whole)

    def draw_budgets(self, done: set[SampleKey]) -> None:
        """What budgets ask of the samples that are there, but for those that are ``done``."""
        assert self._forcing is not None
        name = self._task.task.name

        def more(request: Request) -> Course | None:
            sample = self._store.sample((name, *_key(request)))
            return None if sample is None else self._more(request, sample)

        absent = {(name, *_key(r)) for r in self._requests()} - self._store.keys()
        kind = f"{self._forcing.mode}:"
        for label, begun, group in self._groups(kind, done, self._requests(), absent):
            self._draw_group(label, begun, group, more)

    def _max_thinking(self, prepared: Prepared) -> int | None:
        """Where thoughts end; an engine that cannot go on from ids draws thought and answer as one,
        and a thought that is longer is found out by its count.
        """
        facts = prepared.engine.facts
        if not (facts.tells_ids and facts.begins_replies):
            return None
        return self._forcing.budgets[-1] if self._forcing else prepared.protocol.max_thinking

    def _requests(self) -> list[Request]:
        """Problem by problem. Without groups every problem's first sample comes first: what stops
        early (at a cost limit) then has asked each about as often.
        """
        requests = self._task.requests(self._protocol.samples, self._protocol.seed)
        if not self._protocol.group_size:
            requests.sort(key=lambda request: _key(request)[1])
        return requests

    def _groups(
        self,
        kind: str,
        kept: set[SampleKey],
        requests: Sequence[Request],
        absent: Collection[SampleKey] = (),
    ) -> Iterator[tuple[str, bool, list[Request]]]:
        """The groups that lack something else than what is ``absent``: label, whether they were
        begun before, requests.
        """
        name = self._task.task.name
        for number, group in enumerate(groups(requests, self._protocol.group_size)):
            there = [r for r in group if (name, *_key(r)) not in absent]
            lacking = [r for r in there if (name, *_key(r)) not in kept]
            if lacking:
                closed = self._engine.facts.closed_groups
                begun = len(lacking) < len(there)
                yield f"{kind}{name}:{number}", begun, group if closed else lacking

    def _draw_group(
        self,
        label: str,
        begun: bool,
        group: list[Request],
        course: Callable[[Request], Course | None],
    ) -> None:
        rows = self._record.splits.get(label)
        if rows is None and begun:
            rows = len(group)  # as it went then, since no split was noted
        if rows is None:
            rows = min(len(group), self._rows_that_fit(group))
            self._note_split(label, rows, len(group))
        sampling = Sampling(
            temperature=self._protocol.temperature,
            top_p=self._protocol.top_p,
            top_k=self._protocol.top_k,
            min_p=self._protocol.min_p,
            max_tokens=self._task.max_tokens,
        )
        while True:
            self._added, self._answered = [], []
            try:
                courses = [c for request in group if (c := course(request)) is not None]
                follow(self._engine, courses, sampling, self._watcher.tokens, rows)
                return
            except Unanswered as error:
                self._note_missing(error)
                return
            except OutOfMemory as error:
                if rows == 1:
                    raise ModelError(f"out of memory at {error}: use fewer --max-tokens") from error
                rows = (rows + 1) // 2
                self._note_split(label, rows, len(group))
                if self._engine.facts.closed_groups:  # all of a group is drawn with one split
                    self._store.discard(self._added)
                    if self._forcing is not None:
                        self._store.discard_forced(self._answered, self._forcing.mode)

    def _note_missing(self, unanswered: Unanswered) -> None:
        """Why samples are not there; the same command asks for them again."""
        for key, reason in unanswered.reasons:
            problem_id, index = cast(tuple[str, int], key)
            self._store.add_missing(self._task.task.name, problem_id, index, reason)

    def _rows_that_fit(self, group: list[Request]) -> int:
        longest = max(self._asked[_key(r)[0]].prompt_tokens for r in group)
        most = self._task.max_tokens
        if self._forcing is not None and self._forcing.asks:
            most = max(most, forced_length(self._forcing, self._engine))
        return self._engine.rows_that_fit(longest, most)

    def _note_split(self, label: str, rows: int, size: int) -> None:
        if rows < size:
            self._record.splits[label] = rows
            self._record.save(self._out)

    def _whole(self, request: Request) -> Course:
        key = self._task.task.name, *_key(request)
        yield from self._guide.whole(
            request,
            self._reader(request),
            lambda completion: self._keep(request, completion),
            lambda more: self._keep_more(key, more),
        )
        self._close(key)

    def _more(self, request: Request, sample: Sample) -> Course:
        if sample.token_ids is None:
            raise UserError(f"{self._out} holds no token ids: only --budget-mode truncate is left")
        yield from self._guide.more(
            request,
            self._reader(request),
            sample.token_ids,
            cast(FinishReason, sample.finish_reason),
            lambda more: self._keep_more(sample.key, more),
        )
        self._close(sample.key)
        self._watcher.sample()

    def _reader(self, request: Request) -> Reader:
        asked = self._asked[_key(request)[0]]
        return Reader(self._engine.decode, asked.thought_prefilled, self._protocol.thinking_tags)

    def _close(self, key: SampleKey) -> None:
        if self._forcing is not None and self._forcing.asks:
            self._store.add_budgeted(key, self._forcing.mode, self._forcing.budgets)

    def _keep(self, request: Request, completion: Completion) -> None:
        problem_id, index = _key(request)
        thinking = count_thinking(
            completion,
            self._engine.decode,
            prefilled=self._asked[problem_id].thought_prefilled,
            thinking_tags=self._protocol.thinking_tags,
        )
        generated = completion.completion_tokens
        sample = Sample(
            task=self._task.task.name,
            problem_id=problem_id,
            index=index,
            seed=request.seed,
            text=completion.text,
            finish_reason=completion.finish_reason,
            prompt_tokens=completion.prompt_tokens,
            thinking_tokens=thinking,
            answer_tokens=None if thinking is None or generated is None else generated - thinking,
            token_source=completion.token_source,
            token_ids=completion.token_ids,
            finished_at=now(),
            generated_tokens=generated,
        )
        if self._store.add_sample(sample):
            self._added.append(sample.key)
            self._watcher.sample()
        elif self._store.text(sample.task, problem_id, index) != sample.text:
            self._changed += 1

    def _keep_more(self, key: SampleKey, more: Extended | Forced) -> None:
        if isinstance(more, Extended):
            extended = StoredExtended(*key, more.waits, more.finish_reason, more.ids)
            added = self._store.add_extended(extended)
        else:
            completion = more.completion
            forced = StoredForced(
                *(*key, more.mode, more.budget, more.closing, completion.text),
                *(completion.finish_reason, completion.token_ids or ()),
            )
            added = self._store.add_forced(forced)
        if added:
            self._answered.append(key)


def follow(
    engine: Engine,
    courses: Sequence[Course],
    sampling: Sampling,
    on_tokens: OnTokens,
    rows: int,
) -> None:
    """Put courses through an engine, ``rows`` at a time."""
    running: dict[Hashable, Course] = {}
    requests = []
    for course in courses:
        if (first := next(course, None)) is not None:
            running[first.key] = course
            requests.append(first)

    def finish(request: Request, completion: Completion) -> Request | None:
        try:
            return running[request.key].send(completion)
        except StopIteration:
            return None

    if requests:
        engine.sample(requests, sampling, finish, on_tokens, min(rows, len(requests)))


def _key(request: Request) -> tuple[str, int]:
    """A request's key as `PreparedTask.requests` made it: problem id and index."""
    return cast(tuple[str, int], request.key)
