"""What `r1eval rl` is told: a recipe of model, data, template, rewards and GRPO's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from rl.values import check_values
from tasks.schema import Strict

RESERVED = {
    "output_dir": "--out says it",
    "reward_weights": "each reward has its weight",
    "report_to": "it stands beside grpo",
    "remove_unused_columns": "the trainer needs the columns",
}
"""What the recipe or the command line says elsewhere, and where."""


class Reward(Strict):
    """One term of the weighted sum. ``use``: a name of `rl.rewards`, or ``file.py:function`` of
    TRL's signature; ``args`` go to those that take some. ``name``: what it is logged as.
    ``problems``: paid for ``all`` of them, for those with a ``gold`` answer, or for ``open`` ones
    without; ``begin``: from this share of the training on.
    """

    use: str
    weight: float = 1.0
    args: Mapping[str, Any] = Field(default_factory=dict)
    name: str | None = None
    problems: Literal["all", "gold", "open"] = "all"
    begin: float = Field(default=0.0, ge=0, lt=1)


class Data(Strict):
    """The problems that are trained on: a task, a file or ``file.py:function``, as `eval --task`
    takes them; some may lack a gold answer, which a reward of preferences pays for.
    """

    task: str
    limit: PositiveInt | None = None


class Rollouts(Strict):
    """How completions are drawn and which are trained on.

    ``sampler``: ``loop`` draws with our own loop, ``trl`` as TRL does, ``auto`` with the loop where
    there is no GPU. ``skip_signalless``: groups whose rewards are all equal are not trained on, the
    normaliser stays. ``dynamic_sampling``: such groups are replaced by others, up to so many times
    (DAPO, arXiv 2503.14476).
    """

    sampler: Literal["auto", "loop", "trl"] = "auto"
    skip_signalless: bool = False
    dynamic_sampling: NonNegativeInt = 0


class Evaluation(Strict):
    """Held-out problems, asked before and after; with ``every`` also after so many steps each, then
    with ``every_samples``.
    """

    task: str
    limit: PositiveInt | None = None
    samples: PositiveInt = 16
    temperature: float = 1.0
    max_tokens: PositiveInt | None = None
    every: NonNegativeInt = 0
    every_samples: PositiveInt = 4


class RLRecipe(Strict):
    """``grpo`` goes to TRL's GRPOConfig under TRL's own names. ``language``: what the thought is to
    be written in, for the reward of that name (``ascii`` or ``han`` on nano). ``parameters`` is for
    the plan alone, where the model is not at hand; ``processes`` says how many its batches are
    meant for.
    """

    title: str = ""
    model: str
    revision: str | None = None
    parameters: float | None = None
    processes: PositiveInt = 1
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "float32"
    template: str
    language: str = "en"
    data: Data
    rewards: tuple[Reward, ...] = Field(min_length=1)
    grpo: Mapping[str, Any] = Field(default_factory=dict)
    lora: Mapping[str, Any] | None = None
    rollouts: Rollouts = Rollouts()
    eval: Evaluation | None = None
    report_to: tuple[str, ...] = ("tensorboard",)
    samples_every: PositiveInt = 10
    keep_checkpoints: PositiveInt = 2

    @model_validator(mode="before")
    @classmethod
    def _has_a_model(cls, given: Any) -> Any:
        if isinstance(given, dict) and "model" not in given:
            raise ValueError("it names no model: put it on one (--on nano, smollm2, 1.5b, 7b, 32b)")
        return given

    @field_validator("grpo")
    @classmethod
    def _grpo_keys(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        from trl import GRPOConfig

        check_values(given, GRPOConfig, RESERVED)
        return given

    @model_validator(mode="after")
    def _replaced_or_skipped(self) -> Self:
        if self.rollouts.skip_signalless and (couples := what_couples_rows(self.grpo)):
            raise ValueError(f"skip_signalless does not go with {couples}")
        if self.rollouts.dynamic_sampling:
            if self.grpo.get("scale_rewards") == "batch":
                raise ValueError(
                    "dynamic_sampling does not go with scale_rewards batch: what replaces a group "
                    "would be scaled by other rewards than the rest"
                )
            if self.grpo.get("multi_objective_aggregation") == "normalize_then_sum":
                raise ValueError(
                    "dynamic_sampling does not go with multi_objective_aggregation "
                    "normalize_then_sum, which scales by the whole batch"
                )
        return self


def what_couples_rows(grpo: Mapping[str, Any]) -> str:
    """The value by which a row's part of the loss depends on which rows share its batch, or ``""``.
    There batches stay as TRL makes them, and none of their rows can be left out.
    """
    if grpo.get("loss_type") == "bnpo":
        return "loss_type bnpo, whose mean is over the tokens of a batch"
    if grpo.get("top_entropy_quantile", 1.0) < 1:
        return "top_entropy_quantile, which ranks the tokens of a batch"
    if grpo.get("entropy_coef") or grpo.get("use_adaptive_entropy"):
        return "an entropy bonus, whose mean is over the tokens of a batch"
    return ""
