"""``load_task``: from the name a user types to a task with its problems.

A name is one of the catalogue's, a file with ``problem`` and ``answer`` columns, or
``file.py:function``.

>>> task = load_task("nano", limit=1)
>>> task.problems[0].question, task.problems[0].gold
('446+609=?', '055')
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tasks.errors import UserError
from tasks.fields import USER_FIELDS, problems_from
from tasks.fingerprint import whose_texts
from tasks.problem import ANSWER_TYPES, Problem, Task
from tasks.schema import TaskSpec, World, nearest, read_spec, task_names
from tasks.sources import FILE_KINDS, Row, call_function, read_file, read_hub

__all__ = ["load_task", "task_names"]

MATH_INSTRUCTION = r"Please reason step by step, and put your final answer within \boxed{}."
"""DeepSeek-R1 README, usage recommendations."""


def load_task(spec: str, *, limit: int | None = None, needs_gold: bool = True) -> Task:
    """The task ``spec`` names, cut to its first ``limit`` problems. Without ``needs_gold`` problems
    may lack an answer, as prompts for a teacher do; their gold is then ``""``.

    A catalogue task is read from ``$R1EVAL_DATA_DIR/benchmarks/<task>.jsonl`` where that file
    exists, else from the hub. Raises UserError on anything the user can mend: unknown names, files
    that cannot be read, missing columns, duplicate ids, no problems, problems without an answer.
    """
    task = read_task(spec, needs_gold)
    check(task.problems, task.origin, needs_gold)
    return task if limit is None else replace(task, problems=task.problems[:limit])


def read_task(spec: str, needs_gold: bool = True) -> Task:
    """As ``load_task``, but duplicate ids and empty golds are left for ``tasks.lint`` to find."""
    if spec in task_names():
        return read_catalogue_task(spec)
    if ".py:" in spec:
        made = call_function(spec)
        if isinstance(made, Task):
            if made.answer_type not in ANSWER_TYPES:
                raise UserError(
                    f"the task of {spec} has answer_type {made.answer_type!r}: give one of "
                    f"{', '.join(ANSWER_TYPES)}"
                )
            return made
        return user_task(spec.rpartition(":")[2], made, spec, needs_gold)
    path = Path(spec)
    if path.suffix in FILE_KINDS:
        return user_task(path.stem, read_file(path), str(path), needs_gold)
    near = nearest(spec, task_names())
    hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(task_names())}"
    files = ", ".join(FILE_KINDS)
    raise UserError(f"unknown task {spec!r}: {hint} (or give a {files} file or file.py:function)")


def read_catalogue_task(name: str, data: Path | None = None) -> Task:
    """The catalogue task ``name``, from the file ``data`` or else from the usual place."""
    spec = read_spec(name)
    problems, origin = catalogue_problems(name, spec, data)
    return Task(
        name=name,
        problems=tuple(problems),
        instruction=spec.instruction,
        answer_type=spec.answer_type,
        max_tokens=spec.max_tokens,
        origin=origin,
        language=spec.language,
        paper=spec.paper_protocol,
    )


def catalogue_problems(name: str, spec: TaskSpec, data: Path | None) -> tuple[list[Problem], str]:
    """The problems of a catalogue entry and where they came from."""
    if spec.world and data is None:
        return world_problems(spec.world, spec.prompt), f"nano.problems, seed {spec.world.seed}"
    fields = spec.hub.fields if spec.hub else USER_FIELDS
    if file := data or local_copy(name):
        rows, origin = read_file(file), str(file)
    else:
        assert spec.hub is not None  # the schema wants a hub where there is no world
        rows = read_hub(spec.hub, name)
        origin = f"{spec.hub.dataset}@{spec.hub.revision[:12]}"
    problems = problems_from(rows, fields, spec.prompt)
    return problems, f"{origin} ({whose_texts(name, problems)})"


def local_copy(name: str) -> Path | None:
    """``$R1EVAL_DATA_DIR/benchmarks/<name>.jsonl``, when the variable is set and it is there."""
    folder = os.environ.get("R1EVAL_DATA_DIR")
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise UserError(f"R1EVAL_DATA_DIR is no folder: {folder}; correct or unset it")
    path = Path(folder, "benchmarks", f"{name}.jsonl")
    return path if path.is_file() else None


def world_problems(world: World, prompt: str) -> list[Problem]:
    """Problems of the miniature world, as the catalogue entry asks for them."""
    from nano.problems import generate

    drawn = generate(world.split, world.count, seed=world.seed, depths=world.depths)
    return [Problem(p.id, p.question, p.answer, prompt.format(problem=p.question)) for p in drawn]


def user_task(name: str, rows: Sequence[Row], origin: str, needs_gold: bool = True) -> Task:
    """A task of the user's own: mathematics, asked as the paper asks it."""
    if not needs_gold:
        rows = [replace(row, columns={"answer": "", **row.columns}) for row in rows]
    return Task(
        name=name,
        problems=tuple(problems_from(rows, USER_FIELDS, "{problem}")),
        instruction=MATH_INSTRUCTION,
        answer_type="math",
        max_tokens=32768,
        origin=origin,
    )


def check(problems: Sequence[Problem], origin: str, needs_gold: bool = True) -> None:
    """Refuse problems that cannot be run. Raises UserError naming them."""
    if not problems:
        raise UserError(f"{origin} holds no problems")
    counts = Counter(problem.id for problem in problems)
    if twice := [key for key, count in counts.items() if count > 1]:
        raise UserError(f"{origin} has duplicate ids: {some(twice)}; give each problem its own")
    empty = [problem.id for problem in problems if not str(problem.gold).strip()]
    if empty and needs_gold:
        raise UserError(f"{origin} has no answer for {some(empty)}; fill in or remove them")


def some(ids: Sequence[str]) -> str:
    """The first few of many ids.

    >>> some(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    shown = ", ".join(ids[:5])
    return shown if len(ids) <= 5 else f"{shown} and {len(ids) - 5} more"
