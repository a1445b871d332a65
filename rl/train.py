"""Training: a recipe, a folder, and the way on from wherever it stands.

``OUT/`` holds ``rl.json`` (the recipe as it was settled, versions, sessions), ``log.jsonl`` (a line
a step), ``samples.jsonl``, ``heldout.jsonl``, ``checkpoint-N/``, and at the end ``model/``.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from transformers import logging as transformers_logging
from trl import GRPOConfig

from rl.checkpoints import train_and_save
from rl.collapse import Collapse
from rl.heldout import Heldout
from rl.load import Loaded
from rl.recipe import RLRecipe
from rl.rewards import find_rewards
from rl.trainer import Trainer
from rl.values import make_config
from rl.watch import Watch


def config_of(recipe: RLRecipe, out: Path) -> GRPOConfig:
    """TRL's configuration. Raises UserError on batches that do not go together."""
    fixed: dict[str, Any] = {} if torch.cuda.is_available() else {"use_vllm": False}
    weights = [reward.weight for reward in recipe.rewards]
    report_to = list(recipe.report_to)
    config = make_config(
        GRPOConfig, recipe.grpo, out, "grpo", reward_weights=weights, report_to=report_to, **fixed
    )
    if config.save_strategy == "steps":  # a rollout that was cut in the middle cannot be resumed
        batches = config.steps_per_generation * config.num_iterations
        shared = math.lcm(batches, config.gradient_accumulation_steps)
        every = shared // config.gradient_accumulation_steps
        config.save_steps = max(every, round(config.save_steps / every) * every)
    return config


def steps_per_rollout(config: GRPOConfig) -> int:
    """Optimiser steps from one rollout to the next."""
    batches = config.steps_per_generation * config.num_iterations
    return max(1, int(batches // config.gradient_accumulation_steps))


def make_trainer(loaded: Loaded, config: GRPOConfig, **options: Any) -> Trainer:
    recipe = loaded.recipe
    rows = [{"prompt": one.prompt, "asked": n} for n, one in enumerate(loaded.problems)]
    with found_by_trl(loaded, config):
        trainer = Trainer(
            model=loaded.model,
            reward_funcs=find_rewards(recipe.rewards, config.max_completion_length),
            args=config,
            train_dataset=Dataset.from_list(rows),
            processing_class=loaded.tokenizer,
            problems=loaded.problems,
            policy=loaded.policy if loaded.draws else None,
            rollouts=recipe.rollouts,
            keep_checkpoints=recipe.keep_checkpoints,
            **options,
        )
    return trainer


@contextmanager
def found_by_trl(loaded: Loaded, config: GRPOConfig) -> Iterator[None]:
    """TRL loads the reference by the name in the model's configuration: of the same revision, and
    from a copy where that name is a GGUF file.
    """
    of = loaded.model.config
    if loaded.recipe.revision is not None:
        given = config.model_init_kwargs or {}
        config.model_init_kwargs = {"revision": loaded.recipe.revision, **given}
    if not config.beta or loaded.recipe.lora is not None or not loaded.rebuilt:
        yield
        return
    name = of._name_or_path
    with tempfile.TemporaryDirectory() as copy:
        loaded.model.save_pretrained(copy)
        of._name_or_path = copy
        yield
    of._name_or_path = name


def train(loaded: Loaded, out: Path, stop_on_collapse: bool = False) -> list[Collapse]:
    """Train from the last whole checkpoint, if there is one, and write ``OUT/model``. Returns what
    went wrong on the way.
    """
    recipe = loaded.recipe
    config = config_of(recipe, out)
    names = [f.__name__ for f in find_rewards(recipe.rewards, config.max_completion_length)]
    transformers_logging.disable_progress_bar()  # the watch tells how far it is
    watch = Watch(out, names, recipe.samples_every, stop_on_collapse)
    callbacks: list[TrainerCallback] = [watch]
    if recipe.eval is not None and recipe.eval.every and config.world_size == 1:
        callbacks.append(Heldout(loaded, recipe.eval, watch.on_heldout))
    trainer = make_trainer(loaded, config, callbacks=callbacks, on_samples=watch.on_samples)
    try:
        train_and_save(trainer, loaded.tokenizer, out)
    finally:
        watch.close()
    return watch.collapses
