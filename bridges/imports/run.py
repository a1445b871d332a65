"""From completions to a run folder, which is there whole or not at all.

Nobody says of most of them how they ended, so their finish reason is ``unknown``: an unclosed
thought then counts as truncated, and a text without an answer as none. Where thoughts are closed
and none is opened, the prompts have opened them. How they were drawn stands
in the protocol as far as the file tells it, ``null`` elsewhere.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bridges.imports.completion import Completion
from bridges.imports.problems import Asked
from runs.grade import PUBLISHED, UNKNOWN_END, grade_run
from runs.record import RunRecord, TaskRecord
from runs.settings import IMPORTED, RunSettings
from runs.store import Store
from runs.stored import Sample, StoredProblem
from runs.tokens import count_thinking
from sampling.endpoint.tokens import Tokenizer
from sampling.engine import Completion as Reply
from tasks.errors import UserError
from tasks.grading import Grade
from tasks.problem import Task
from tasks.thinking import DEFAULT, split_thought


def write_run(asked: Asked, model: str, tokenizer: str | None, out: Path) -> bool:
    """A run of ``model`` over ``asked``, graded by our grader; whether verdicts were published with
    it. Tokens are counted by ``tokenizer`` (a folder or hub id), if it is given.

    Raises UserError where ``out`` is there already, ModelError on a tokenizer that cannot be read.
    """
    if out.exists():
        raise UserError(f"{out} is there already: give a new --out")
    if not out.absolute().parent.is_dir():
        out.absolute().parent.mkdir(parents=True)
    reads = Tokenizer(tokenizer) if tokenizer is not None else None
    folder = out.with_name(f".{out.name}.{os.getpid()}.importing")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        published = _write(asked, model, tokenizer, reads, folder)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return published


def _write(
    asked: Asked, model: str, tokenizer: str | None, reads: Tokenizer | None, folder: Path
) -> bool:
    texts = [one.text for of in asked.completions.values() for one in of.values()]
    tags = any(split_thought(text).opened for text in texts)
    prefilled = tags and not any(tag.opening in text for text in texts for tag in DEFAULT)
    grades: list[tuple[str, str, int, Grade]] = []
    longest = 0
    with Store(folder) as store:
        store.set_problems(_stored(asked, prefilled))
        for problem_id, of in asked.completions.items():
            for index, one in of.items():
                sample = _sample(asked.name, problem_id, index, one, reads, tags, prefilled)
                store.add_sample(sample)
                longest = max(longest, sample.generated or 0)
                if one.published is not None:
                    grade = Grade(one.published, one.answer, "as published")
                    grades.append((asked.name, problem_id, index, grade))
        if grades:
            store.set_grades(PUBLISHED, grades)
        protocol = _protocol(asked, model, tokenizer, tags, longest if reads else None)
        settings = RunSettings(
            model=model, tasks=(asked.name,), out=folder, samples=asked.samples, engine=IMPORTED
        )
        task = Task(asked.name, asked.problems, "", asked.answer_type, longest, asked.origin)
        card = RunRecord(
            settings.as_json(), protocol, [TaskRecord.of(task).__dict__], store.journal
        )
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        card.begin_session(time.time(), command)
        card.save(folder)
        grade_run(store, "ours")
    return bool(grades)


def _stored(asked: Asked, prefilled: bool) -> Iterator[StoredProblem]:
    for position, problem in enumerate(asked.problems):
        yield StoredProblem(
            task=asked.name,
            problem_id=problem.id,
            position=position,
            question=problem.question,
            gold=problem.gold,
            answer_type=asked.answer_type,
            prompt=problem.prompt,
            thought_prefilled=prefilled,
        )


def _sample(
    task: str,
    problem_id: str,
    index: int,
    one: Completion,
    reads: Tokenizer | None,
    tags: bool,
    prefilled: bool,
) -> Sample:
    ids = None if reads is None else reads.of_reply(one.text, one.finish_reason == "stop")
    thinking = answer = None
    if reads is not None and ids is not None:
        reply = Reply(one.text, "stop", ids, None, len(ids), "retokenized")
        thinking = count_thinking(reply, reads.decode, prefilled=prefilled, thinking_tags=tags)
        answer = None if thinking is None else len(ids) - thinking
    return Sample(
        task=task,
        problem_id=problem_id,
        index=index,
        seed=0,
        text=one.text,
        finish_reason=one.finish_reason or UNKNOWN_END,
        prompt_tokens=None,
        thinking_tokens=thinking,
        answer_tokens=answer,
        token_source="unknown" if ids is None else "retokenized",
        token_ids=ids,
        finished_at=time.time(),
        generated_tokens=None if ids is None else len(ids),
    )


def _protocol(
    asked: Asked, model: str, tokenizer: str | None, tags: bool, longest: int | None
) -> dict[str, Any]:
    drawn = _in_common(asked)
    return {
        "preset": IMPORTED,
        "template": IMPORTED,
        "temperature": drawn.get("temperature"),
        "top_p": drawn.get("top_p"),
        "max_tokens": {asked.name: drawn.get("max_tokens") or longest},
        "samples": asked.samples,
        "seed": None,
        "model": model,
        "revision": "unknown",
        "adapter": None,
        "engine": IMPORTED,
        "device": "elsewhere",
        "dtype": "unknown",
        "threads": None,
        "group_size": 0,
        "thinking_tags": tags,
        "tokenizer": tokenizer,
    }


def _in_common(asked: Asked) -> Mapping[str, Any]:
    """What all completions say of how they were drawn."""
    told = [dict(one.drawn or {}) for of in asked.completions.values() for one in of.values()]
    first = told[0] if told else {}
    return {name: value for name, value in first.items() if all(d[name] == value for d in told)}
