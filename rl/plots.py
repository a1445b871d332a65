"""The curves of a training: what was rewarded, what was right, how long it was thought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter, ScalarFormatter
from matplotlib.typing import LineStyleType

from evals.figures import saved
from tasks.errors import UserError

PANELS = (
    ("reward", ("reward",)),
    ("correct, share of rollouts", ("accuracy",)),
    ("tokens a completion", ("completions/mean_length",)),
    ("words of reflection a sample", ("reflections",)),
    ("entropy, nats a token", ("entropy",)),
    ("KL to the reference, nats a token", ("kl",)),
    ("no signal: share of groups; cut off: share of completions", ("signalless", "truncated")),
    ("thoughts that mix languages, share", ("mixes",)),
)
"""What stands over a panel, and the keys in it: the first drawn through, the second dashed."""
_SHARES = {"accuracy", "signalless", "mixes"}
_DASHES: tuple[LineStyleType, ...] = ((0, (6, 1)), (0, (1, 3)), (0, (6, 1, 1, 1)))
_STYLES: tuple[LineStyleType, ...] = ("-", "--", ":", "-.", *_DASHES)
_NAMES = {"signalless": "no signal", "truncated": "cut off"}

Log = Sequence[Mapping[str, Any]]
Heldout = Mapping[str, float | Mapping[str, Any]]
"""By name, a value or a figure of results.json: ``{"value": 0.5, "ci95": [0.4, 0.6]}``."""


def draw_training(
    runs: Mapping[str, Sequence[Log]],
    image: Path,
    heldout: Heldout | None = None,
    between: Log = (),
) -> None:
    """``runs``: logs by name; several logs of a name are seeds, thin lines around the mean of those
    that reached a step. ``heldout``: accuracies on held-out problems, as dashed lines with their
    intervals as bands; ``between``: lines of heldout.jsonl, what they gave at steps between. PNG or
    SVG, by the suffix.
    """
    if not any(log for logs in runs.values() for log in logs):
        raise UserError("nothing to draw: no step was logged")
    parts = _parts(runs)
    with saved(image, (11, 9)) as figure:
        axes = figure.subplots(4, 2, sharex=True).flatten()
        for axis, (title, keys) in zip(axes, PANELS, strict=True):
            shown = (*keys, *parts) if keys == ("reward",) else keys
            for number, (name, logs) in enumerate(runs.items()):
                for key, style in zip(shown, cycle(_STYLES)):
                    _draw_line(axis, logs, key, f"C{number}", style)
                if len(runs) > 1 and axis is axes[0]:
                    axis.plot([], [], color=f"C{number}", label=name)
            for key, style in zip(shown, cycle(_STYLES)):
                if len(shown) > 1 and axis.lines:
                    label = _NAMES.get(key, key.removeprefix("rewards/").removesuffix("/mean"))
                    axis.plot([], [], color="0.3", ls=style, label=label)
            if keys[0] in _SHARES:
                axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            axis.set_title(title, fontsize=9, loc="left")
            axis.grid(alpha=0.25)
        for number, (name, found) in enumerate((heldout or {}).items()):
            _draw_heldout(axes[1], name, found, f"C{number + 3}")
        _draw_between(axes[1], between)
        if (told := axes[0].get_legend_handles_labels())[0]:  # runs and rewards hide no curve
            figure.legend(*told, fontsize=8, loc="outside upper center", ncols=6)
        for axis in axes[1:]:
            if axis.get_legend_handles_labels()[0]:
                axis.legend(fontsize=8, loc="best")
        for axis in axes[-2:]:
            axis.set_xlabel("step")


def _parts(runs: Mapping[str, Sequence[Log]]) -> list[str]:
    """The keys of the rewards that the sum is made of, where there are several.

    >>> _parts({"a": [[{"rewards/accuracy/mean": 1.0, "rewards/format/mean": 0.5}]]})
    ['rewards/accuracy/mean', 'rewards/format/mean']
    >>> _parts({"a": [[{"rewards/accuracy/mean": 1.0, "rewards/accuracy/std": 0.5}]]})
    []
    """
    rows = (row for logs in runs.values() for log in logs for row in log)
    names = (k for row in rows for k in row if k.startswith("rewards/") and k.endswith("/mean"))
    parts = list(dict.fromkeys(names))
    return parts if len(parts) > 1 else []


def _draw_line(axis: Any, logs: Sequence[Log], key: str, colour: str, style: LineStyleType) -> None:
    by_step: dict[int, list[float]] = {}
    for log in logs:
        known = [(row["step"], float(row[key])) for row in log if row.get(key) is not None]
        if len(logs) > 1 and known:
            axis.plot(*zip(*known, strict=True), color=colour, ls=style, alpha=0.3, lw=0.8)
        for step, value in known:
            by_step.setdefault(step, []).append(value)
    if by_step:
        steps = sorted(by_step)
        means = [sum(by_step[step]) / len(by_step[step]) for step in steps]
        axis.plot(steps, means, color=colour, ls=style, lw=1.8 if style == "-" else 1.2)


def _draw_heldout(axis: Any, name: str, found: float | Mapping[str, Any], colour: str) -> None:
    figure: Mapping[str, Any]
    figure = found if isinstance(found, Mapping) else {"value": found, "ci95": None}
    if figure["value"] is None:
        return
    label = f"held out: {name} {figure['value']:.0%}"
    if figure["ci95"] is not None:
        low, high = figure["ci95"]
        axis.axhspan(low, high, color=colour, alpha=0.12, lw=0)
        label += f" [{low:.0%}, {high:.0%}]"
    axis.axhline(figure["value"], color=colour, ls="--", lw=1, label=label)


def _draw_between(axis: Any, rows: Log) -> None:
    known = [(row["step"], row["pass@1"]) for row in rows if row["pass@1"]["value"] is not None]
    if not known:
        return
    values = [one["value"] for _, one in known]
    ends = [one["ci95"] or (one["value"], one["value"]) for _, one in known]
    spread = [
        [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)],
        [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)],
    ]
    axis.errorbar([n for n, _ in known], values, spread, fmt="o", ms=4, color="C2", capsize=2, lw=1)
    axis.plot([], [], "o", ms=4, color="C2", label="held out, between")


def draw_pass_at_k(results: Mapping[str, Mapping[str, Any]], image: Path) -> None:
    """pass@k against k by name, with bands: does training widen what can be solved, or only sharpen
    it? ``results``: the ``metrics`` of a task in results.json.
    """
    with saved(image, (6, 4)) as figure:
        axis = figure.subplots()
        asked: set[int] = set()
        for number, (name, metrics) in enumerate(results.items()):
            points = sorted(
                (int(key.removeprefix("pass@")), value)
                for key, value in metrics.items()
                if key.startswith("pass@") and value["value"] is not None
            )
            ks = [k for k, _ in points]
            axis.plot(ks, [p["value"] for _, p in points], f"C{number}o-", label=name, ms=4)
            bands = [(k, p["ci95"]) for k, p in points if p["ci95"] is not None]
            if bands:
                lows, highs = ([ci[side] for _, ci in bands] for side in (0, 1))
                axis.fill_between(
                    [k for k, _ in bands], lows, highs, color=f"C{number}", alpha=0.12, lw=0
                )
            asked.update(ks)
        if not asked:
            raise UserError("nothing to draw: no pass@k in the results")
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_locator(FixedLocator(sorted(asked)))
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axis.set_ylim(0, 1.02)
        axis.set_xlabel("k")
        axis.set_ylabel("pass@k, 95 % over problems")
        axis.grid(alpha=0.25)
        axis.legend(fontsize="small", loc="best")
