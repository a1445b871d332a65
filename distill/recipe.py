"""What `r1eval distill` is told: how a teacher is asked, filters, what is mixed in, a student and
TRL's values for its training. A stage that is given alone reads its part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator

from distill.chain import Use
from distill.generate import Generation
from distill.mix import EMPTY, Part
from rl.recipe import Evaluation
from tasks.schema import Strict, nearest

RESERVED = {
    "output_dir": "--out",
    "report_to": "report_to beside sft",
    "packing": "nothing: rows alike in length are trained on together, and none shares a row",
    "padding_free": "nothing: rows alike in length are trained on together",
    "completion_only_loss": "nothing: the prompt is never trained on",
    "max_length": "over_long: nothing is cut",
    "remove_unused_columns": "nothing: the trainer needs the columns",
}
"""What the recipe or the command line says elsewhere, or the trainer does in its own way."""


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


class DistilRecipe(Strict):
    """``model`` is the student; ``traces`` are files, in place of ``generate`` where they are
    given; ``sft`` goes to TRL's SFTConfig under TRL's own names. ``parameters`` and ``processes``
    are as in `rl.recipe.RLRecipe`; ``template`` is the protocol that held-out problems are put by.
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
    filters: tuple[Use, ...] = ()
    mix: Additions | None = None
    over_long: OverLong = OverLong()
    sft: Mapping[str, Any] = Field(default_factory=dict)
    lora: Mapping[str, Any] | None = None
    eval: Evaluation | None = None
    report_to: tuple[str, ...] = ("tensorboard",)
    keep_checkpoints: PositiveInt = 2

    @field_validator("sft")
    @classmethod
    def _sft_keys(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        from trl import SFTConfig

        known = {field.name: field.default for field in fields(SFTConfig) if field.init}
        for key, value in given.items():
            if key in RESERVED:
                raise ValueError(f"{key!r} is said by {RESERVED[key]}")
            if key not in known:
                near = nearest(str(key), known)
                hint = f"did you mean {near[0]!r}?" if near else "no such key in trl.SFTConfig"
                raise ValueError(f"unknown key {key!r}: {hint}")
            is_number = type(known[key]) in (int, float)
            if is_number and not isinstance(value, (int, float, NoneType)):
                raise ValueError(f"{key}: {value!r} is no number")
        return given
