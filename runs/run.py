"""Drawing the samples of a run, from wherever it stands.

Work goes in closed groups: requests in the order of task, problem and index, cut every
``group_size``. What shares a batch changes floating-point sums, so a group that was cut off is
generated again whole, and gives the same text; its finished samples are kept as they were
committed.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol as Interface
from typing import cast

from runs import record as run_record
from runs.prepare import Prepared, PreparedTask
from runs.record import RunRecord, sole_writer
from runs.store import Sample, Store, StoredProblem, now
from runs.tokens import count_thinking
from sampling.engine import Completion, ModelError, OutOfMemory, Request, Sampling
from tasks.errors import UserError


class Watcher(Interface):
    """Is told how a run goes on."""

    def begin(self, samples: int, kept: int) -> None: ...

    def tokens(self, count: int) -> None: ...

    def sample(self) -> None: ...

    def notice(self, text: str) -> None: ...


def sample_run(prepared: Prepared, watcher: Watcher) -> None:
    """Draw every sample that the run folder lacks; each is committed as soon as it is finished.

    Raises KeyboardInterrupt and sqlite3.OperationalError (disk full) with everything finished kept.
    """
    out = prepared.settings.out
    out.mkdir(parents=True, exist_ok=True)
    with sole_writer(out), Store(out) as store:
        record = _open_record(prepared, store)
        kept = store.keys()
        total = sum(len(t.task.problems) for t in prepared.tasks) * prepared.protocol.samples
        watcher.begin(total, len(kept))
        for notice in record.notices:
            watcher.notice(notice)
        for task in prepared.tasks:
            _Sampler(prepared, task, store, record, watcher).draw(kept)


def groups(requests: Sequence[Request], size: int) -> Iterator[list[Request]]:
    """The closed groups.

    >>> list(groups([1, 2, 3, 4, 5], 2))
    [[1, 2], [3, 4], [5]]
    """
    for start in range(0, len(requests), size):
        yield list(requests[start : start + size])


def _open_record(prepared: Prepared, store: Store) -> RunRecord:
    record = prepared.record
    problems = [p for task in prepared.tasks for p in task.stored_problems()]
    if record is None:
        if (prepared.settings.out / run_record.FILE).exists():
            raise UserError(f"{prepared.settings.out}: another r1eval has just begun a run here")
        if store.keys():
            raise UserError(
                f"{prepared.settings.out} holds samples but no run.json: give a new --out"
            )
        store.set_problems(problems)
        tasks = [t.task for t in prepared.tasks]
        record = RunRecord.new(prepared.settings, prepared.protocol, tasks, store.journal)
        record.notices = list(prepared.notices)
        if store.journal != "wal":
            record.notices.append(
                f"this file system allows no write-ahead log: samples.db uses {store.journal}"
            )
    else:
        _same_prompts(problems, store.problems())
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    record.begin_session(now(), command)
    record.save(prepared.settings.out)
    return record


def _same_prompts(asked: Sequence[StoredProblem], stored: Sequence[StoredProblem]) -> None:
    """A template, the user's or the model's, may have been edited since the run began."""
    then = {(p.task, p.problem_id): p.prompt for p in stored}
    for problem in asked:
        if then.get((problem.task, problem.problem_id)) != problem.prompt:
            raise UserError(
                f"the prompt of {problem.task} {problem.problem_id} is not what it was when this "
                "run began (was a template edited?): give a new --out"
            )


class _Sampler:
    """Draws one task's missing samples."""

    def __init__(
        self,
        prepared: Prepared,
        task: PreparedTask,
        store: Store,
        record: RunRecord,
        watcher: Watcher,
    ) -> None:
        self._engine = prepared.engine
        self._protocol = prepared.protocol
        self._out = prepared.settings.out
        self._task = task
        self._store = store
        self._record = record
        self._watcher = watcher
        self._prefilled = {a.problem.id: a.thought_prefilled for a in task.asked}
        self._prompt_tokens = {a.problem.id: a.prompt_tokens for a in task.asked}
        self._changed = 0

    def draw(self, kept: set[tuple[str, str, int]]) -> None:
        name = self._task.task.name
        for asked in self._task.too_long:
            reason = "the prompt is too long for the context"
            for index in range(self._protocol.samples):
                self._store.add_missing(name, asked.problem.id, index, reason)
        requests = self._task.requests(self._protocol.samples, self._protocol.seed)
        closed = self._engine.facts.closed_groups
        for number, group in enumerate(groups(requests, self._protocol.group_size)):
            lacking = [r for r in group if (name, *_key(r)) not in kept]
            if lacking:
                self._draw_group(f"{name}:{number}", group if closed else lacking)
        if self._changed:
            self._watcher.notice(
                f"{name}: {self._changed} samples came out otherwise than before the interruption "
                "(another machine or another version?); those committed first were kept"
            )

    def _draw_group(self, label: str, group: list[Request]) -> None:
        sampling = Sampling(
            temperature=self._protocol.temperature,
            top_p=self._protocol.top_p,
            top_k=self._protocol.top_k,
            min_p=self._protocol.min_p,
            max_tokens=self._task.max_tokens,
        )
        longest = max(self._prompt_tokens[_key(r)[0]] for r in group)
        rows = self._record.splits.get(label)
        if rows is None:
            rows = min(len(group), self._engine.rows_that_fit(longest, sampling.max_tokens))
            self._note_split(label, rows, len(group))
        while True:
            try:
                self._engine.sample(group, sampling, self._finish, self._watcher.tokens, rows)
                return
            except OutOfMemory as error:
                if rows == 1:
                    raise ModelError(f"out of memory at {error}: use fewer --max-tokens") from error
                rows = (rows + 1) // 2
                self._note_split(label, rows, len(group))

    def _note_split(self, label: str, rows: int, size: int) -> None:
        if rows < size:
            self._record.splits[label] = rows
            self._record.save(self._out)

    def _finish(self, request: Request, completion: Completion) -> None:
        problem_id, index = _key(request)
        thinking = count_thinking(
            completion,
            self._engine.decode,
            prefilled=self._prefilled[problem_id],
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
        )
        if self._store.add_sample(sample):
            self._watcher.sample()
        elif self._store.text(sample.task, problem_id, index) != sample.text:
            self._changed += 1


def _key(request: Request) -> tuple[str, int]:
    """A request's key as `PreparedTask.requests` made it: problem id and index."""
    return cast(tuple[str, int], request.key)
