"""Distillation beside RL on the same small student at no less compute: `make distillation`.

    python -m benchmarks.distillation [--seeds 3] [--teacher DIR] [--out FILE]

On nano: a teacher by `r1eval rl r1-zero-nano` of 60 steps; then, for each seed, its student by
`r1eval distill nano`, by `r1eval distill on-policy-nano` and by `r1eval rl r1-zero-student`, all on
the same held-out problems. Compute is `distill.compute`'s, of the teacher's sampling too, not of
its training. One student more learns from all traces, with no filter. What is in ``--work`` already
is not done again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.sampling import machine, table
from benchmarks.trainings import Side, read_side, run_command, train, with_interval
from distill.compute import Cost, of_on_policy, of_rl, of_run, of_sft, total
from evals.compare import compare
from evals.load import outcomes
from runs.files import written_whole
from runs.models import find_model
from sampling.loading import count_parameters

METHODS = ("distilled", "on-policy", "rl")
HEAD = ("student", "seed", "pass@1", "cons@16", "tokens", "thinks", "compute / 10¹²")


@click.command()
@click.option("--seeds", default=3, show_default=True)
@click.option("--teacher", type=click.Path(path_type=Path), help="A model; one is trained if none.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/distillation"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here.")
def main(seeds: int, teacher: Path | None, work: Path, out: Path | None) -> None:
    """Train what is lacking and print the page."""
    if teacher is None:
        changes = ["grpo.max_steps=60", "report_to=[]"]
        teacher = train(work / "teacher", ["r1-zero-nano"], changes) / "model"
    sizes = {
        name: count_parameters(find_model(of, None)) or 0
        for name, of in (("teacher", str(teacher)), ("student", "nano:student-base"))
    }
    rows: list[tuple[str, ...]] = []
    runs: dict[tuple[str, int], Path] = {}
    costs: dict[tuple[str, int], int] = {}
    for seed in range(seeds):
        for method in METHODS:
            folder = _student(method, seed, teacher, work)
            runs[method, seed] = _trained(method, folder)
            costs[method, seed] = total(_cost(method, folder, sizes))
            if not rows:
                rows += _known(folder)
            rows.append(_row(method, seed, runs[method, seed], costs[method, seed]))
            print(" | ".join(rows[-1]), flush=True)
    unfiltered = _student("unfiltered", 0, teacher, work)
    cost = total(_cost("unfiltered", unfiltered, sizes))
    rows.append(_row("no filter", 0, _trained("unfiltered", unfiltered), cost))
    page = [
        f"# Distillation beside RL on nano's student\n\n{machine()}\n",
        "    python -m benchmarks.distillation\n",
        *table([HEAD, *rows]),
        *_paired(runs, costs, seeds),
        *_ablation(work / "distilled-0"),
    ]
    print("\n".join(page))
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join([*page, ""]), encoding="utf-8")


def _student(method: str, seed: int, teacher: Path, work: Path) -> Path:
    folder = work / f"{method}-{seed}"
    if method == "rl":
        return train(folder, ["r1-zero-student"], [f"grpo.seed={seed}", "report_to=[]"])
    changes = ["report_to=[]"]
    recipe = "nano"
    if method == "on-policy":
        recipe = "on-policy-nano"
        changes += [f"on_policy.teacher={teacher}", f"on_policy.distillation.seed={seed}"]
    else:
        changes += [f"generate.model={teacher}", f"generate.seed={seed}", f"sft.seed={seed}"]
    if method == "unfiltered":
        changes += ["filters=[]"]
    if not (folder / "export").is_dir():
        run_command(["distill", recipe, *_set(changes), "--out", str(folder)], folder)
    return folder


def _set(changes: Sequence[str]) -> list[str]:
    return [part for change in changes for part in ("--set", change)]


def _trained(method: str, folder: Path) -> Path:
    return (folder if method == "rl" else folder / "student") / "eval" / "trained"


def _cost(method: str, folder: Path, sizes: dict[str, int]) -> list[Cost]:
    student, teacher = sizes["student"], sizes["teacher"]
    if method == "rl":
        return of_rl(folder, student)
    if method == "on-policy":
        return of_on_policy(folder / "student", student, teacher)
    return [of_run(folder / "teacher", teacher), of_sft(folder / "student", student)]


def _known(folder: Path) -> list[tuple[str, ...]]:
    """The teacher and the student as it was."""
    teacher, before = folder / "eval" / "teacher", folder / "student" / "eval" / "base"
    return [_row("(the teacher)", None, teacher, None), _row("(untrained)", None, before, None)]


def _row(name: str, seed: int | None, run: Path, cost: int | None) -> tuple[str, ...]:
    side: Side = read_side(run, "ascii")
    return (
        name,
        "" if seed is None else str(seed),
        with_interval(side.metrics["pass@1"]),
        with_interval(side.metrics["cons@16"]),
        f"{side.tokens:.0f}",
        f"{side.thinks:.0%}",
        "" if cost is None else f"{cost / 1e12:.2f}",
    )


def _paired(
    runs: dict[tuple[str, int], Path], costs: dict[tuple[str, int], int], seeds: int
) -> list[str]:
    """What each way of distilling gains over RL of the same seed, paired by problem."""
    rows: list[tuple[str, ...]] = []
    for method in METHODS[:-1]:
        for seed in range(seeds):
            one = compare(outcomes(runs["rl", seed]), outcomes(runs[method, seed]))[0]
            assert one.difference is not None
            assert one.ci95 is not None
            low, high = one.ci95
            rows.append(
                (
                    method,
                    str(seed),
                    f"{100 * one.difference:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]",
                    f"{costs['rl', seed] / costs[method, seed]:.2f}",
                )
            )
    head = ("over RL", "seed", "pass@1, points", "RL's compute, times")
    return ["\n## Paired\n", *table([head, *rows])]


def _ablation(folder: Path) -> list[str]:
    """Of the first seed's traces, by the recipe's filters."""
    import yaml

    from distill.recipe import DistilRecipe
    from runs.recipe import read_recipe

    recipe = read_recipe("nano", DistilRecipe, "distill")
    chain, kept = folder / "filters.yaml", folder / "ablated.jsonl"
    if not kept.is_file():
        filters = [one.model_dump(mode="json") for one in recipe.filters]
        chain.write_text(yaml.safe_dump({"filters": filters}), encoding="utf-8")
        traces = folder / "teacher" / "traces.jsonl"
        ask = ["distill", "filter", str(traces), "--recipe", str(chain), "--ablate"]
        run_command([*ask, "--out", str(kept)], folder)
    found = json.loads(kept.with_name("ablated.ablation.json").read_text(encoding="utf-8"))
    rows = [_ablated(row) for row in found["rows"]]
    head = ("filter", "alone drops", "kept without it", "of these correct")
    return ["\n## The filters\n", *table([head, *rows])]


def _ablated(row: dict[str, Any]) -> tuple[str, ...]:
    without, alone = row["without"], row["alone"]
    accuracy = without["accuracy"]
    return (
        row["filter"],
        "" if alone is None else f"{alone['dropped']:,}",
        f"{without['kept']:,}",
        "–" if accuracy is None else f"{accuracy:.1%}",
    )


if __name__ == "__main__":
    main()
