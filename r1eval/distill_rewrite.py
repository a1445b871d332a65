"""`r1eval distill rewrite`: traces in the words of a second model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from r1eval.recipes import with_changes


@click.command()
@click.argument("traces", type=click.Path(path_type=Path), metavar="TRACES")
@click.option("--by", "model", required=True, metavar="MODEL", help="As in r1eval eval.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="RUN")
@with_changes("max_tokens=4096")
def rewrite(traces: Path, model: str, out: Path, changes: dict[str, Any]) -> int:
    """Have MODEL write each trace anew so that it reads well, for a cold-start set;
    RUN/traces.jsonl holds them with verdicts of their own.

    \b
    r1eval distill rewrite out/zero/traces.jsonl --by deepseek:deepseek-chat --out out/rewritten

    RUN is a run as `r1eval eval` makes it: the same command goes on. Values of the recipe are those
    of `distill generate`. What does not keep to the form is left out, and RUN/left_out.jsonl says
    so.
    """
    from distill.generate import Generation
    from distill.rewrite import LEFT_OUT, rewritten, write_problems
    from distill.traces import write_traces
    from evals.results import grader_of
    from r1eval.distill_generate import TRACES
    from r1eval.plural import counted
    from r1eval.running import run_and_print
    from runs.recipe import check
    from tasks.errors import UserError

    given = {"model": model, "tasks": [str(write_problems(traces, out))], "template": "bare"}
    asked = check({**given, **changes}, Generation, "--set")
    if asked.samples > 1:
        raise UserError("a trace is rewritten once: samples=1")
    code = run_and_print(asked.settings(out))
    number = write_traces(out / TRACES, rewritten(out, traces, grader_of(out)))
    left_out = len((out / LEFT_OUT).read_text(encoding="utf-8").splitlines())
    if left_out:
        click.echo(f"{counted(left_out, 'reply')} left out: {out / LEFT_OUT} says why", err=True)
    if not number:
        raise UserError(f"{model} rewrote no trace in the form it was asked for")
    click.echo(f"{counted(number, 'trace')} written to {out / TRACES}")
    return code
