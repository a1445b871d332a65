from collections.abc import Callable
from pathlib import Path

import pytest

from runs.prepare import prepare
from runs.run import sample_run
from runs.settings import RunSettings
from runs.store import Store
from runs.stored import Sample


class Silent:
    """A watcher that only remembers."""

    def __init__(self) -> None:
        self.samples = self.kept = 0
        self.notices: list[str] = []

    def begin(self, samples: int, kept: int) -> None:
        self.kept = kept

    def tokens(self, count: int) -> None: ...

    def sample(self) -> None:
        self.samples += 1

    def notice(self, text: str) -> None:
        self.notices.append(text)


class StopsAfter(Silent):
    """A watcher that presses Ctrl-C after so many samples."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self._until = samples

    def sample(self) -> None:
        super().sample()
        if self.samples == self._until:
            raise KeyboardInterrupt


@pytest.fixture
def settings(tmp_path) -> Callable[..., RunSettings]:
    """Settings of a small nano run: 4 problems × 3 samples in groups of 4, 48 tokens each."""

    def make(name: str = "run", **other: object) -> RunSettings:
        given = {
            "model": "nano",
            "tasks": ("nano",),
            "samples": 3,
            "limit": 4,
            "temperature": 1.0,
            "top_p": 1.0,
            "max_tokens": 48,
            "protocol": "r1",
            "engine_args": {"group_size": "4"},
        }
        return RunSettings(out=tmp_path / name, **{**given, **other})

    return make


@pytest.fixture
def run() -> Callable[..., Silent]:
    def go(settings: RunSettings, watcher: Silent | None = None) -> Silent:
        watcher = watcher or Silent()
        sample_run(prepare(settings), watcher)
        return watcher

    return go


def stored(folder: Path) -> list[Sample]:
    with Store(folder) as store:
        return list(store.samples())


def texts(folder: Path) -> dict[tuple[str, str, int], str]:
    return {(s.task, s.problem_id, s.index): s.text for s in stored(folder)}
