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


def plan(recipe: RLRecipe, config: GRPOConfig, parameters: float | None) -> Iterator[Line]:
    """``config`` is read for its values alone: its own counts are those of one process."""
    processes, group = recipe.processes, config.num_generations
    own = config.per_device_train_batch_size * config.gradient_accumulation_steps
    completions = own * processes
    given = recipe.grpo.get("generation_batch_size")
    rollout = given or config.generation_batch_size * processes
    per_rollout = max(1, rollout * config.num_iterations // completions)
    steps, length = config.max_steps, config.max_completion_length
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
        "generation_batch_size" if given else "as many as a generation's batches hold",
    )
    yield Line(
        "questions a rollout",
        f"{rollout // group:,}",
        f"{rollout:,} / num_generations {group}",
    )
    yield Line(
        "steps a rollout",
        f"{per_rollout:,}",
        f"{rollout:,} × num_iterations {config.num_iterations} / {completions:,}",
    )
    if steps <= 0:
        return
    drawn = steps * completions // config.num_iterations
    yield Line(
        "completions in all",
        f"{drawn:,}",
        f"max_steps {steps:,} × {completions:,} / num_iterations {config.num_iterations}",
    )
    most = drawn * length
    yield Line("tokens at most", f"{most:,}", f"{drawn:,} × max_completion_length {length:,}")
    if parameters is None:
        yield Line("parameters", "unknown", "the model is not here: say `parameters` in the recipe")
        return
    yield Line("parameters", f"{parameters:,.0f}", "from the model's configuration or the recipe")
    yield from _memory(recipe, config, parameters)
    yield from _compute(config, parameters, most, per_rollout > 1)


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


def _compute(
    config: GRPOConfig, parameters: float, tokens: float, off_policy: bool
) -> Iterator[Line]:
    forward = 1 + bool(config.beta) + off_policy
    backward = config.num_iterations * (8 if config.gradient_checkpointing else 6)
    operations = (2 * forward + backward) * parameters * tokens
    yield Line(
        "FLOPs at most",
        f"{operations:.2e}",
        f"(2 × {forward} passes + {backward}) × parameters × tokens at most: a pass to draw"
        + (", one for the reference" if config.beta else "")
        + (", one for the older policy" if off_policy else "")
        + f", {backward} to train",
    )
    yield Line(
        "H100 hours at most",
        f"{operations / (989e12 * 0.3) / 3600:,.2f}",
        "FLOPs / (989e12 a second, bf16 dense × 0.3 in use) / 3600",
    )


def _gib(size: float) -> str:
    return f"{size / GIB:,.2f} GiB"
