"""What a recipe names, loaded: the policy's weights and the problems as they are put to it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from trl import GRPOConfig

from rl.graded import Asked
from rl.recipe import RLRecipe
from rl.rollouts import Policy
from runs.models import find_model
from runs.recipe import where
from runs.templates import put
from sampling import tokens
from sampling.loading import load
from sampling.unpacked import plain
from tasks.load import load_task
from tasks.problem import Task
from tasks.thinking import DEFAULT as TAGS


@dataclass(frozen=True)
class Loaded:
    """``draws``: whether the policy's rollouts are ours, not TRL's. ``too_long``: problems left out
    because their prompt and the longest completion pass the context; ``longest_prompt``: of all, in
    tokens; ``rebuilt``: the weights come from a GGUF file, which names no model that can be loaded.
    """

    recipe: RLRecipe
    model: Any
    tokenizer: Any
    revision: str
    task: Task
    problems: list[Asked]
    policy: Policy
    end_ids: frozenset[int]
    draws: bool
    too_long: int
    longest_prompt: int
    rebuilt: bool

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.model.parameters())

    @property
    def context_length(self) -> int | None:
        return _context_length(self.model)

    @property
    def most_tokens(self) -> int:
        """Of a completion."""
        return _most_tokens(self.recipe)


def load_recipe(recipe: RLRecipe) -> Loaded:
    """Raises UserError or ModelError on what the user can mend."""
    task = load_task(where(recipe.data.task), limit=recipe.data.limit, needs_gold=False)
    place = find_model(recipe.model, recipe.revision)
    rank = os.environ.get("LOCAL_RANK")
    device = f"cuda:{rank}" if rank is not None and torch.cuda.is_available() else "auto"
    loaded = load(place, dtype=recipe.dtype, device=device)
    model = plain(loaded, place)
    tokenizer = loaded.tokenizer
    end = tokens.end_ids(model.generation_config, tokenizer)
    padding = tokenizer.pad_token_id
    if recipe.lora is not None:
        model = with_lora(model, recipe.lora, int(recipe.grpo.get("seed", 42)))
    drawn_from = model.get_base_model() if recipe.lora is not None else model
    policy = Policy(drawn_from, end, min(end, default=0) if padding is None else padding)
    sampler = recipe.rollouts.sampler
    problems = ask(recipe, task, tokenizer)
    context = _context_length(model)
    room = math.inf if context is None else context - _most_tokens(recipe)
    kept = [one for one in problems if len(one.prompt_ids) <= room]
    return Loaded(
        recipe=recipe,
        model=model,
        tokenizer=tokenizer,
        revision=loaded.revision,
        task=task,
        problems=kept,
        policy=policy,
        end_ids=end,
        draws=sampler == "loop" or (sampler == "auto" and not torch.cuda.is_available()),
        too_long=len(problems) - len(kept),
        longest_prompt=max((len(one.prompt_ids) for one in problems), default=0),
        rebuilt=place.gguf_file is not None,
    )


def _context_length(model: Any) -> int | None:
    length: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return length


def _most_tokens(recipe: RLRecipe) -> int:
    return int(recipe.grpo.get("max_completion_length") or GRPOConfig.max_completion_length)


def ask(recipe: RLRecipe, task: Task, tokenizer: Any) -> list[Asked]:
    """Every problem in the recipe's template."""
    reads = str(tokenizer.init_kwargs.get("prompt_language", "natural"))
    asked = []
    for problem in task.problems:
        prompt = put(recipe.template, task, problem, reads)
        rendered = tokens.render(tokenizer, prompt, recipe.model)
        asked.append(
            Asked(
                problem_id=problem.id,
                question=problem.question,
                gold=problem.gold,
                answer_type=task.answer_type,
                prompt=rendered,
                prompt_ids=tuple(tokens.encode(tokenizer, prompt, recipe.model)),
                prefilled=rendered.rstrip().endswith(tuple(tags.opening for tags in TAGS)),
                answer_tags=reads == "nano" or "<answer>" in rendered,
                language=recipe.language,
            )
        )
    return asked


def with_lora(model: Any, lora: Mapping[str, Any], seed: int) -> Any:
    """``lora`` goes to peft's LoraConfig under its own names."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **lora))
