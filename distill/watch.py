"""A student's training as it runs: a line a step in ``log.jsonl``, and on the terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from rl.journal import LOG, Journal, read_lines
from rl.watch import clock


class Watch(TrainerCallback):  # type: ignore[misc]
    """TRL's keys, and ``seconds`` of training, earlier sessions included. Where several processes
    train, the first one writes and shows.
    """

    def __init__(self, folder: Path, console: Console | None = None) -> None:
        self._folder = folder
        self._console = console or Console(stderr=True, highlight=False, markup=False)
        self._journal: Journal | None = None
        self._began, self._first, self._seconds, self._tokens = 0.0, 0, 0.0, 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if not state.is_world_process_zero:
            return
        self._journal = Journal(self._folder, state.global_step)
        rows = read_lines(self._folder / LOG)
        self._seconds = rows[-1]["seconds"] if rows else 0.0
        self._tokens = rows[-1].get("num_tokens") or 0.0 if rows else 0.0
        self._began, self._first = time.monotonic(), state.global_step
        if state.global_step:
            self._console.print(f"Going on after step {state.global_step} of {state.max_steps}.")

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "loss" not in logs or self._journal is None:
            return
        spent = time.monotonic() - self._began
        row = {**logs, "seconds": round(self._seconds + spent, 2)}
        self._journal.log(state.global_step, row)
        said = [f"loss {logs['loss']:.3f}"]
        if "mean_token_accuracy" in logs:
            said.append(f"tokens right {logs['mean_token_accuracy']:.1%}")
        if logs.get("num_tokens"):
            said.append(f"{(logs['num_tokens'] - self._tokens) / spent:,.0f} tokens/s")
        done = state.global_step - self._first
        said.append(f"{clock(spent / done * (state.max_steps - state.global_step))} left")
        self._console.print(
            f"step {state.global_step}/{state.max_steps}: {', '.join(said)}", soft_wrap=True
        )
