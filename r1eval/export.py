"""`r1eval export`: a run's samples in other formats."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--to", "kind", type=click.Choice(["jsonl", "parquet", "lm-eval"]), required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE")
@click.option("--grader", metavar="NAME", help="Whose verdicts. [default: those in results.json]")
def export(run: Path, kind: str, out: Path, grader: str | None) -> None:
    """Write one row per sample of RUN: its text, verdict, answer, tokens, seed and how it
    finished. --to lm-eval writes one row per problem, as lm-eval's --log_samples does.
    """
    from bridges.lm_eval.samples import write_samples
    from evals.export import write_jsonl, write_parquet
    from evals.results import grader_of
    from r1eval.plural import counted
    from runs import record

    record.read(run)
    write = {"jsonl": write_jsonl, "parquet": write_parquet, "lm-eval": write_samples}[kind]
    rows = write(run, out, grader or grader_of(run))
    click.echo(f"{counted(rows, 'problem' if kind == 'lm-eval' else 'sample')} written to {out}")
