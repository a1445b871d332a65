"""On-policy distillation: the student answers, the teacher says at every token how likely each next
one is to it, and the student is trained towards that, by TRL's DistillationTrainer.

The loss is TRL's own: with ``beta`` 1 the reverse KL divergence of the student from the teacher,
0 the forward one, between them the generalised Jensen-Shannon divergence (Agarwal et al., arXiv
2306.13649). What is ours: prompts as evaluation puts them, and replies drawn by our loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import logging as transformers_logging
from trl import DistillationConfig, DistillationTrainer

from distill.recipe import DistilRecipe, OnPolicy
from rl.checkpoints import WholeCheckpoints, train_and_save
from rl.load import with_lora
from rl.rollouts import Policy
from rl.values import make_config
from runs.models import find_model
from runs.recipe import where
from runs.seeds import sample_seed
from runs.templates import put
from sampling import tokens
from sampling.engine import Sampling
from sampling.loading import load
from sampling.unpacked import plain
from tasks.errors import UserError
from tasks.load import load_task


@dataclass(frozen=True)
class Learner:
    """A student that answers ``prompts``, as ids, and the teacher of its replies."""

    recipe: DistilRecipe
    model: Any
    tokenizer: Any
    revision: str
    teacher: Any
    prompts: list[list[int]]
    policy: Policy

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.model.parameters())

    @property
    def teacher_parameters(self) -> int:
        return sum(p.numel() for p in self.teacher.parameters())


def load_learner(recipe: DistilRecipe) -> Learner:
    """Raises UserError or ModelError on what the user can mend: a teacher with other tokens, no
    problem that leaves room for a reply.
    """
    asked = _of(recipe)
    place = find_model(recipe.model, recipe.revision)
    loaded = load(place, dtype=recipe.dtype, device="auto")
    teacher = load(find_model(asked.teacher, asked.revision), dtype=recipe.dtype, device="auto")
    if loaded.tokenizer.get_vocab() != teacher.tokenizer.get_vocab():
        raise UserError(
            f"{asked.teacher} reads other tokens than {recipe.model}: a teacher that says how "
            "likely each token is must have the student's tokenizer; distil by traces instead"
        )
    model = plain(loaded, place)
    if recipe.lora is not None:
        model = with_lora(model, recipe.lora, int(asked.distillation.get("seed", 42)))
    tokenizer = loaded.tokenizer
    end = tokens.end_ids(model.generation_config, tokenizer)
    padding = tokenizer.pad_token_id
    drawn_from = model.get_base_model() if recipe.lora is not None else model
    return Learner(
        recipe=recipe,
        model=model,
        tokenizer=tokenizer,
        revision=loaded.revision,
        teacher=teacher.model.requires_grad_(False),
        prompts=_prompts(recipe, asked, model, tokenizer),
        policy=Policy(drawn_from, end, min(end, default=0) if padding is None else padding),
    )


def _of(recipe: DistilRecipe) -> OnPolicy:
    if recipe.on_policy is None:
        raise UserError("the recipe names no on_policy: {teacher: …, tasks: […]}")
    return recipe.on_policy


def _prompts(recipe: DistilRecipe, asked: OnPolicy, model: Any, tokenizer: Any) -> list[list[int]]:
    reads = str(tokenizer.init_kwargs.get("prompt_language", "natural"))
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    config = config_of(recipe, Path())
    prompts = [
        list(tokens.encode(tokenizer, put(recipe.template, task, problem, reads), recipe.model))
        for task in (load_task(where(name), limit=asked.limit) for name in asked.tasks)
        for problem in task.problems
    ]
    room = None if context is None else context - (config.max_completion_length or 0)
    kept = [prompt for prompt in prompts if room is None or len(prompt) <= room]
    if not kept:
        raise UserError(
            f"no problem of {', '.join(asked.tasks)} leaves room for a reply of "
            f"{config.max_completion_length} tokens in a context of {context}"
        )
    return kept


def config_of(recipe: DistilRecipe, out: Path) -> DistillationConfig:
    """TRL's configuration. Raises UserError on values that do not go together."""
    return make_config(
        DistillationConfig,
        _of(recipe).distillation,
        out,
        "on_policy.distillation",
        report_to=list(recipe.report_to),
    )


class OnPolicyTrainer(WholeCheckpoints, DistillationTrainer):  # type: ignore[misc]
    """Rows of the data set carry as ``prompt`` the number of their prompt in ``prompts``."""

    def __init__(
        self,
        *args: Any,
        prompts: Sequence[list[int]],
        policy: Policy,
        keep_checkpoints: int = 2,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._prompts, self._policy = prompts, policy
        self.keep_checkpoints = keep_checkpoints

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [self._prompts[int(number)] for number in prompts], None, {}

    def _generate_single_turn(
        self,
        prompt_ids: list[list[int]],
        images: Any,
        multimodal_fields: Any,
        has_tool_images: bool = False,
    ) -> list[list[int]]:
        if self.use_vllm:
            replies: list[list[int]] = super()._generate_single_turn(
                prompt_ids, images, multimodal_fields, has_tool_images
            )
            return replies
        seed = sample_seed(self.args.seed, f"step {self.state.global_step}", 0)
        first = self.accelerator.process_index * len(prompt_ids)
        drawn = self._policy.draw(
            prompt_ids,
            [sample_seed(seed, "row", first + n) for n in range(len(prompt_ids))],
            Sampling(
                temperature=self.temperature,
                top_p=self.top_p,
                top_k=self.top_k or 0,
                min_p=self.min_p or 0.0,
                max_tokens=self.max_completion_length,
            ),
        )
        return [list(one.ids) for one in drawn]


def make_trainer(learner: Learner, config: DistillationConfig, **options: Any) -> OnPolicyTrainer:
    return OnPolicyTrainer(
        model=learner.model,
        teacher_model=learner.teacher,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": [str(n) for n in range(len(learner.prompts))]}),
        processing_class=learner.tokenizer,
        prompts=learner.prompts,
        policy=learner.policy,
        keep_checkpoints=learner.recipe.keep_checkpoints,
        **options,
    )


def train(learner: Learner, out: Path, **options: Any) -> None:
    """Train from the last whole checkpoint, if there is one, and write ``OUT/model``."""
    transformers_logging.disable_progress_bar()
    trainer = make_trainer(learner, config_of(learner.recipe, out), **options)
    train_and_save(trainer, learner.tokenizer, out)
