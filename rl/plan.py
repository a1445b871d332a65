"""What a recipe will take, before anything is loaded: every number with its formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trl import GRPOConfig

from rl.recipe import RLRecipe

GIB = 2**30


@dataclass(frozen=True)
class Line:
    what: str
    value: str
    formula: str


@dataclass(frozen=True)
class Batches:
    """Completions of an optimiser step, of a ``rollout``, which is so many ``steps``, and ``drawn``
    in all: 0 where the recipe counts by epochs.
    """

    completions: int
    rollout: int
    steps: int
    drawn: int


def batches_of(recipe: RLRecipe, config: GRPOConfig) -> Batches:
    """``config`` is read for its values alone: its own counts are those of one process."""
    own = config.per_device_train_batch_size * config.gradient_accumulation_steps
    completions = own * recipe.processes
    given = recipe.grpo.get("generation_batch_size")
    rollout = given or config.generation_batch_size * recipe.processes
    return Batches(
        completions=completions,
        rollout=rollout,
        steps=max(1, rollout * config.num_iterations // completions),
        drawn=max(0, config.max_steps) * completions // config.num_iterations,
    )


def passes(config: GRPOConfig, batches: Batches) -> tuple[int, int]:
    """Of every token of a completion: forward passes, the one that draws it included, and floating
    point operations of training for each parameter: 6, or 8 where activations are computed again.
    """
    forward = 1 + bool(config.beta) + (batches.steps > 1)
    return forward, config.num_iterations * (8 if config.gradient_checkpointing else 6)


def plan(recipe: RLRecipe, config: GRPOConfig, parameters: float | None) -> Iterator[Line]:
    """``config`` as for `batches_of`."""
    processes, group = recipe.processes, config.num_generations
    batches = batches_of(recipe, config)
    completions, rollout, drawn = batches.completions, batches.rollout, batches.drawn
    length = config.max_completion_length
    yield Line(
        "completions a step",
        f"{completions:,}",
        f"per_device_train_batch_size {config.per_device_train_batch_size} × "
        f"gradient_accumulation_steps {config.gradient_accumulation_steps}"
        + (f" × processes {processes}" if processes > 1 else ""),
    )
    yield Line(
        "completions a rollout",
        f"{rollout:,}",
        "generation_batch_size"
        if recipe.grpo.get("generation_batch_size")
        else "as many as a generation's batches hold",
    )
    yield Line(
        "questions a rollout",
        f"{rollout // group:,}",
        f"{rollout:,} / num_generations {group}",
    )
    yield Line(
        "steps a rollout",
        f"{batches.steps:,}",
        f"{rollout:,} × num_iterations {config.num_iterations} / {completions:,}",
    )
    if not drawn:
        return
    yield Line(
        "completions in all",
        f"{drawn:,}",
        f"max_steps {config.max_steps:,} × {completions:,} / num_iterations "
        f"{config.num_iterations}",
    )
    most = drawn * length
    yield Line("tokens at most", f"{most:,}", f"{drawn:,} × max_completion_length {length:,}")
    if parameters is None:
        yield Line("parameters", "unknown", "the model is not here: say `parameters` in the recipe")
        return
    yield Line("parameters", f"{parameters:,.0f}", "from the model's configuration or the recipe")
    yield from _memory(recipe, config, parameters)
    yield _compute(config, parameters, most, batches)


def _memory(recipe: RLRecipe, config: GRPOConfig, parameters: float) -> Iterator[Line]:
    size = 4 if recipe.dtype == "float32" else 2
    if recipe.lora is not None:
        yield Line(
            "weights", _gib(size * parameters), f"{size} bytes × parameters; LoRA's come on top"
        )
        return
    yield Line(
        "weights, gradients, Adam",
        _gib((2 * size + 2 * size) * parameters),
        f"({size} + {size} + 2 × {size}) bytes × parameters, over the processes that share them",
    )
    if config.beta:
        yield Line(
            "reference", _gib(size * parameters), f"{size} bytes × parameters, since beta > 0"
        )


def _compute(config: GRPOConfig, parameters: float, tokens: float, batches: Batches) -> Line:
    forward, backward = passes(config, batches)
    return Line(
        "FLOPs at most",
        f"{(2 * forward + backward) * parameters * tokens:.2e}",
        f"(2 × {forward} passes + {backward}) × parameters × tokens at most: a pass to draw"
        + (", one for the reference" if config.beta else "")
        + (", one for the older policy" if batches.steps > 1 else "")
        + f", {backward} to train; r1eval plan says how long that takes",
    )


def _gib(size: float) -> str:
    return f"{size / GIB:,.2f} GiB"
