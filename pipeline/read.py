"""A recipe of any kind as the stages that it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from distill.recipe import DistilRecipe
from pipeline.expected import Expected, check_expected
from pipeline.recipe import PipelineRecipe, Stage, read_pipeline
from rl.recipe import RLRecipe
from runs.recipe import RECIPES, check, find, merge, read_recipe, read_yaml, shipped
from tasks.errors import UserError
from tasks.schema import nearest

Sort = Literal[".", "rl", "distill"]
"""Where such recipes ship: pipelines, trainings by RL, distillations."""

Read = tuple[list[Stage], dict[str, Expected]]


def read_any(
    name: str,
    scales: Sequence[str] = (),
    change: Mapping[str, Any] | None = None,
    expect: Sequence[str] = (),
) -> Read:
    """The stages of a pipeline, the one of a training by RL, or those of a distillation that take
    GPUs, and what is expected of each: by the recipe, then by ``expect`` (``STAGE.KEY=N``, or
    ``KEY=N`` of a recipe with one stage).

    Raises UserError on what is misspelt.
    """
    sort = "rl" if scales else _sort(name)
    told: dict[str, Any] = {}
    if sort == ".":
        stages = read_pipeline(name, change)
        given = read_recipe(name, PipelineRecipe, ".").expected
        told = {stage: one.model_dump(exclude_unset=True) for stage, one in given.items()}
    elif sort == "rl":
        rl = read_recipe(name, RLRecipe, "rl", scales, change)
        stages = [Stage("rl", "rl", rl.model_dump(mode="json"), ())]
    else:
        stages = _distillation(read_recipe(name, DistilRecipe, "distill", (), change))
    names = [stage.name for stage in stages]
    for one in expect:
        key, equals, value = one.partition("=")
        stage, dot, key = key.rpartition(".")
        if not equals or (not dot and len(names) > 1):
            raise UserError(f"--expect {one}: give STAGE.KEY=N, with a stage of {', '.join(names)}")
        told = merge(told, {stage or names[0]: {key: read_yaml(value)}})
    check_expected(told, names)
    return stages, {stage: check(of, Expected, f"expected {stage}") for stage, of in told.items()}


def _distillation(recipe: DistilRecipe) -> list[Stage]:
    stages = []
    traces: tuple[Path, ...] = recipe.traces
    if recipe.generate is not None and not traces and recipe.on_policy is None:
        asked = recipe.generate.model_dump(mode="json")
        stages.append(Stage("generate", "generate", asked, ()))
        traces = (Path("@generate"),)
    trained = recipe.model_copy(update={"traces": traces})
    parents = tuple(stage.name for stage in stages)
    return [*stages, Stage("sft", "sft", trained.model_dump(mode="json"), parents)]


def _sort(name: str) -> Sort:
    """Of a name that several have, the pipeline's, then RL's; of a file by what it says."""
    if Path(name).suffix not in {".yaml", ".yml"}:
        for sort in get_args(Sort):
            if (RECIPES / sort / f"{name}.yaml").is_file():
                return sort  # type: ignore[no-any-return]
        known = [one for sort in get_args(Sort) for one in shipped(sort)]
        near = nearest(name, known)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}, or a YAML file"
        raise UserError(f"unknown recipe {name!r}: {hint}")
    given = read_yaml(find(name, ".").read_text(encoding="utf-8"))
    keys = set(given) if isinstance(given, dict) else set()
    if "stages" in keys:
        return "."
    first = given.get("extends", []) if isinstance(given, dict) else []
    first = [first] if isinstance(first, str) else first
    if keys & {"grpo", "rewards", "rollouts"} or any(one in shipped("rl") for one in first):
        return "rl"
    return "distill"
