"""The progress of a run: samples done, tokens per second, time left."""

from __future__ import annotations

import time
from collections import deque
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

_WINDOW = 30.0  # seconds over which the speed is taken
_ENOUGH = 32  # finished samples from which the time left can be told
_EVERY = 30.0  # seconds between lines where there is no terminal


class Progress:
    """A `runs.run.Watcher` that draws a bar on a terminal, and else writes a line now and then."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._bar = Bar(
            TextColumn("{task.completed}/{task.total} samples"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[speed]}  {task.fields[left]}"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("samples", total=None, speed="", left="")
        self._total = self._kept = self._done = 0
        self._began = self._said = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, samples: int, kept: int) -> None:
        self._total, self._kept, self._done = samples, kept, kept
        self._began = self._said = time.monotonic()
        self._bar.update(self._task, total=samples, completed=kept)
        if 0 < kept < samples:
            self._console.print(f"Going on: {kept} of {samples} samples are there.")
        elif kept == samples:
            self._console.print(f"All {samples} samples are there: nothing to draw.")

    def tokens(self, count: int) -> None:
        now = time.monotonic()
        self._recent.append((now, count))
        while self._recent[0][0] < now - _WINDOW:
            self._recent.popleft()
        self._bar.update(self._task, speed=self._speed(now), left=self._left(now))
        if not self._console.is_terminal and now - self._said >= _EVERY:
            self._said = now
            said = [f"{self._done}/{self._total} samples", self._speed(now), self._left(now)]
            self._console.print(", ".join(part for part in said if part))

    def sample(self) -> None:
        self._done += 1
        self._bar.update(self._task, completed=self._done)

    def notice(self, text: str) -> None:
        self._console.print(f"Note: {text}")

    def _speed(self, now: float) -> str:
        spent = now - max(self._recent[0][0], self._began)
        drawn = sum(count for _, count in self._recent)
        return f"{drawn / spent:,.0f} tokens/s" if spent > 1 else ""

    def _left(self, now: float) -> str:
        """From the samples finished in this session; the first to finish are short, so not yet."""
        fresh = self._done - self._kept
        if fresh < min(_ENOUGH, 0.1 * self._total):
            return ""
        seconds = round((now - self._began) / fresh * (self._total - self._done))
        return f"{seconds // 60}:{seconds % 60:02d} left"
