"""`r1eval distill generate`: a teacher's samples, and the traces they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from r1eval.recipes import with_changes

if TYPE_CHECKING:
    from distill.generate import Generation

TRACES = "traces.jsonl"


@click.command()
@click.argument("recipe", metavar="RECIPE")
@with_changes("samples=8")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="RUN")
def generate(recipe: str, changes: dict[str, Any], out: Path) -> int:
    """Ask a teacher as RECIPE or its part `generate` says, and write RUN/traces.jsonl, verdicts and
    all.

    RUN is a run as `r1eval eval` makes it: stop at any time, and the same command goes on. With
    `accepted: 2` a problem with two correct samples is asked no more.
    """
    from distill.generate import Generation
    from runs.recipe import read_recipe

    return make_traces(read_recipe(recipe, Generation, "distill", (), changes, "generate"), out)


def make_traces(asked: Generation, out: Path) -> int:
    """Returns the exit code of the run."""
    from distill.generate import plan_round, traces_of
    from distill.traces import write_traces
    from evals.results import grader_of
    from r1eval.plural import counted
    from r1eval.running import run_and_print

    accepted, most = asked.accepted, asked.samples

    def plan(grader: str) -> bool:
        return accepted is not None and plan_round(out, grader, accepted, most)

    code = run_and_print(asked.settings(out), plan=plan)
    number = write_traces(out / TRACES, traces_of(out, grader_of(out)))
    click.echo(f"{counted(number, 'trace')} written to {out / TRACES}")
    return code
