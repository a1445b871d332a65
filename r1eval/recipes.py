"""Options that commands which take a recipe share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tasks.schema import Strict

Command = TypeVar("Command", bound=Callable[..., Any])


def with_changes(example: str) -> Callable[[Command], Command]:
    """``--set KEY=VALUE``, as often as wanted; the command gets one mapping ``changes``."""
    return click.option(
        "--set",
        "changes",
        multiple=True,
        callback=_changes_of,
        metavar="KEY=VALUE",
        help=f"A value of the recipe, like {example}; may be given again.",
    )


def with_out(command: Command) -> Command:
    """``--out DIR``, which `folder` asks for once it is needed."""
    return click.option(
        "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where it is written."
    )(command)


def with_dry_run(what: str) -> Callable[[Command], Command]:
    return click.option("--dry-run", is_flag=True, help=f"Print {what}, and do nothing.")


def folder(out: Path | None) -> Path:
    """Raises UserError where none was given."""
    from tasks.errors import UserError

    if out is None:
        raise UserError("give --out DIR, where it is written")
    return out


def print_recipe(settled: Strict) -> None:
    """As it is once all files and changes are merged."""
    import yaml

    dumped = settled.model_dump(mode="json")
    click.echo(yaml.safe_dump(dumped, sort_keys=False, allow_unicode=True))


def _changes_of(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """`grpo.max_steps=30` as a mapping; what stands behind the sign is YAML."""
    import yaml

    from runs.recipe import merge, read_yaml

    made: dict[str, Any] = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE")
        try:
            nested: Any = read_yaml(text)
        except yaml.YAMLError as error:
            raise click.BadParameter(f"{value!r}: what stands behind = is not YAML") from error
        for part in reversed(key.split(".")):
            nested = {part: nested}
        made = merge(made, nested)
    return made
