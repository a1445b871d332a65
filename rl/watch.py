"""A training as it runs: the journal, a table on a terminal, and collapse called by its name."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.live import Live
from rich.table import Table
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from rl.collapse import Collapse, find_collapses
from rl.graded import GradedSample
from rl.journal import LOG, Journal, read_lines

_SHOWN = 12  # steps in the table

COLUMNS = (
    ("reward", "reward", "{:.3f}"),
    ("accuracy", "correct", "{:.1%}"),
    ("completions/mean_length", "tokens", "{:.0f}"),
    ("truncated", "cut off", "{:.0%}"),
    ("signalless", "no signal", "{:.0%}"),
    ("entropy", "entropy", "{:.2f}"),
    ("kl", "KL", "{:.3f}"),
    ("clip_ratio/region_mean", "clipped", "{:.1%}"),
    ("rollout_tokens_per_second", "tokens/s", "{:.0f}"),
)
"""The key in the log, the head of the column, how it is shown."""


class Watch(TrainerCallback):  # type: ignore[misc]
    """Writes the journal of a folder and shows its last steps. ``rewards`` names the functions."""

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
        self._began, self._first, self._total, self._seconds = 0.0, 0, 0, 0.0
        self.collapses: list[Collapse] = []

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        self._journal = Journal(self._folder, state.global_step)
        self._rows = read_lines(self._folder / LOG)
        self._seconds = self._rows[-1]["seconds"] if self._rows else 0.0
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
        if self._journal is None or not logs or "reward" not in logs:
            return
        seconds = self._seconds + time.monotonic() - self._began
        row = self._journal.log(state.global_step, {**logs, "seconds": round(seconds, 2)})
        self._rows.append(row)
        self._shown.append(row)
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
        else:
            self._console.print(self._line(row), soft_wrap=True)
        self._look(control)

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
        if self._journal is not None and step % self._samples_every == 0:
            self._journal.samples(step + 1, samples, rewards, self._rewards)

    def _look(self, control: TrainerControl) -> None:
        for found in find_collapses(self._rows):
            if found.kind in self._told:
                continue
            self._told.add(found.kind)
            self.collapses.append(found)
            self._console.print(
                f"Collapse of {found.kind} since step {found.step}: {found.evidence}. Likely "
                f"cause: {found.cause}.",
                soft_wrap=True,
            )
            if self._stops:
                control.should_training_stop = control.should_save = True

    def _table(self) -> Table:
        table = Table(title=self._head(), title_justify="left")
        table.add_column("step", justify="right")
        for _, head, _ in COLUMNS:
            table.add_column(head, justify="right")
        for row in self._shown:
            table.add_row(str(row["step"]), *_cells(row))
        return table

    def _head(self) -> str:
        if not self._shown:
            return f"step {self._first} of {self._total}"
        row = self._shown[-1]
        parts = [f"{name} {row.get(f'rewards/{name}/mean') or 0:.3f}" for name in self._rewards]
        done = row["step"] - self._first
        left = (time.monotonic() - self._began) / max(done, 1) * (self._total - row["step"])
        return (
            f"step {row['step']} of {self._total}, {int(left) // 60}:{int(left) % 60:02d} left; "
            f"rewards: {', '.join(parts)}"
        )

    def _line(self, row: Mapping[str, Any]) -> str:
        said = [
            f"{head} {cell}"
            for (_, head, _), cell in zip(COLUMNS, _cells(row), strict=True)
            if cell != "–"
        ]
        return f"step {row['step']}/{self._total}: {', '.join(said)}"


def _cells(row: Mapping[str, Any]) -> list[str]:
    return ["–" if row.get(key) is None else form.format(row[key]) for key, _, form in COLUMNS]
