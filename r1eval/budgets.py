"""The options about budgets that `eval` and `rescore` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def _read(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Budgets as numbers of tokens, rising."""
    from runs.forcing import read_budgets

    return () if value is None else read_budgets(value)


_OPTIONS = (
    click.option(
        "--budgets",
        callback=_read,
        metavar="B[,B2]",
        help="Tokens of thought, like 512,1k,2k: figures at each, up to what the samples reach.",
    ),
    click.option(
        "--budget-mode",
        type=click.Choice(["truncate", "force", "extend"]),
        default="truncate",
        show_default=True,
        help="A thought that does not end within a budget: counts as truncated, or is cut there "
        "and made to answer; extend also lengthens thoughts that ended early.",
    ),
    click.option(
        "--wait",
        metavar="TEXT",
        help="What extend puts in place of a thought's end. [default: the protocol's, 'Wait']",
    ),
    click.option(
        "--waits",
        type=click.IntRange(1),
        metavar="N",
        help="How often extend does so at most. [default: the protocol's, 2]",
    ),
)


def budget_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command ``budgets``, ``budget_mode``, ``wait`` and ``waits``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
