"""A pipeline: stages in their order, each with the recipe of its kind.

What a stage makes is named by ``@`` and its name wherever a recipe takes a path or a model::

    stages:
      - {name: cold-start, kind: sft, extends: nano, traces: [cold.jsonl]}
      - {name: reasoning, kind: rl, extends: [r1-reasoning, nano], model: "@cold-start"}

All recipes are read and checked before the first stage runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from distill.chain import Filtering
from distill.generate import Generation
from distill.mix import Mix
from distill.recipe import DistilRecipe
from pipeline.expected import Expected, check_expected
from rl.recipe import RLRecipe
from rl.reward_model import RewardRecipe
from runs.recipe import check, merge, read_recipe
from tasks.errors import UserError
from tasks.schema import Strict, nearest

Kind = Literal["sft", "rl", "reward", "generate", "filter", "mix", "eval", "export"]


class Filtered(Filtering):
    """Filters, and the file that they judge."""

    traces: Path


class Evaluated(Strict):
    """A run as `r1eval eval` makes it; ``template`` is its ``--protocol``."""

    model: str
    tasks: tuple[str, ...] = Field(min_length=1)
    samples: PositiveInt = 1
    template: str = "chat"
    limit: PositiveInt | None = None
    seed: int = 0
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: PositiveInt | None = None
    budgets: str | None = None
    budget_mode: Literal["truncate", "force", "extend"] | None = None


class Export(Strict):
    model: str


@dataclass(frozen=True)
class Form:
    """``makes``: what ``@name`` stands for in the stage's folder; ``shipped``: the folder of
    recipes that ``extends`` names; ``seed``: the key of the recipe that holds it.
    """

    recipe: type[Strict]
    makes: str
    shipped: str = ""
    section: str = ""
    seed: tuple[str, ...] = ()


FORMS: dict[Kind, Form] = {
    "sft": Form(DistilRecipe, "model", "distill", seed=("sft", "seed")),
    "rl": Form(RLRecipe, "model", "rl", seed=("grpo", "seed")),
    "reward": Form(RewardRecipe, "", "reward", seed=("training", "seed")),
    "generate": Form(Generation, "traces.jsonl", "distill", "generate", seed=("seed",)),
    "filter": Form(Filtered, "kept.jsonl", "filters"),
    "mix": Form(Mix, "mixed.jsonl", "distill", seed=("seed",)),
    "eval": Form(Evaluated, "", seed=("seed",)),
    "export": Form(Export, ""),
}


class Given(BaseModel):
    """A stage as it is written: what is not named here belongs to the recipe of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    kind: Kind
    extends: tuple[str, ...] = ()

    @field_validator("extends", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given


class PipelineRecipe(Strict):
    """``expected``: for `pipeline.plan` alone, by a stage's name."""

    title: str = ""
    stages: tuple[Given, ...] = Field(min_length=1)
    expected: Mapping[str, Expected] = Field(default_factory=dict)

    @field_validator("stages")
    @classmethod
    def _distinct(cls, stages: tuple[Given, ...]) -> tuple[Given, ...]:
        names = [stage.name for stage in stages]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two stages are called {twice[0]}")
        return stages

    @model_validator(mode="after")
    def _expected_of_stages(self) -> Self:
        check_expected(self.expected, [stage.name for stage in self.stages])
        return self


@dataclass(frozen=True)
class Stage:
    """``recipe`` is settled but for the ``@`` in it; ``parents`` are the stages that these name."""

    name: str
    kind: Kind
    recipe: Mapping[str, Any]
    parents: tuple[str, ...]

    @property
    def form(self) -> Form:
        return FORMS[self.kind]


def read_pipeline(
    name: str, change: Mapping[str, Any] | None = None, seed: int | None = None
) -> list[Stage]:
    """The stages in their order. ``change``: by a stage's name, values of its recipe; ``seed``: of
    every stage that draws, where ``change`` gives none.

    Raises UserError on what is misspelt in any of them, and on a stage that names one which does
    not come before it.
    """
    given = read_recipe(name, PipelineRecipe, ".")
    changes = dict(change or {})
    stages: list[Stage] = []
    for one in given.stages:
        changed = merge(_seeded(one.kind, seed), changes.pop(one.name, {}))
        stages.append(_stage(one, changed, [stage.name for stage in stages]))
    if changes:
        near = nearest(next(iter(changes)), [stage.name for stage in stages])
        hint = f"did you mean {near[0]}?" if near else "it names no stage"
        raise UserError(f"{name}: {next(iter(changes))}: {hint}")
    return stages


def _seeded(kind: Kind, seed: int | None) -> dict[str, Any]:
    """
    >>> _seeded("rl", 3), _seeded("eval", 3), _seeded("filter", 3), _seeded("rl", None)
    ({'grpo': {'seed': 3}}, {'seed': 3}, {}, {})
    """
    change: Any = seed
    for key in reversed(FORMS[kind].seed):
        change = {key: change}
    return {} if seed is None or not FORMS[kind].seed else change


def _stage(given: Given, change: Mapping[str, Any], before: list[str]) -> Stage:
    form = FORMS[given.kind]
    own = merge(given.model_extra or {}, change)
    settled: Strict
    if given.extends:
        first, *rest = given.extends
        settled = read_recipe(first, form.recipe, form.shipped, rest, own, form.section)
    else:
        settled = check(own, form.recipe, given.name)
    recipe = settled.model_dump(mode="json")
    parents = list(dict.fromkeys(name.partition("/")[0] for name in references(recipe)))
    for parent in parents:
        if parent not in before:
            near = nearest(parent, before)
            hint = f"did you mean @{near[0]}?" if near else "it names none that comes before it"
            raise UserError(f"stage {given.name}: @{parent}: {hint}")
    return Stage(given.name, given.kind, recipe, tuple(parents))


def references(recipe: Any) -> Iterator[str]:
    """What stands behind an ``@``, wherever a text begins with one.

    >>> list(references({"model": "@r1", "traces": ["@kept", "a.jsonl"]}))
    ['r1', 'kept']
    """
    if isinstance(recipe, str):
        if recipe.startswith("@"):
            yield recipe[1:]
    elif isinstance(recipe, Mapping):
        for value in recipe.values():
            yield from references(value)
    elif isinstance(recipe, list | tuple):
        for value in recipe:
            yield from references(value)
