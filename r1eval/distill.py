"""`r1eval distill`: from a teacher's traces to a trained student, a stage at a time."""

from __future__ import annotations

import click

from r1eval.distill_filter import filter_


@click.group()
def distill() -> None:
    """Traces of a teacher: filtered, with a ledger of what is dropped."""


distill.add_command(filter_)
