"""The options about budgets that `eval` and `rescore` share."""

from __future__ import annotations

from typing import Any

import click

MODE_OPTION: dict[str, Any] = {
    "type": click.Choice(["truncate", "force", "extend"]),
    "default": "truncate",
    "show_default": True,
    "help": "A thought that does not end within a budget: counts as truncated, or is cut there and "
    "made to answer; extend also lengthens thoughts that ended early.",
}
WAIT_OPTION: dict[str, Any] = {
    "metavar": "TEXT",
    "help": "What extend puts in place of a thought's end. [default: the protocol's, 'Wait']",
}
WAITS_OPTION: dict[str, Any] = {
    "type": click.IntRange(1),
    "metavar": "N",
    "help": "How often extend does so at most. [default: the protocol's, 2]",
}


def budgets_option(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Budgets as numbers of tokens, rising."""
    from runs.forcing import read_budgets

    return () if value is None else read_budgets(value)
