"""lm-eval's own tasks as ours: ``lm-eval:NAME``, ``lm-eval:NAME@FILTER`` or
``lm-eval:NAME@FILTER@METRIC``.

The documents, the prompt with its shots, the stop strings, the filters and the metric are
lm-eval's, read from the installed package or from a folder of YAML files (``--include_path``
there, ``--include-path`` here). How many samples are drawn, and how, is the protocol's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from tasks.errors import UserError
from tasks.load import load_task
from tasks.problem import Problem, Task
from tasks.schema import nearest

PREFIX = "lm-eval:"
SHOTS_SEED = 1234
"""lm-eval's own, which decides on the examples that a prompt shows."""


def is_ours(name: str) -> bool:
    """Whether a task's name is for this module."""
    return name.startswith(PREFIX)


def load_any(
    name: str,
    *,
    limit: int | None = None,
    needs_gold: bool = True,
    include_path: str | None = None,
) -> Task:
    """As `tasks.load.load_task`, and lm-eval's tasks too."""
    if not is_ours(name):
        return load_task(name, limit=limit, needs_gold=needs_gold)
    return as_task(find(name, include_path), name, limit)


def parts(name: str) -> tuple[str, str | None, str | None]:
    """
    >>> parts("lm-eval:gsm8k@flexible-extract")
    ('gsm8k', 'flexible-extract', None)
    """
    task, _, rest = name.removeprefix(PREFIX).partition("@")
    chosen, _, metric = rest.partition("@")
    return task, chosen or None, metric or None


@cache
def find(name: str, include_path: str | None = None) -> Any:
    """lm-eval's task object, its data loaded. Raises UserError on an unknown name, a task that does
    not generate, one that runs code that models write, and data that cannot be had.
    """
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    task_name, _, _ = parts(name)
    manager = task_manager(include_path)
    if task_name not in manager.all_subtasks:
        if task_name in manager.all_tasks:
            raise UserError(f"{task_name} is a group of lm-eval's tasks: name one of its tasks")
        near = nearest(task_name, manager.all_subtasks)
        hint = f"did you mean {near[0]}?" if near else "lm-eval ls tasks lists them"
        raise UserError(f"lm-eval has no task {task_name!r}: {hint}")
    try:
        task = manager.load(task_name)["tasks"][task_name]
    except Exception as error:  # their code, and the hub
        raise UserError(
            f"lm-eval's {task_name} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    check(task, task_name)
    task.set_fewshot_seed(SHOTS_SEED)
    return task


@cache
def task_manager(include_path: str | None = None) -> Any:
    from lm_eval.tasks import TaskManager

    return TaskManager(include_path=include_path)


def check(task: Any, name: str) -> None:
    """Raises UserError on a task that cannot be run here."""
    kind = task.config.output_type
    if kind != "generate_until":
        raise UserError(f"lm-eval's {name} asks for {kind}: only tasks that generate run here")
    if task.config.unsafe_code:
        raise UserError(f"lm-eval's {name} runs code that a model wrote, outside a sandbox: no")
    if task.config.doc_to_image or task.config.doc_to_audio:
        raise UserError(f"lm-eval's {name} shows pictures or plays sounds: only text runs here")


def stop_strings(task: Any) -> tuple[str, ...]:
    return stop_words(task.config.generation_kwargs)


def stop_words(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What ``until`` of generation settings holds, a string or a list; empty ones stop nothing.

    >>> stop_words({"until": "Q:"}), stop_words({"until": ["", "A:"]}), stop_words({})
    (('Q:',), ('A:',), ())
    """
    until = settings.get("until") or []
    return tuple(word for word in ([until] if isinstance(until, str) else until) if word)


def as_task(task: Any, name: str, limit: int | None) -> Task:
    """Its first ``limit`` documents as problems; the id is lm-eval's ``doc_id``."""
    problems = []
    for doc_id, doc in task.doc_iterator(limit=limit):
        problems.append(problem(task, str(doc_id), doc))
    if not problems:
        raise UserError(f"{name} holds no documents")
    config = task.config
    return Task(
        name=name,
        problems=tuple(problems),
        instruction="",
        answer_type="math",
        max_tokens=int(config.generation_kwargs.get("max_gen_toks", 256)),
        origin=f"lm-eval, {config.dataset_path or 'data of its own'}, version {task.VERSION}",
        until=stop_strings(task),
    )


def problem(task: Any, doc_id: str, doc: Mapping[str, Any]) -> Problem:
    """A document as it is put to a model: as one text, and as the turns of a conversation.

    The shots of both are the same: where they are drawn at random, the turns are drawn again from
    the state before, and what lies ahead is as after one drawing, which is all that lm-eval makes.
    """
    prefix = task.doc_to_prefix(doc)
    shots = task.config.num_fewshot or 0
    state = _random(task).getstate() if shots and _random(task) else None
    text = task.fewshot_context(doc, shots, gen_prefix=prefix)
    if not isinstance(text, str):
        raise UserError(f"lm-eval's {task.config.task} has several prompts for one document")
    if state is not None:
        _random(task).setstate(state)
    turns = task.fewshot_context(
        doc,
        shots,
        gen_prefix=prefix,
        apply_chat_template=True,
        fewshot_as_multiturn=True,
        chat_template=lambda messages, add_generation_prompt: messages,
    )
    pairs = tuple((turn["role"], turn["content"]) for turn in turns)
    prefill = pairs[-1][1] if prefix else ""
    question = str(task.doc_to_text(doc))
    pairs = pairs[:-1] if prefix else pairs
    return Problem(doc_id, question, gold(task, doc), text, pairs, prefill)


def _random(task: Any) -> Any:
    return getattr(getattr(task, "sampler", None), "rnd", None)


def gold(task: Any, doc: Mapping[str, Any]) -> str:
    """The target as text, the first of several; ``—`` where there is none."""
    target = task.doc_to_target(doc)
    if isinstance(target, list | tuple):
        target = target[0] if target else ""
    return str(target).strip() or "—"
