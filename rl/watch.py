"""A training as it runs: the journal, a table on a terminal, and collapse called by its name."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from rich.console import Console
from rich.live import Live
from rich.table import Table
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from rl.collapse import Collapse, find_collapses
from rl.graded import GradedSample
from rl.journal import LOG, Journal, read_lines

_SHOWN = 10  # steps in the table

COLUMNS = (
    ("reward", "reward", "{:.3f}"),
    ("accuracy", "correct", "{:.1%}"),
    ("completions/mean_length", "tokens", "{:.0f}"),
    ("truncated", "cut off", "{:.0%}"),
    ("signalless", "no signal", "{:.0%}"),
    ("entropy", "entropy", "{:.3f}"),
    ("kl", "KL", "{:.3f}"),
    ("clip_ratio/region_mean", "clipped", "{:.1%}"),
    ("rollout_tokens_per_second", "tokens/s", "{:.0f}"),
)
"""The key in the log, the head of the column, how it is shown. A table of all of them fits into 80
columns; what a loss does not log has no column.
"""


class Watch(TrainerCallback):  # type: ignore[misc]
    """Writes the journal of a folder and shows its last steps. ``rewards`` names the functions.

    Where several processes train, the first one writes, shows and judges, and all of them stop when
    it says so: one that went on alone would wait for the others for ever.
    """

    def __init__(
        self,
        folder: Path,
        rewards: Sequence[str],
        samples_every: int,
        stop_on_collapse: bool = False,
        console: Console | None = None,
    ) -> None:
        self._folder, self._rewards = folder, rewards
        self._samples_every, self._stops = samples_every, stop_on_collapse
        self._console = console or Console(stderr=True, highlight=False, markup=False)
        self._live: Live | None = None
        self._journal: Journal | None = None
        self._rows: list[dict[str, Any]] = []
        self._shown: deque[dict[str, Any]] = deque(maxlen=_SHOWN)
        self._told: set[str] = set()
        self._weights = torch.ones(len(rewards))
        self._began, self._first, self._total, self._seconds = 0.0, 0, 0, 0.0
        self.collapses: list[Collapse] = []

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        if not state.is_world_process_zero:
            return
        self._journal = Journal(self._folder, state.global_step)
        self._rows = read_lines(self._folder / LOG)
        self._shown.extend(self._rows[-_SHOWN:])
        self._seconds = self._rows[-1]["seconds"] if self._rows else 0.0
        if (weights := getattr(args, "reward_weights", None)) is not None:
            self._weights = torch.tensor(weights)
        self._began, self._first, self._total = time.monotonic(), state.global_step, state.max_steps
        if state.global_step:
            self._console.print(f"Going on after step {state.global_step} of {state.max_steps}.")
        if self._console.is_terminal:
            self._live = Live(self._table(), console=self._console, auto_refresh=False)
            self._live.start()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "reward" not in logs:
            return
        collapsed = self._journal is not None and self._write(self._journal, state, logs)
        if self._stops and broadcast_object_list([collapsed])[0]:
            control.should_training_stop = control.should_save = True

    def _write(self, journal: Journal, state: TrainerState, logs: Mapping[str, Any]) -> bool:
        """Whether a collapse was found that had not been said."""
        seconds = self._seconds + time.monotonic() - self._began
        row = journal.log(state.global_step, {**logs, "seconds": round(seconds, 2)})
        self._rows.append(row)
        self._shown.append(row)
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
        else:
            self._console.print(self._line(row), soft_wrap=True)
        return self._look()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the terminal as it was; done at the end, and due after an exception."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def on_samples(self, step: int, samples: Sequence[GradedSample], rewards: torch.Tensor) -> None:
        """Keep a few samples of the step that ``step`` optimiser steps have come before."""
        if self._journal is not None and self._journal.due(step + 1, self._samples_every):
            weights = self._weights.to(rewards.device)
            self._journal.samples(step + 1, samples, rewards, self._rewards, weights)

    def on_heldout(self, step: int, found: Mapping[str, Any]) -> None:
        """Keep and show what held-out problems gave after ``step``."""
        if self._journal is None:
            return
        self._journal.heldout(step, found)
        one = found["pass@1"]
        within = "" if one["ci95"] is None else " [{:.1%}, {:.1%}]".format(*one["ci95"])
        self._console.print(
            f"held out after step {step}: pass@1 {one['value']:.1%}{within}, "
            f"{found['tokens']:.0f} tokens",
            soft_wrap=True,
        )

    def _look(self) -> bool:
        new = [found for found in find_collapses(self._rows) if found.kind not in self._told]
        for found in new:
            self._told.add(found.kind)
            self.collapses.append(found)
            self._console.print(
                f"Collapse of {found.kind} since step {found.step}: {found.evidence}. Likely "
                f"cause: {found.cause}.",
                soft_wrap=True,
                style="bold red",
            )
        return bool(new)

    def _table(self) -> Table:
        table = Table(title=self._head(), title_justify="left", box=None, padding=(0, 1, 0, 0))
        table.add_column("step", justify="right")
        logged = [column for column in COLUMNS if any(column[0] in row for row in self._shown)]
        for _, head, _ in logged:
            table.add_column(head, justify="right")
        for row in self._shown:
            table.add_row(str(row["step"]), *(_cell(row, column) for column in logged))
        return table

    def _head(self) -> str:
        if not self._shown:
            return f"step {self._first} of {self._total}"
        row = self._shown[-1]
        said = [f"step {row['step']} of {self._total}", *self._left(row)]
        return ", ".join(said) + "".join(f"; {part}" for part in self._parts(row))

    def _line(self, row: Mapping[str, Any]) -> str:
        said = [f"{column[1]} {cell}" for column in COLUMNS if (cell := _cell(row, column)) != "–"]
        said[1:1] = self._parts(row)
        return f"step {row['step']}/{self._total}: {', '.join([*said, *self._left(row)])}"

    def _parts(self, row: Mapping[str, Any]) -> list[str]:
        """Of the reward, where it has several."""
        means = {name: row.get(f"rewards/{name}/mean") for name in self._rewards}
        known = [f"{name} {mean:.3f}" for name, mean in means.items() if mean is not None]
        return known if len(self._rewards) > 1 else []

    def _left(self, row: Mapping[str, Any]) -> list[str]:
        done = row["step"] - self._first
        if done <= 0:
            return []  # of the session before this one
        spent = time.monotonic() - self._began
        return [f"{clock(spent / done * (self._total - row['step']))} left"]


def clock(seconds: float) -> str:
    """
    >>> clock(65), clock(3 * 3600 + 5)
    ('1:05', '3:00:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _cell(row: Mapping[str, Any], column: tuple[str, str, str]) -> str:
    value = row.get(column[0])
    return "–" if value is None else column[2].format(value)
