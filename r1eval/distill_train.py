"""`r1eval distill train`: a student on its traces."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from r1eval.recipes import folder, print_recipe, with_changes, with_dry_run, with_out

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
@with_changes("sft.max_steps=30")
@with_out
@with_dry_run("the recipe as it is settled")
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

    given = {"traces": [str(path) for path in traces]} if traces else {}
    settled = read_recipe(recipe, DistilRecipe, "distill", (), merge(changes, given))
    if dry_run:
        print_recipe(settled)
        return 0
    return train_student(settled, folder(out))


def train_student(recipe: DistilRecipe, out: Path) -> int:
    """Train, with evaluations before and after."""
    from distill.watch import Watch
    from r1eval.rl import evaluate, print_gain
    from rl import record
    from rl.checkpoints import MODEL
    from runs.record import sole_writer

    revision, train_in = _load(recipe)
    out.mkdir(parents=True, exist_ok=True)
    if int(os.environ.get("RANK", "0")):  # accelerate launch: the first process writes
        train_in(out)
        return 0
    with sole_writer(out):
        record.begin(out, recipe, revision, FILE)
        alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
        if recipe.eval is not None and alone:
            evaluate(recipe.eval, recipe.template, recipe.model, out / "eval" / "base")
        if not (out / MODEL).is_dir():
            train_in(out, callbacks=[Watch(out)])
        if recipe.eval is not None and alone:
            evaluate(recipe.eval, recipe.template, str(out / MODEL), out / "eval" / "trained")
    click.echo(f"The student is in {out / MODEL}.")
    if recipe.eval is not None and alone:
        print_gain(out)
    return 0


def _load(recipe: DistilRecipe) -> tuple[str, Callable[..., None]]:
    """The revision of the student, and what trains it in a folder."""
    if recipe.on_policy is not None:
        from distill import on_policy

        learner = on_policy.load_learner(recipe)
        click.echo(
            f"{len(learner.prompts):,} problems; a student of {learner.parameters:,} parameters, "
            f"a teacher of {learner.teacher_parameters:,}",
            err=True,
        )
        return learner.revision, partial(on_policy.train, learner)
    from distill import sft

    student = sft.load_student(recipe)
    _say(student)
    return student.revision, partial(sft.train, student)


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
