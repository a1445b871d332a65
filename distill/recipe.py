"""What `r1eval distill` is told: how a teacher is asked, filters, what is mixed in, a student and
TRL's values for its training. A stage that is given alone reads its part.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from distill.chain import Use
from distill.generate import Generation
from distill.mix import EMPTY, Part
from rl.recipe import Evaluation
from rl.values import check_values
from tasks.schema import Strict

RESERVED = {
    "output_dir": "--out says it",
    "report_to": "it stands beside sft",
    "packing": "examples share a row without padding anyway, and none sees another",
    "padding_free": "examples share a row without padding anyway",
    "completion_only_loss": "the prompt is never trained on",
    "max_length": "nothing is cut; over_long says what is too long",
    "remove_unused_columns": "the trainer needs the columns",
}
"""What the recipe or the command line says elsewhere, or the trainer does in its own way."""


OF_THE_TEACHER = {
    "output_dir": "--out says it",
    "report_to": "it stands beside on_policy",
    "teacher_model_name_or_path": "teacher says it",
    "teacher_model_revision": "revision says it",
    "teacher_model_init_kwargs": "dtype says it",
    "remove_unused_columns": "the trainer needs the columns",
}


class OverLong(Strict):
    """Traces longer than ``tokens`` (the student's context, if it is not given) are left out whole
    and counted; when their share is above ``refuse_above``, nothing is trained.
    """

    tokens: PositiveInt | None = None
    refuse_above: float = Field(default=0.05, ge=0, le=1)


class Additions(Strict):
    """What is mixed with the traces that were kept, which have the share ``kept``."""

    kept: PositiveFloat = 1.0
    parts: tuple[Part, ...] = Field(min_length=1)
    total: PositiveInt | None = None
    seed: int = 0
    empty_thought: str = EMPTY


class Judged(Strict):
    """A model that is asked about answers where no rule applies, before the filters."""

    model: str
    votes: PositiveInt = 3

    @field_validator("votes")
    @classmethod
    def _odd(cls, votes: int) -> int:
        if votes % 2 == 0:
            raise ValueError("an even number of votes can tie: give an odd one")
        return votes


class OnPolicy(Strict):
    """In place of traces: the student answers ``tasks``, and ``teacher``, which must have its
    tokens, says how likely each next one is. ``distillation`` goes to TRL's DistillationConfig.
    """

    teacher: str
    revision: str | None = None
    tasks: tuple[str, ...] = Field(min_length=1)
    limit: PositiveInt | None = None
    distillation: Mapping[str, Any] = Field(default_factory=dict)

    @field_validator("distillation")
    @classmethod
    def _distillation_keys(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        from trl import DistillationConfig

        check_values(given, DistillationConfig, OF_THE_TEACHER)
        return given


class DistilRecipe(Strict):
    """``model`` is the student; ``traces`` are files, in place of ``generate`` where they are
    given; ``sft`` goes to TRL's SFTConfig under TRL's own names. With ``on_policy`` there are no
    traces. ``parameters`` and ``processes`` are as in `rl.recipe.RLRecipe`; ``template`` is the
    protocol that held-out problems are put by.
    """

    title: str = ""
    model: str
    revision: str | None = None
    parameters: float | None = None
    processes: PositiveInt = 1
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "float32"
    template: str = "chat"
    generate: Generation | None = None
    traces: tuple[Path, ...] = ()
    judge: Judged | None = None
    filters: tuple[Use, ...] = ()
    mix: Additions | None = None
    over_long: OverLong = OverLong()
    sft: Mapping[str, Any] = Field(default_factory=dict)
    on_policy: OnPolicy | None = None
    lora: Mapping[str, Any] | None = None
    eval: Evaluation | None = None
    report_to: tuple[str, ...] = ("tensorboard",)
    keep_checkpoints: PositiveInt = 2

    @model_validator(mode="after")
    def _traces_or_not(self) -> Self:
        if self.on_policy is not None:
            for name in ("generate", "traces", "judge", "filters", "mix", "sft"):
                if getattr(self, name):
                    raise ValueError(f"{name} does not go with on_policy, which takes no traces")
        return self

    @field_validator("sft")
    @classmethod
    def _sft_keys(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        from trl import SFTConfig

        check_values(given, SFTConfig, RESERVED)
        return given
