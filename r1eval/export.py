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
    from bridges.lm_eval import samples
    from evals.export import rows, write_parquet
    from evals.results import grader_of
    from r1eval.plural import counted
    from runs import record
    from runs.files import write_jsonl

    record.read(run)
    whose = grader or grader_of(run)
    match kind:
        case "parquet":
            count = write_parquet(run, out, whose)
        case "lm-eval":
            count = write_jsonl(out, samples.rows(run, whose))
        case _:
            count = write_jsonl(out, rows(run, whose))
    click.echo(f"{counted(count, 'problem' if kind == 'lm-eval' else 'sample')} written to {out}")
