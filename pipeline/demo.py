"""The paper in miniature: what the pipeline `recipes/demo.yaml` has made, as figures and a page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.compute import Cost, of_rl, of_run, of_sft, total
from evals.curves import write_curves
from evals.results import read_results
from pipeline.manifest import Addressed, Manifest, resolved
from rl.journal import LOG, read_lines
from rl.plots import draw_training
from rl.reward_model import CARD
from runs.files import write_json, written_whole
from runs.models import find_model
from runs.store import Store
from sampling.loading import count_parameters
from tasks.language import mixes
from tasks.thinking import split_thought

RECIPE, PAGE, SUMMARY = "demo", "report.html", "summary.json"
MODELS = ("base", "r1-zero", "r1", "student-base", "student-distilled", "student-rl")
"""Evaluated by the stages of these names."""
_SHOWN = 3  # sums, of which a thought before and after is shown


@dataclass(frozen=True)
class Thought:
    """What a model said to a problem."""

    model: str
    question: str
    gold: str
    text: str


def link_runs(made: Mapping[str, Addressed], out: Path) -> None:
    """``OUT/base``, ``OUT/r1-zero`` …: the evaluations under the names of their models."""
    for name in MODELS:
        link = out / name
        target = made[name].folder.relative_to(out)
        if link.is_symlink():
            if link.readlink() == target:
                continue
            link.unlink()
        link.symlink_to(target)


def summarise(made: Mapping[str, Addressed], out: Path, manifest: Manifest) -> dict[str, Any]:
    """What DESIGN's contracts name ``summary.json``; fractions in [0, 1]. ``seconds``: in which a
    stage was running, two at a time counted once.
    """
    seconds = {name: manifest.seconds(one) or 0.0 for name, one in made.items()}
    tasks = {name: read_results(out / name)["tasks"][0] for name in MODELS}
    parameters = {name: _parameters(name, made) for name in MODELS}
    summary: dict[str, Any] = {
        "seconds": round(manifest.busy(made.values()), 1),
        "stages": {name: round(of, 1) for name, of in seconds.items()},
        "models": {
            name: {
                "pass@1": task["metrics"]["pass@1"]["value"],
                "cons@16": task["metrics"]["cons@16"]["value"],
                "mean_tokens": task["tokens"]["mean"],
                "parameters": parameters[name],
            }
            for name, task in tasks.items()
        },
        "budgets": {
            name: [[row["budget"], row["metrics"]["pass@1"]["value"]] for row in _forced(task)]
            for name, task in tasks.items()
        },
        "language_mixing": {name: _mixing(out / name) for name in ("r1-zero", "r1")},
        "thinks_when_not_needed": {
            name: _thinks(made[f"{name}-talk"].folder) for name in ("r1-zero", "r1")
        },
        "reward_models": {name: _accuracy(made[name].folder) for name in ("helpful", "harmless")},
        "compute": {name: total(costs) for name, costs in _costs(made, parameters).items()},
    }
    return summary


def _parameters(name: str, made: Mapping[str, Addressed]) -> int:
    """Of the model that an evaluation asked."""
    model = resolved(made[name].stage.recipe["model"], made)
    return count_parameters(find_model(model, None)) or 0


def _accuracy(folder: Path) -> float:
    """Of a reward model, on what is held out."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return float(card["accuracy"]["value"])


def _forced(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = [row for row in task["budgets"] if row["mode"] == "force"]
    return sorted(rows, key=lambda row: int(row["budget"]))


def _thoughts(run: Path) -> list[str | None]:
    """Of every sample; ``None`` where it opened none, or an empty one."""
    with Store(run) as store:
        split = [split_thought(sample.text) for sample in store.samples()]
    return [one.thought if one.opened and one.thought.strip() else None for one in split]


def _mixing(run: Path) -> float:
    """Share of thoughts that mix scripts."""
    thoughts = [one for one in _thoughts(run) if one is not None]
    return sum(mixes(one, "ascii") for one in thoughts) / max(len(thoughts), 1)


def _thinks(run: Path) -> float:
    thoughts = _thoughts(run)
    return sum(one is not None for one in thoughts) / max(len(thoughts), 1)


def _costs(made: Mapping[str, Addressed], parameters: Mapping[str, int]) -> dict[str, list[Cost]]:
    """Of both students, the teacher's sampling included, not its training."""
    teacher, student = parameters["r1"], parameters["student-base"]
    return {
        "student-distilled": [
            of_run(made["teacher-samples"].folder, teacher),
            of_sft(made["student-sft"].folder, student),
        ],
        "student-rl": of_rl(made["student-rl-rl"].folder, student),
    }


def write_page(made: Mapping[str, Addressed], out: Path, summary: Mapping[str, Any]) -> Path:
    """``report.html``: tables, plots and sample thoughts in one file that needs no other."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    tasks = {name: read_results(out / name)["tasks"][0] for name in MODELS}
    environment = Environment(
        loader=PackageLoader("pipeline", "."), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("report.html.jinja").render(
        summary=summary,
        minutes=summary["seconds"] / 60,
        tasks=tasks,
        plots=[_embedded(image) for image in _plots(made, out)],
        thoughts=_sample_thoughts(out),
    )
    with written_whole(out / PAGE) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return out / PAGE


def _plots(made: Mapping[str, Addressed], out: Path) -> list[tuple[str, Path]]:
    budgets, training = out / "budgets.png", out / "training.png"
    write_curves([out / name for name in MODELS], out / "budgets.csv", [budgets], by_run=True)
    stages = {
        "R1-Zero": "r1-zero-rl",
        "R1, stage 2": "reasoning-rl",
        "R1, stage 4": "r1-rl",
        "student by RL": "student-rl-rl",
    }
    logs = {name: [read_lines(made[stage].folder / LOG)] for name, stage in stages.items()}
    draw_training(logs, training)
    return [
        ("Accuracy against the budget of thought, forced answers included", budgets),
        ("Training", training),
    ]


def _embedded(image: tuple[str, Path]) -> tuple[str, str]:
    title, path = image
    return title, "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def _sample_thoughts(out: Path) -> list[Thought]:
    """The first sample of the first problems, of each model."""
    found: list[Thought] = []
    for name in MODELS:
        with Store(out / name) as store:
            problems = sorted(store.problems(), key=lambda one: one.position)[:_SHOWN]
            first = {sample.problem_id: sample for sample in store.samples() if sample.index == 0}
        found += [
            Thought(name, one.question, one.gold, first[one.problem_id].text)
            for one in problems
            if one.problem_id in first
        ]
    return sorted(found, key=lambda one: one.question)


def write_all(made: Mapping[str, Addressed], out: Path) -> dict[str, Any]:
    """Links, ``summary.json`` and the page."""
    link_runs(made, out)
    summary = summarise(made, out, Manifest(out))
    write_json(out / SUMMARY, summary)
    write_page(made, out, summary)
    return summary
