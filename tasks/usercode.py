"""The user's own code, named as `file.py:function`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from tasks.errors import UserError


def load_function(spec: str) -> Callable[..., Any]:
    """The function that `file.py:function` names. Raises UserError when there is none.

    The file is run once, and again only after it was changed. Whatever it raises then is reported
    as the user's, in one line.
    """
    file, _, name = spec.rpartition(":")
    path = Path(file)
    if not path.is_file():
        raise UserError(f"no such file: {path} (in {spec})")
    function = getattr(_run(path.resolve(), path.stat().st_mtime_ns), name, None)
    if not callable(function):
        raise UserError(f"{path} has no function {name!r}")
    return cast(Callable[..., Any], function)


def call(function: Callable[..., Any], spec: str, *arguments: Any) -> Any:
    """What the user's function returns. Raises UserError, in one line, for whatever it raises.

    >>> call(len, "mine.py:length", 7)
    Traceback (most recent call last):
    tasks.errors.UserError: mine.py:length failed: TypeError: object of type 'int' has no len()
    """
    try:
        return function(*arguments)
    except Exception as error:  # anything may be wrong with code that is not ours
        raise UserError(f"{spec} failed: {_in_one_line(error)}") from error


@cache
def _run(path: Path, changed: int) -> ModuleType:
    """The module that a file makes; ``changed`` tells its versions apart."""
    name = f"user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None  # both are there for a path that ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        raise UserError(f"{path} cannot be imported: {_in_one_line(error)}") from error
    return module


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
