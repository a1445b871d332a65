"""Options of commands that may ask a judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tasks.grading.judge import Judge

Command = TypeVar("Command", bound=Callable[..., Any])


def _odd(_: click.Context, __: click.Parameter, value: int | None) -> int | None:
    if value is not None and value % 2 == 0:
        raise click.BadParameter("an even number of votes can tie: give an odd one")
    return value


def with_judge(command: Command) -> Command:
    """``--judge`` and ``--judge-votes``, which the command gets as judge_model and judge_votes."""
    command = click.option(
        "--judge-votes",
        type=click.IntRange(1),
        callback=_odd,
        metavar="N",
        help="Odd; more than half of them decide. [default: 3]",
    )(command)
    return click.option(
        "--judge",
        "judge_model",
        metavar="MODEL",
        help="Ask this model about answers that no rule decides: two that are words and differ, or "
        "unsure ones.",
    )(command)


def open_judge(model: str | None, votes: int | None) -> Judge | None:
    """Loaded before anything is graded, so that a misspelt name costs no time; ``None`` where none
    is named.
    """
    if model is None:
        if votes is not None:
            raise click.UsageError("--judge-votes needs --judge MODEL")
        return None
    from runs.judge import open_asker
    from tasks.grading.judge import Judge

    return Judge(open_asker(model), votes or 3)
