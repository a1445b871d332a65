"""What the stages of a recipe will take of GPUs, before any of them runs: tokens, memory, hours.

Formulas are in `pipeline.cost`; here is how many tokens go through them, from the recipe, from what
is already there, and from what is `pipeline.expected` where neither can tell. Where the length of
completions is not expected, the longest that the recipe allows stands for all of them: an upper
bound, which the line says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from distill import on_policy, sft
from distill.generate import Generation
from distill.recipe import DistilRecipe
from pipeline.amounts import Amounts
from pipeline.cost import Assumed, Drawing, Training
from pipeline.expected import Expected
from pipeline.figures import Figures, short
from pipeline.gpus import Cluster
from pipeline.recipe import Evaluated, Stage
from pipeline.sizes import Size, size
from rl import reward_model
from rl.plan import Line, batches_of, passes
from rl.recipe import RLRecipe
from rl.reward_model import RewardRecipe
from rl.train import config_of
from tasks.errors import UserError


@dataclass(frozen=True)
class Tokens:
    """``prompt``: read before drawing; ``generated``; ``trained``: forward and backward, prompts
    included.
    """

    prompt: float = 0
    generated: float = 0
    trained: float = 0


@dataclass(frozen=True)
class StagePlan:
    """GPU-hours of ``drawn`` and of ``trained``; ``None`` where the weights fit nowhere. ``lines``:
    each figure with its formula.
    """

    name: str
    kind: str
    tokens: Tokens = Tokens()
    drawing: Drawing | None = None
    training: Training | None = None
    drawn: float | None = 0.0
    trained: float = 0.0
    lines: tuple[Line, ...] = ()

    @property
    def hours(self) -> float | None:
        return None if self.drawn is None else self.drawn + self.trained


def plan_stages(
    stages: Sequence[Stage],
    expected: Mapping[str, Expected],
    cluster: Cluster,
    assumed: Assumed,
    parameters: float | None = None,
) -> list[StagePlan]:
    """``parameters``: of models whose size is not known otherwise.

    Raises UserError where it is not known how much of something there will be, saying how to tell.
    """
    return [
        _Planner(stage, Amounts(stages, expected), cluster, assumed, parameters).plan()
        for stage in stages
    ]


class _Planner:
    """Of one stage."""

    def __init__(
        self,
        stage: Stage,
        amounts: Amounts,
        cluster: Cluster,
        assumed: Assumed,
        parameters: float | None,
    ) -> None:
        self._stage, self._amounts = stage, amounts
        self._parameters = parameters
        self._figures = Figures(cluster, assumed)

    def plan(self) -> StagePlan:
        recipe = self._stage.form.recipe.model_validate(self._stage.recipe)
        try:
            match recipe:
                case RLRecipe():
                    return self._rl(recipe)
                case DistilRecipe() if recipe.on_policy is not None:
                    return self._on_policy(recipe)
                case DistilRecipe():
                    return self._sft(recipe)
                case RewardRecipe():
                    return self._reward(recipe)
                case Generation() | Evaluated():
                    return self._draws(recipe)
        except UserError as error:
            raise UserError(f"stage {self._stage.name}: {error}") from error
        return StagePlan(self._stage.name, self._stage.kind)

    def _rl(self, recipe: RLRecipe) -> StagePlan:
        of = self._size(recipe.model, recipe.revision, recipe.parameters)
        config = config_of(recipe, Path())
        batches = batches_of(recipe, config)
        drawn: float = batches.drawn
        if drawn:
            said = f"max_steps {config.max_steps:,} × {batches.completions:,} a step"
        else:
            problems = self._amounts.problems(self._stage, [recipe.data.task], recipe.data.limit)
            drawn = problems * config.num_generations * config.num_train_epochs
            said = (
                f"{problems:,} problems × {config.num_generations} × "
                f"{config.num_train_epochs:g} epochs"
            )
        self._figures.tell("completions", f"{drawn:,.0f}", said)
        longest = config.max_completion_length
        prompt, mean = self._lengths(longest, "max_completion_length")
        rollout = min(batches.rollout, drawn)
        found = self._figures.drawing(of, rollout, prompt, mean, longest)
        hours = None if found is None else found.hours * drawn / rollout
        if hours is not None:
            self._figures.tell(
                "hours of drawing",
                f"{hours:,.1f}",
                f"{drawn / rollout:,.1f} rollouts of {rollout:,.0f} completions, each as above, × "
                f"{self._figures.cluster.count} GPUs / 3600",
            )
        forward, backward = passes(config, batches)
        tokens = drawn * (prompt + mean)
        trained = self._figures.training_hours(
            2 * (forward - 1) + backward,
            of,
            tokens,
            f"2 × {forward - 1} passes (reference, older policy) + {backward} to train",
        )
        memory = self._figures.training_memory(
            of,
            config.per_device_train_batch_size,
            prompt + longest,
            recipe,
            reference=bool(config.beta),
            checkpointing=config.gradient_checkpointing,
        )
        counts = Tokens(drawn * prompt, drawn * mean, tokens)
        return self._made(counts, found, hours, trained, memory)

    def _sft(self, recipe: DistilRecipe) -> StagePlan:
        of = self._size(recipe.model, recipe.revision, recipe.parameters)
        config = sft.config_of(recipe, Path())
        rows, length = self._amounts.traces(self._stage, recipe.traces)
        batch = config.per_device_train_batch_size * config.gradient_accumulation_steps
        shown = rows * config.num_train_epochs
        said = f"{rows:,.0f} traces × {config.num_train_epochs:g} epochs × {length:,.0f} tokens"
        if config.max_steps > 0:
            shown = config.max_steps * batch * recipe.processes
            said = f"max_steps {config.max_steps:,} × {shown // config.max_steps} × {length:,.0f}"
        self._figures.tell("tokens trained", short(shown * length), said)
        backward = 8 if config.gradient_checkpointing else 6
        trained = self._figures.training_hours(backward, of, shown * length, f"{backward} to train")
        memory = self._figures.training_memory(
            of,
            config.per_device_train_batch_size,
            recipe.over_long.tokens or length,
            recipe,
            checkpointing=config.gradient_checkpointing,
        )
        return self._made(Tokens(trained=shown * length), None, 0.0, trained, memory)

    def _on_policy(self, recipe: DistilRecipe) -> StagePlan:
        assert recipe.on_policy is not None
        of = self._size(recipe.model, recipe.revision, recipe.parameters)
        teacher = self._size(recipe.on_policy.teacher, recipe.on_policy.revision, None)
        config = on_policy.config_of(recipe, Path())
        batch = config.per_device_train_batch_size * config.gradient_accumulation_steps
        batch *= recipe.processes
        drawn = config.max_steps * batch
        if config.max_steps <= 0:
            raise UserError("on_policy without max_steps cannot be planned: set it")
        self._figures.tell(
            "replies", f"{drawn:,}", f"max_steps {config.max_steps:,} × {batch:,} a step"
        )
        longest = config.max_completion_length
        prompt, mean = self._lengths(longest, "max_completion_length")
        found = self._figures.drawing(of, batch, prompt, mean, longest)
        hours = None if found is None else found.hours * config.max_steps
        tokens = drawn * (prompt + mean)
        backward = 8 if config.gradient_checkpointing else 6
        trained = self._figures.training_hours(backward, of, tokens, f"{backward} to train")
        scored = self._figures.training_hours(2, teacher, tokens, "2 for the teacher to score")
        memory = self._figures.training_memory(
            of,
            config.per_device_train_batch_size,
            prompt + longest,
            recipe,
            checkpointing=config.gradient_checkpointing,
        )
        counts = Tokens(drawn * prompt, drawn * mean, tokens)
        return self._made(counts, found, hours, trained + scored, memory)

    def _reward(self, recipe: RewardRecipe) -> StagePlan:
        of = self._size(recipe.model, recipe.revision, None)
        config = reward_model.config_of(recipe, Path())
        replies = 2 if recipe.data == "pairs" else 1
        rows, length = self._amounts.preferences(self._stage, recipe)
        shown = rows * config.num_train_epochs
        said = f"{rows:,.0f} rows × {config.num_train_epochs:g} epochs"
        if config.max_steps > 0:
            shown = config.max_steps * config.per_device_train_batch_size
            shown *= config.gradient_accumulation_steps
            said = f"max_steps {config.max_steps:,} of one process"
        tokens = shown * replies * length
        self._figures.tell(
            "tokens trained", short(tokens), f"{said} × {replies} × {length:,.0f} tokens"
        )
        backward = 8 if config.gradient_checkpointing else 6
        trained = self._figures.training_hours(backward, of, tokens, f"{backward} to train")
        memory = self._figures.training_memory(
            of,
            replies * config.per_device_train_batch_size,
            length,
            None,
            checkpointing=config.gradient_checkpointing,
        )
        return self._made(Tokens(trained=tokens), None, 0.0, trained, memory)

    def _draws(self, recipe: Generation | Evaluated) -> StagePlan:
        of = self._size(recipe.model, getattr(recipe, "revision", None), None)
        problems = self._amounts.problems(self._stage, recipe.tasks, recipe.limit)
        drawn = problems * recipe.samples
        self._figures.tell(
            "completions", f"{drawn:,}", f"{problems:,} problems × {recipe.samples} samples"
        )
        prompt, mean = self._lengths(recipe.max_tokens, "max_tokens")
        found = self._figures.drawing(of, drawn, prompt, mean, recipe.max_tokens or mean)
        hours = None if found is None else found.hours
        return self._made(Tokens(drawn * prompt, drawn * mean), found, hours, 0.0, None)

    def _size(self, model: str, revision: str | None, parameters: float | None) -> Size:
        name = self._amounts.base(model)
        found = size(name, revision, parameters or self._parameters)
        active = "" if found.active == found.parameters else f", {short(found.active)} for a token"
        self._figures.tell(
            "model", name, f"{short(found.parameters)} parameters{active} ({found.source})"
        )
        return found

    def _lengths(self, longest: int | None, key: str) -> tuple[float, float]:
        """Of prompts and of completions, on average."""
        told = self._amounts.of(self._stage.name)
        if told.completion_tokens is not None:
            self._figures.tell("tokens a completion", f"{told.completion_tokens:,.0f}", "expected")
        elif longest is None:
            raise UserError(
                f"it says no max_tokens: --expect {self._stage.name}.completion_tokens=…"
            )
        else:
            self._figures.tell(
                "tokens a completion",
                f"{longest:,}",
                f"at most: {key}; --expect {self._stage.name}.completion_tokens=… says the mean",
            )
        return told.prompt_tokens, told.completion_tokens or float(longest or 0)

    def _made(
        self,
        tokens: Tokens,
        found: Drawing | None,
        drawn: float | None,
        trained: float,
        memory: Training | None,
    ) -> StagePlan:
        return StagePlan(
            name=self._stage.name,
            kind=self._stage.kind,
            tokens=tokens,
            drawing=found,
            training=memory,
            drawn=drawn,
            trained=trained,
            lines=tuple(self._figures.lines),
        )
