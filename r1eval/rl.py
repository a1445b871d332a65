"""`r1eval rl`: train a reasoning teacher with GRPO."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from r1eval.recipes import folder, print_recipe, with_changes, with_dry_run, with_out

if TYPE_CHECKING:
    from rl.load import Loaded
    from rl.recipe import Evaluation, RLRecipe


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option(
    "--on",
    "scales",
    multiple=True,
    metavar="SCALE",
    help="What RECIPE is put on: nano, smollm2, 1.5b, 7b, 32b, v3 or a YAML file; its values win.",
)
@with_changes("grpo.max_steps=30")
@with_out
@with_dry_run("the plan with its formulas")
@click.option(
    "--preflight/--no-preflight",
    default=True,
    help="Look for what would waste hours. [default: do]",
)
@click.option("--stop-on-collapse", is_flag=True, help="End as soon as a collapse is recognised.")
def rl(
    recipe: str,
    scales: tuple[str, ...],
    changes: dict[str, Any],
    out: Path | None,
    dry_run: bool,
    preflight: bool,
    stop_on_collapse: bool,
) -> int:
    """Train by GRPO with TRL: r1-zero, r1-reasoning, dr-grpo, dapo, gspo, cispo, or your own YAML.

    \b
    r1eval rl r1-zero --on nano --out out/r1-zero
    r1eval rl r1-zero --on 7b --dry-run

    Held-out problems are evaluated before and after. Stop with Ctrl-C or lose the machine, then
    give the same command again: it goes on from the last checkpoint.
    """
    from rl.recipe import RLRecipe
    from runs.recipe import read_recipe

    settled = read_recipe(recipe, RLRecipe, "rl", scales, changes)
    if dry_run:
        return _print_plan(settled)
    return _train(settled, folder(out), preflight, stop_on_collapse)


def _print_plan(recipe: RLRecipe) -> int:
    from rich.console import Console
    from rich.table import Table

    from rl.plan import plan
    from rl.train import config_of
    from runs.models import find_model
    from sampling.loading import count_parameters
    from tasks.errors import UserError

    print_recipe(recipe)
    parameters = recipe.parameters
    if parameters is None:
        try:
            parameters = count_parameters(find_model(recipe.model, recipe.revision))
        except UserError:
            parameters = None
    table = Table(title=f"Plan, {recipe.processes} process{'es' * (recipe.processes > 1)}")
    for column in ("", "value", "formula"):
        table.add_column(column, overflow="fold")
    for line in plan(recipe, config_of(recipe, Path()), parameters):
        table.add_row(line.what, line.value, line.formula)
    Console(highlight=False, markup=False).print(table)
    return 0


def _train(recipe: RLRecipe, out: Path, look: bool, stop_on_collapse: bool) -> int:
    from rl import record
    from rl.checkpoints import MODEL
    from rl.load import load_recipe
    from rl.train import config_of, train
    from runs.record import sole_writer

    config = config_of(recipe, out)
    loaded = load_recipe(recipe)
    out.mkdir(parents=True, exist_ok=True)
    if int(os.environ.get("RANK", "0")):  # accelerate launch: the first process looks and writes
        train(loaded, out, stop_on_collapse)
        return 0
    with sole_writer(out):
        done = (out / MODEL).is_dir()
        if look and not (out / record.FILE).is_file():
            _check(loaded, config)
        record.begin(out, recipe, loaded.revision)
        alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
        if recipe.eval is not None and alone:
            evaluate(recipe.eval, recipe.template, recipe.model, out / "eval" / "base")
        if not done:
            train(loaded, out, stop_on_collapse)
        if recipe.eval is not None and alone:
            evaluate(recipe.eval, recipe.template, str(out / MODEL), out / "eval" / "trained")
        _draw(out, recipe.eval is not None and alone)
    return 0


def _draw(out: Path, evaluated: bool) -> None:
    """The curves, and both evaluations in one plot."""
    from evals.results import read_results
    from rl.journal import HELDOUT, LOG, read_lines
    from rl.plots import draw_pass_at_k, draw_training

    names = ("base", "trained") if evaluated else ()
    metrics = {n: read_results(out / "eval" / n)["tasks"][0]["metrics"] for n in names}
    heldout = {name: of["pass@1"] for name, of in metrics.items()}
    for suffix in (".png", ".svg"):
        log, between = read_lines(out / LOG), read_lines(out / HELDOUT)
        draw_training({out.name: [log]}, out / f"training{suffix}", heldout, between)
        if metrics:
            draw_pass_at_k(metrics, out / f"pass_at_k{suffix}")
    click.echo(f"The training is in {out} (model/, log.jsonl, samples.jsonl, training.png).")
    if metrics:
        print_gain(out)


def _check(loaded: Loaded, config: Any) -> None:
    from r1eval.doctor import print_findings
    from rl.preflight import preflight
    from tasks.errors import UserError

    if errors := print_findings(preflight(loaded, config)):
        raise UserError(f"not trained, since it would be for nothing: {errors[0]}")


def print_gain(out: Path) -> None:
    """What a training made of its model on held-out problems."""
    from evals.compare import compare
    from evals.load import outcomes
    from evals.wording import in_points

    runs = [out / "eval" / name for name in ("base", "trained")]
    click.echo(
        f"pass@1 after less before, by problem: {in_points(compare(*map(outcomes, runs))[0])}"
    )
    click.echo(f"All figures: r1eval compare {runs[0]} {runs[1]}")


def evaluate(asked: Evaluation, template: str, model: str, out: Path) -> None:
    """Held-out problems as a run in ``out``, printed; one that is whole is not done again."""
    from r1eval.running import run_and_print
    from runs.recipe import where
    from runs.settings import RunSettings

    run_and_print(
        RunSettings(
            model=model,
            tasks=(where(asked.task),),
            out=out,
            samples=asked.samples,
            protocol=template,
            limit=asked.limit,
            temperature=asked.temperature,
            top_p=1.0,
            max_tokens=asked.max_tokens,
        )
    )
