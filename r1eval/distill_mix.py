"""`r1eval distill mix`: several files of traces as one."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path), metavar="RECIPE")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
def mix(recipe: Path, out: Path) -> None:
    """Write the traces that RECIPE names, in its shares and a shuffled order, to FILE.

    \b
    parts:
      - {traces: reasoning.jsonl, share: 3}
      - {traces: writing.jsonl, share: 1, thought: empty}
    """
    from distill.mix import Mix
    from distill.mix import mix as write_mix
    from r1eval.plural import counted
    from runs.recipe import read_recipe

    taken = write_mix(read_recipe(str(recipe), Mix, "distill"), out)
    for part in taken:
        click.echo(f"{part.traces}: {part.taken:,} of {part.there:,}")
    click.echo(f"{counted(sum(part.taken for part in taken), 'trace')} written to {out}")
