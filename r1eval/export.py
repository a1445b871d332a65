"""`r1eval export`: a run's samples in other formats."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--to", "kind", type=click.Choice(["jsonl", "parquet"]), required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE")
def export(run: Path, kind: str, out: Path) -> None:
    """Write one row per sample of RUN: its text, verdict, answer, tokens, seed and how it
    finished.
    """
    from evals.export import write_jsonl, write_parquet
    from runs import record

    record.read(run)
    rows = {"jsonl": write_jsonl, "parquet": write_parquet}[kind](run, out)
    click.echo(f"{rows} samples written to {out}")
