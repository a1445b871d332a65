"""Recipes: YAML files that build on one another.

``extends`` names files that come first, in their order; later ones win, and mappings are merged key
by key, lists replaced whole. A name without a suffix is a file beside the recipe, or one that ships
in ``recipes/<kind>``::

    extends: [r1-zero, nano]      # what is trained for, and on what
    grpo: {max_steps: 60}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from tasks.errors import UserError
from tasks.schema import Strict, nearest

RECIPES = Path(__file__).parent.parent / "recipes"

Form = TypeVar("Form", bound=Strict)


class _Loader(yaml.SafeLoader):
    """YAML 1.1, but ``1e-5`` is a number as in YAML 1.2, not a word for want of point or sign."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def read_yaml(text: str) -> Any:
    """
    >>> read_yaml("{a: 1e-5, b: 1.5e3, c: e5, d: 0x1f}")
    {'a': 1e-05, 'b': 1500.0, 'c': 'e5', 'd': 31}

    Raises yaml.YAMLError.
    """
    return yaml.load(text, Loader=_Loader)


def shipped(kind: str) -> list[str]:
    """The recipes of a kind that ship with the package."""
    return sorted(path.stem for path in (RECIPES / kind).glob("*.yaml"))


def read_recipe(
    name: str,
    form: type[Form],
    kind: str,
    extra: Sequence[str] = (),
    change: Any = None,
    section: str = "",
) -> Form:
    """The recipe of this name or path, then those of ``extra``, then the keys of ``change``. Where
    it has a ``section`` of this name, that alone is meant, and ``change`` changes it.

    Raises UserError naming what is wrong and what may have been meant.
    """
    merged: dict[str, Any] = {}
    for one in (name, *extra):
        merged = merge(merged, _read(find(one, kind), kind, ()))
    if isinstance(merged.get(section), dict):
        merged = merged[section]
    return check(merge(merged, change or {}), form, name)


def find(name: str, kind: str, beside: Path | None = None) -> Path:
    """Where the recipe of this name is. Raises UserError when it is nowhere."""
    given = Path(name)
    if given.suffix in {".yaml", ".yml"}:
        path = given if given.is_absolute() or beside is None else beside / given
        if path.is_file():
            return path
        raise UserError(f"no such recipe: {path}")
    places = [*([beside] if beside else []), RECIPES / kind]
    for place in places:
        if (path := place / f"{name}.yaml").is_file():
            return path
    known = shipped(kind)
    near = nearest(name, known)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}, or a YAML file"
    raise UserError(f"unknown recipe {name!r}: {hint}")


def where(spec: str) -> str:
    """A ``file.py:function`` that ships beside the recipes is found from anywhere.

    >>> where("gym.py:sums").endswith("recipes/rl/gym.py:sums"), where("aime24")
    (True, 'aime24')
    """
    file, colon, name = spec.rpartition(":")
    if not (colon and file.endswith(".py")) or Path(file).is_file():
        return spec
    shipped_there = sorted(RECIPES.glob(f"*/{file}")) if not Path(file).is_absolute() else []
    return f"{shipped_there[0]}:{name}" if shipped_there else spec


def merge(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """``first`` with what ``then`` says otherwise.

    >>> merge({"a": {"b": 1, "c": 2}, "d": [1, 2]}, {"a": {"b": 3}, "d": [4]})
    {'a': {'b': 3, 'c': 2}, 'd': [4]}
    """
    merged = dict(first)
    for key, value in then.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(before, value) if both else value  # type: ignore[arg-type]
    return merged


def check(given: Mapping[str, Any], form: type[Form], name: str) -> Form:
    """``given`` in its form. Raises UserError naming the place and the fault."""
    try:
        return form.model_validate(given)
    except ValidationError as error:
        # A misspelt key is also a missing one: name the misspelling.
        first = min(error.errors(), key=lambda fault: fault["type"] == "missing")
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{name}: {place + ': ' if place else ''}{message}") from error


def _read(path: Path, kind: str, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path in seen:
        raise UserError(f"{path} extends itself")
    try:
        given = read_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(given, dict):
        raise UserError(f"{path}: a recipe holds keys and values")
    first = given.pop("extends", [])
    if isinstance(first, str):
        first = [first]
    merged: dict[str, Any] = {}
    for name in first:
        merged = merge(merged, _read(find(str(name), kind, path.parent), kind, (*seen, path)))
    return merge(merged, given)
