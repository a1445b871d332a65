"""`r1eval reward`: a reward model of preferences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from r1eval.recipes import folder, print_recipe, with_changes, with_dry_run, with_out


@click.command()
@click.argument("recipe", metavar="RECIPE")
@with_changes("training.max_steps=30")
@with_out
@with_dry_run("the recipe as it is settled")
def reward(recipe: str, changes: dict[str, Any], out: Path | None, dry_run: bool) -> int:
    """Train a reward model on pairs or on rated replies: helpful-nano, harmless-nano, or your own
    YAML. `{use: preference, args: {model: DIR}}` is then a reward of `r1eval rl`.

    \b
    r1eval reward helpful-nano --out out/helpful

    DIR/reward.json has its accuracy on what is held out. The same command goes on.
    """
    from rl.reward_model import CARD, RewardRecipe, read_card, train_reward
    from runs.recipe import read_recipe
    from runs.record import sole_writer

    settled = read_recipe(recipe, RewardRecipe, "reward", (), changes)
    if dry_run:
        print_recipe(settled)
        return 0
    place = folder(out)
    place.mkdir(parents=True, exist_ok=True)
    with sole_writer(place):
        card = read_card(place, settled) or train_reward(settled, place)
    figure = card["accuracy"]
    low, high = figure["ci95"]
    click.echo(
        f"{figure['value']:.1%} [{low:.1%}, {high:.1%}] of {figure['n']} held-out rows right; "
        f"chance is 50 %. {place / CARD}"
    )
    return 0
