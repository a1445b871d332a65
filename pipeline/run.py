"""A pipeline from its first stage to its last: what is done is not done again.

A stage is a command of `r1eval` that goes on where it was cut off, so that a pipeline that was
killed does, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Literal

import yaml

from pipeline.manifest import Addressed, Manifest, address, ancestors, resolved
from pipeline.recipe import Stage
from runs.files import written_whole
from runs.record import sole_writer
from tasks.errors import UserError
from tasks.schema import nearest

RECIPES = "recipes"
State = Literal["done", "to do", "not asked for"]

Command = Callable[[Sequence[str]], int]
"""Does what `r1eval` does with these arguments, and returns its exit code."""
Tell = Callable[[Addressed, State], None]


class StageFailed(Exception):
    """A command ended with this exit code."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"stage {name} ended with exit code {code}")
        self.code = code


def run_pipeline(
    stages: Sequence[Stage],
    out: Path,
    command: Command,
    tell: Tell,
    redo_from: str | None = None,
    only: Collection[str] = (),
    jobs: int = 1,
) -> int:
    """Do what is not done, in order, and say of each stage what becomes of it. ``redo_from``: this
    stage and all that rest on it anew; ``only``: these alone; ``jobs``: so many at once, where
    none rests on another. Returns 3 where samples are missing.

    Raises StageFailed, and UserError on a stage that is not there or whose parents are not done.
    """
    made = address(stages, out)
    _check_names(made, redo_from, only)
    out.mkdir(parents=True, exist_ok=True)
    with sole_writer(out):
        manifest = Manifest(out)
        if redo_from is not None:
            for name, one in made.items():
                if name == redo_from or redo_from in ancestors(name, made):
                    manifest.forget(one)
        waiting: list[Addressed] = []
        for one in made.values():
            if (state := state_of(one, manifest, only)) == "to do":
                waiting.append(one)
            else:
                tell(one, state)
        _check_parents(waiting, made, manifest)

        def do(one: Addressed) -> tuple[Addressed, int, float]:
            began = time.monotonic()
            asked = arguments(one, made, out)
            code = command(asked) if asked else 0
            return one, code, time.monotonic() - began

        return _do_all(waiting, made, manifest, do, tell, jobs)


def _do_all(
    waiting: list[Addressed],
    made: Mapping[str, Addressed],
    manifest: Manifest,
    do: Callable[[Addressed], tuple[Addressed, int, float]],
    tell: Tell,
    jobs: int,
) -> int:
    """What is running when a stage fails comes to its end first."""
    highest, failed = 0, None
    running: set[Future[tuple[Addressed, int, float]]] = set()
    with ThreadPoolExecutor(jobs) as pool:
        while running or (waiting and failed is None):
            ready = [one for one in waiting if _parents_done(one, made, manifest)]
            for one in ready[: jobs - len(running)] if failed is None else ():
                waiting.remove(one)
                tell(one, "to do")
                running.add(pool.submit(do, one))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for one, code, seconds in (future.result() for future in finished):
                if code in (0, 3):
                    highest = max(highest, code)
                    parents = {parent: made[parent].key for parent in one.stage.parents}
                    manifest.note(one, seconds, parents)
                else:
                    failed = failed or StageFailed(one.stage.name, code)
    if failed is not None:
        raise failed
    return highest


def _parents_done(one: Addressed, made: Mapping[str, Addressed], manifest: Manifest) -> bool:
    return all(manifest.is_done(made[parent]) for parent in one.stage.parents)


def _check_parents(
    waiting: Sequence[Addressed], made: Mapping[str, Addressed], manifest: Manifest
) -> None:
    asked = {one.stage.name for one in waiting}
    for one in waiting:
        for parent in one.stage.parents:
            if parent not in asked and not manifest.is_done(made[parent]):
                raise UserError(
                    f"stage {one.stage.name} needs {parent}, which is not done: do it first"
                )


def state_of(one: Addressed, manifest: Manifest, only: Collection[str] = ()) -> State:
    if only and one.stage.name not in only:
        return "not asked for"
    return "done" if manifest.is_done(one) else "to do"


def _check_names(
    made: Mapping[str, Addressed], redo_from: str | None, only: Collection[str]
) -> None:
    for name in [*([redo_from] if redo_from else []), *only]:
        if name not in made:
            near = nearest(name, list(made))
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(made)}"
            raise UserError(f"no stage {name!r}: {hint}")


def arguments(one: Addressed, made: Mapping[str, Addressed], out: Path) -> list[str]:
    """The command that makes a stage, none where nothing is left to do; its recipe is written
    beside the stages.
    """
    recipe = resolved(one.stage.recipe, made)
    file, folder = out / RECIPES / f"{one.folder.name}.yaml", one.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    match one.stage.kind:
        case "rl" | "reward":
            return [one.stage.kind, _written(file, recipe), "--out", str(folder)]
        case "sft":
            return ["distill", "train", _written(file, recipe), "--out", str(folder)]
        case "generate":
            return ["distill", "generate", _written(file, recipe), "--out", str(folder)]
        case "filter":
            traces = recipe.pop("traces")
            folder.mkdir(exist_ok=True)
            kept = str(one.product)
            return ["distill", "filter", traces, "--recipe", _written(file, recipe), "--out", kept]
        case "mix":
            folder.mkdir(exist_ok=True)
            return ["distill", "mix", _written(file, recipe), "--out", str(one.product)]
        case "export":
            if folder.is_dir():  # whole, or it would not be there
                return []
            return ["distill", "export", recipe["model"], "--out", str(folder)]
        case "eval":
            return ["eval", recipe["model"], *_eval_options(recipe), "--out", str(folder)]


def _eval_options(recipe: Mapping[str, Any]) -> list[str]:
    options = ["--task", ",".join(recipe["tasks"]), "--protocol", recipe["template"]]
    others = ("samples", "limit", "seed", "temperature", "top_p", "max_tokens")
    for name in (*others, "budgets", "budget_mode"):
        if recipe[name] is not None:
            options += [f"--{name.replace('_', '-')}", str(recipe[name])]
    return options


def _written(file: Path, recipe: Mapping[str, Any]) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as temporary:
        text = yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True)
        temporary.write_text(text, encoding="utf-8")
    return str(file)
