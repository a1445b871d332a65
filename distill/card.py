"""A student's README: who taught it, on what, what was dropped, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill.recipe import DistilRecipe


def card(
    title: str,
    recipe: DistilRecipe,
    funnel: Mapping[str, Any] | None,
    results: Mapping[str, Mapping[str, Any]],
    gain: str | None = None,
) -> str:
    """Markdown with the front matter of the hub. ``funnel`` is what filtering wrote, ``results``
    a task of results.json by the name of a model, ``gain`` what the training gave, in words.
    """
    lines = ["---", f"base_model: {recipe.model}", "tags: [reasoning, distillation, r1eval]", "---"]
    on_policy = recipe.on_policy
    by = "filtered chains of thought" if on_policy is None else "its own replies, token by token"
    lines += [f"# {title}", "", f"{recipe.model} trained on {by}.", ""]
    if recipe.generate is not None:
        asked = recipe.generate
        lines.append(
            f"**Teacher**: {asked.model}, asked {', '.join(asked.tasks)} by `{asked.template}`, "
            f"up to {asked.samples} samples a problem."
        )
    for path in recipe.traces:
        lines.append(f"**Traces**: {path.name}")
    if funnel is not None:
        lines += ["", "| filter | dropped | left |", "|---|---|---|"]
        lines.append(f"| given | | {funnel['given']:,} |")
        for row in funnel["filters"]:
            args = ", ".join(f"{key} {value}" for key, value in row["args"].items())
            name = f"{row['name']}{f' ({args})' if args else ''}"
            lines.append(f"| {name} | {row['dropped']:,} | {row['left']:,} |")
    trainer, given = "SFTTrainer", recipe.sft
    if on_policy is not None:
        lines.append(f"**Teacher**: {on_policy.teacher}, asked {', '.join(on_policy.tasks)}.")
        trainer, given = "DistillationTrainer", on_policy.distillation
    values = ", ".join(f"{key} {value}" for key, value in given.items())
    lines += ["", f"**Training**: TRL's {trainer}, {values or 'its own values'}."]
    if results:
        lines += ["", "| model | task | pass@1 | 95 % | problems × samples | tokens |"]
        lines.append("|---|---|---|---|---|---|")
        lines += [_row(name, task) for name, task in results.items()]
        drawn = next(iter(results.values()))["protocol"]
        lines += [
            "",
            f"Asked by `{drawn['preset']}` at temperature {drawn['temperature']:g}, alike.",
        ]
    if gain is not None:
        lines += ["", f"pass@1 after less before, paired by problem: {gain}."]
    return "\n".join([*lines, "", "Sample it at temperature 0.6 and top-p 0.95.", ""])


def _row(name: str, task: Mapping[str, Any]) -> str:
    one = task["metrics"]["pass@1"]
    interval = "–" if one["ci95"] is None else "[{:.1%}, {:.1%}]".format(*one["ci95"])
    value = "–" if one["value"] is None else f"{one['value']:.1%}"
    return (
        f"| {name} | {task['task']} | {value} | {interval} | {task['problems']} × "
        f"{task['samples_per_problem']} | {task['tokens']['mean']:.0f} |"
    )
