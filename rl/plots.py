"""The curves of a training: what was rewarded, what was right, how long it was thought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.figures import saved
from tasks.errors import UserError

PANELS = (
    ("reward", "reward"),
    ("accuracy", "correct, share of rollouts"),
    ("completions/mean_length", "tokens a completion"),
    ("reflections", "words of reflection a sample"),
    ("entropy", "entropy, nats a token"),
    ("kl", "KL to the reference, nats a token"),
    ("signalless", "groups without signal, share"),
    ("mixes", "thoughts that mix languages, share"),
)


def draw_training(
    runs: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]],
    image: Path,
    heldout: Mapping[str, float] | None = None,
) -> None:
    """``runs``: logs by name; several logs of a name are seeds, thin lines around their mean.
    ``heldout``: accuracies on held-out problems, as dashed lines. PNG or SVG, by the suffix.
    """
    if not any(log for logs in runs.values() for log in logs):
        raise UserError("nothing to draw: no step was logged")
    with saved(image, (11, 9)) as figure:
        axes = figure.subplots(4, 2, sharex=True).flatten()
        for axis, (key, title) in zip(axes, PANELS, strict=True):
            for number, (name, logs) in enumerate(runs.items()):
                _draw_panel(axis, logs, key, name, f"C{number}")
            axis.set_title(title, fontsize=9, loc="left")
            axis.grid(alpha=0.3)
        for number, (name, value) in enumerate((heldout or {}).items()):
            axes[1].axhline(value, color=f"C{number + 3}", ls="--", lw=1, label=f"held out: {name}")
        if axes[1].get_legend_handles_labels()[0]:
            axes[1].legend(fontsize=8)
        if len(runs) > 1:
            axes[0].legend(fontsize=8)
        for axis in axes[-2:]:
            axis.set_xlabel("step")


def _draw_panel(
    axis: Any, logs: Sequence[Sequence[Mapping[str, Any]]], key: str, name: str, colour: str
) -> None:
    by_step: dict[int, list[float]] = {}
    for log in logs:
        known = [(row["step"], float(row[key])) for row in log if row.get(key) is not None]
        if len(logs) > 1:
            axis.plot(*zip(*known, strict=True), color=colour, alpha=0.3, lw=0.8) if known else None
        for step, value in known:
            by_step.setdefault(step, []).append(value)
    if by_step:
        steps = sorted(by_step)
        means = [sum(by_step[step]) / len(by_step[step]) for step in steps]
        axis.plot(steps, means, color=colour, lw=1.6, label=name)


def draw_pass_at_k(results: Mapping[str, Mapping[str, Any]], image: Path) -> None:
    """pass@k against k by name, with bands: does training widen what can be solved, or only sharpen
    it? ``results``: the ``metrics`` of a task in results.json.
    """
    with saved(image, (6, 4)) as figure:
        axis = figure.subplots()
        for number, (name, metrics) in enumerate(results.items()):
            points = sorted(
                (int(key.removeprefix("pass@")), value)
                for key, value in metrics.items()
                if key.startswith("pass@") and value["value"] is not None
            )
            ks = [k for k, _ in points]
            axis.plot(ks, [100 * p["value"] for _, p in points], f"C{number}o-", label=name, ms=4)
            bands = [(k, p["ci95"]) for k, p in points if p["ci95"] is not None]
            if bands:
                lows, highs = ([100 * ci[side] for _, ci in bands] for side in (0, 1))
                axis.fill_between(
                    [k for k, _ in bands], lows, highs, color=f"C{number}", alpha=0.15
                )
        axis.set_xscale("log", base=2)
        axis.set_xlabel("k")
        axis.set_ylabel("pass@k, %")
        axis.grid(alpha=0.3)
        axis.legend()
