"""The user's own code, named as `file.py:function`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from tasks.errors import UserError


def load_function(spec: str) -> Callable[..., Any]:
    """The function that `file.py:function` names. Raises UserError when there is none.

    Whatever the file raises while it is imported is reported as the user's, in one line.
    """
    file, _, name = spec.rpartition(":")
    path = Path(file)
    if not path.is_file():
        raise UserError(f"no such file: {path} (in {spec})")
    name_there = f"user_{path.stem}"
    module_spec = importlib.util.spec_from_file_location(name_there, path)
    assert module_spec is not None
    assert module_spec.loader is not None  # both are there for a path that ends in .py
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name_there] = module  # where dataclasses look their module up
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        raise UserError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise UserError(f"{path} has no function {name!r}")
    return cast(Callable[..., Any], function)
