"""`r1eval distill RECIPE`: every stage, from a teacher to an exported student."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from r1eval.judging import open_judge
from r1eval.recipes import folder, print_recipe, with_changes, with_dry_run, with_out

if TYPE_CHECKING:
    from distill.recipe import DistilRecipe

KEPT, MIXED = "kept.jsonl", "mixed.jsonl"


@click.command()
@click.argument("recipe", metavar="RECIPE")
@with_changes("generate.samples=8")
@with_out
@with_dry_run("the recipe as it is settled")
def everything(recipe: str, changes: dict[str, Any], out: Path | None, dry_run: bool) -> int:
    """Ask a teacher, filter its traces, mix, train a student, evaluate both, export."""
    from distill.recipe import DistilRecipe
    from runs.recipe import read_recipe

    settled = read_recipe(recipe, DistilRecipe, "distill", (), changes)
    if dry_run:
        print_recipe(settled)
        return 0
    return _run(settled, folder(out))


def _run(recipe: DistilRecipe, out: Path) -> int:
    from distill.card import card
    from distill.export import export
    from evals.compare import compare
    from evals.load import outcomes
    from evals.results import read_results
    from evals.wording import in_points
    from r1eval.distill_generate import make_traces
    from r1eval.distill_train import train_student
    from r1eval.rl import evaluate
    from rl.checkpoints import MODEL

    code = 0
    teacher = None if recipe.on_policy is None else recipe.on_policy.teacher
    out.mkdir(parents=True, exist_ok=True)
    if recipe.generate is not None and not recipe.traces:
        code = make_traces(recipe.generate, out / "teacher")
        teacher = recipe.generate.model
    if recipe.eval is not None and teacher is not None:
        evaluate(recipe.eval, recipe.template, teacher, out / "eval" / "teacher")
    student = out / "student"
    traces = () if recipe.on_policy else _prepare(recipe, out)
    train_student(recipe.model_copy(update={"traces": traces}), student)
    runs = {
        "teacher": out / "eval" / "teacher",
        "before": student / "eval" / "base",
        "after": student / "eval" / "trained",
    }
    results = {n: read_results(run)["tasks"][0] for n, run in runs.items() if run.is_dir()}
    funnel = out / "kept.funnel.json"
    counted = json.loads(funnel.read_text(encoding="utf-8")) if funnel.is_file() else None
    exported = out / "export"
    if not exported.is_dir():
        both = [runs[name] for name in ("before", "after") if name in results]
        gain = in_points(compare(*map(outcomes, both))[0]) if len(both) == 2 else None
        told = card(recipe.title or out.name, recipe, counted, results, gain)
        done = export(student / MODEL, exported, told)
        for notice in done.notices:
            click.echo(notice, err=True)
    click.echo(f"{exported} is for transformers, vLLM and Ollama; its README.md has the lineage.")
    return code


def _prepare(recipe: DistilRecipe, out: Path) -> tuple[Path, ...]:
    """The files that the student is trained on."""
    from distill.chain import Filtering
    from distill.filter import beside, filter_file
    from distill.mix import Mix, Part, mix
    from r1eval.distill_filter import judged, print_funnel
    from r1eval.distill_generate import TRACES
    from tasks.errors import UserError

    traces = recipe.traces or (out / "teacher" / TRACES,)
    if recipe.filters:
        if len(traces) > 1:
            raise UserError("filters judge one file of traces: give one, or filter each")
        kept, given = out / KEPT, traces[0]
        if recipe.judge is not None:
            judge = open_judge(recipe.judge.model, recipe.judge.votes)
            assert judge is not None
            given = judged(given, judge, recipe.judge.model, beside(kept, "judged.jsonl"))
        filtering = Filtering(filters=recipe.filters)
        print_funnel(filter_file(given, filtering, kept, beside(kept, "ledger.jsonl")))
        traces = (kept,)
    if recipe.mix is None:
        return traces
    own = tuple(Part(traces=path, share=recipe.mix.kept / len(traces)) for path in traces)
    asked = Mix(
        parts=own + recipe.mix.parts,
        total=recipe.mix.total,
        seed=recipe.mix.seed,
        empty_thought=recipe.mix.empty_thought,
    )
    for part in mix(asked, out / MIXED):
        click.echo(f"{part.traces}: {part.taken:,} of {part.there:,}")
    return (out / MIXED,)
