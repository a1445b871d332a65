"""`r1eval distill train`: a student on its traces."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from r1eval.rl import changes_of

if TYPE_CHECKING:
    from distill.recipe import DistilRecipe
    from distill.sft import Student

FILE = "sft.json"


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option(
    "--traces",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="In place of the recipe's; may be given again.",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    callback=changes_of,
    metavar="KEY=VALUE",
    help="A value of the recipe, like sft.max_steps=30; may be given again.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where it is written.")
@click.option("--dry-run", is_flag=True, help="Print the recipe as it is settled, and do nothing.")
def train(
    recipe: str, traces: tuple[Path, ...], changes: dict[str, Any], out: Path | None, dry_run: bool
) -> int:
    """Train a student on filtered traces: nano, smollm2, qwen-1.5b, qwen-7b, qwen-14b, qwen-32b,
    llama-8b, llama-70b, or your own YAML.

    \b
    r1eval distill train nano --traces out/kept.jsonl --out out/student

    Held-out problems are evaluated before and after. Stop with Ctrl-C or lose the machine, then
    give the same command again: it goes on from the last checkpoint.
    """
    from distill.recipe import DistilRecipe
    from runs.recipe import merge, read_recipe
    from tasks.errors import UserError

    given = {"traces": [str(path) for path in traces]} if traces else {}
    settled = read_recipe(recipe, DistilRecipe, "distill", (), merge(changes, given))
    if dry_run:
        import yaml

        dumped = settled.model_dump(mode="json")
        click.echo(yaml.safe_dump(dumped, sort_keys=False, allow_unicode=True))
        return 0
    if out is None:
        raise UserError("give --out DIR, where the training is written")
    return train_student(settled, out)


def train_student(recipe: DistilRecipe, out: Path) -> int:
    """Train, with evaluations before and after."""
    from distill.sft import load_student
    from distill.sft import train as train_on
    from distill.watch import Watch
    from r1eval.rl import evaluate
    from rl import record
    from rl.train import MODEL
    from runs.record import sole_writer

    student = load_student(recipe)
    out.mkdir(parents=True, exist_ok=True)
    if int(os.environ.get("RANK", "0")):  # accelerate launch: the first process writes
        train_on(student, out)
        return 0
    with sole_writer(out):
        record.begin(out, recipe, student.revision, FILE)
        _say(student)
        alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
        if recipe.eval is not None and alone:
            evaluate(recipe.eval, recipe.template, recipe.model, out / "eval" / "base")
        if not (out / MODEL).is_dir():
            train_on(student, out, callbacks=[Watch(out)])
        if recipe.eval is not None and alone:
            evaluate(recipe.eval, recipe.template, str(out / MODEL), out / "eval" / "trained")
    click.echo(f"The student is in {out / MODEL}.")
    if recipe.eval is not None and alone:
        click.echo(f"r1eval compare {out / 'eval' / 'base'} {out / 'eval' / 'trained'}")
    return 0


def _say(student: Student) -> None:
    from r1eval.plural import counted

    lengths = [len(row) for row in student.rows]
    click.echo(
        f"{counted(len(lengths), 'trace')}, {student.trained_tokens:,} tokens to train on, "
        f"{sum(lengths) / len(lengths):.0f} on average with their prompts, {max(lengths):,} at most"
        + (f" of {student.most:,}" if student.most else ""),
        err=True,
    )
    if student.too_long:
        click.echo(
            f"{counted(student.too_long, 'trace')} of more than {student.most:,} tokens left out",
            err=True,
        )
