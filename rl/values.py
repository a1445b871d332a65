"""What a recipe hands to a configuration of TRL's under TRL's own names: looked at before anything
is loaded, then made into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar

import torch

from tasks.errors import UserError
from tasks.schema import nearest

Config = TypeVar("Config")


def check_values(given: Mapping[str, Any], config: type, reserved: Mapping[str, str]) -> None:
    """Raises ValueError on a key that ``config`` does not have, naming the nearest; on one of
    ``reserved``, with what stands there in its place; on a word where a number is meant.

    >>> from trl import SFTConfig
    >>> check_values({"learning_rat": 1e-4}, SFTConfig, {})
    Traceback (most recent call last):
    ValueError: unknown key 'learning_rat': did you mean 'learning_rate'?
    """
    known = {field.name: field.default for field in fields(config) if field.init}
    for key, value in given.items():
        if key in reserved:
            raise ValueError(f"{key!r} is not set here: {reserved[key]}")
        if key not in known:
            near = nearest(str(key), known)
            hint = f"did you mean {near[0]!r}?" if near else f"no such key in trl.{config.__name__}"
            raise ValueError(f"unknown key {key!r}: {hint}")
        is_number = type(known[key]) in (int, float)
        if is_number and not isinstance(value, (int, float, NoneType)):
            raise ValueError(f"{key}: {value!r} is no number")


def make_config(
    config: Callable[..., Config], given: Mapping[str, Any], out: Path, section: str, **fixed: Any
) -> Config:
    """``config`` of what the recipe gives, of what is ``fixed``, and of what a machine without a
    GPU needs. Raises UserError, naming the recipe's ``section``, on values that do not go together.
    """
    usual: dict[str, Any] = {"disable_tqdm": True}
    usual["logging_nan_inf_filter"] = False  # a loss that is none shows as none
    if not torch.cuda.is_available():
        usual |= {"use_cpu": True, "bf16": False, "dataloader_pin_memory": False}
    try:
        return config(output_dir=str(out), **{**usual, **given, **fixed})
    except (ValueError, TypeError) as error:
        raise UserError(f"{section}: {error}") from error
