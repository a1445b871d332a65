"""run.json: the protocol of a run, what it asked, and with which versions. The folder's identity
card.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from runs.files import write_json
from runs.forcing import Forcing
from runs.protocol import Protocol
from runs.settings import RunSettings
from tasks.errors import UserError
from tasks.problem import Task

FILE = "run.json"
_FIRST_FILES = ("run.lock", "samples.db", f".{FILE}.")  # a run may die before it has its card
_VERSIONS = ("r1eval", "torch", "transformers", "tokenizers", "datasets", "numpy", "math-verify")


@dataclass(frozen=True)
class TaskRecord:
    """A task as it was asked. ``problems_sha256`` covers ids, texts and golds, in order."""

    name: str
    origin: str
    problems: int
    problems_sha256: str

    @classmethod
    def of(cls, task: Task) -> TaskRecord:
        digest = hashlib.sha256()
        for problem in task.problems:
            digest.update(json.dumps([problem.id, problem.prompt, problem.gold]).encode())
        return cls(task.name, task.origin, len(task.problems), digest.hexdigest()[:16])


@dataclass
class RunRecord:
    """What run.json holds. ``splits`` names the groups that were sampled in smaller parts for want
    of memory, and how many rows each part had; ``curves`` what was asked at which budgets
    (`runs.forcing.Forcing`), one for each mode; ``rounds`` how many samples of even and of odd
    index each problem was to have, ``{task: {"scale": …, "asked": {problem id: [even, odd]}}}``, or
    ``accepted`` in place of ``scale`` where a problem is asked until so many are correct;
    ``sessions`` has one entry per start.
    """

    settings: dict[str, Any]
    protocol: dict[str, Any]
    tasks: list[dict[str, Any]]
    journal: str
    host: dict[str, Any] = field(default_factory=lambda: _host())
    notices: list[str] = field(default_factory=list)
    splits: dict[str, int] = field(default_factory=dict)
    curves: list[dict[str, Any]] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    schema_version: int = 1

    @classmethod
    def new(
        cls, settings: RunSettings, protocol: Protocol, tasks: Sequence[Task], journal: str
    ) -> RunRecord:
        records = [TaskRecord.of(task).__dict__ for task in tasks]
        return cls(settings.as_json(), protocol.as_json(), records, journal)

    def begin_session(self, started: float, command: str) -> None:
        versions = {name: version_of(name) for name in _VERSIONS}
        versions["python"] = platform.python_version()
        self.sessions.append({"started": started, "command": command, "versions": versions})

    def set_curve(self, forcing: Forcing) -> bool:
        """Note what is asked at which budgets. Whether what there is of its mode still counts."""
        curves = {curve["mode"]: Forcing.from_json(curve) for curve in self.curves}
        before = curves.get(forcing.mode)
        curves[forcing.mode] = forcing
        self.curves = [curve.as_json() for curve in curves.values()]
        if before is None:
            return True
        if forcing.mode == "extend" and before.budgets[-1] != forcing.budgets[-1]:
            return False  # another trajectory
        return replace(before, budgets=forcing.budgets) == forcing

    def save(self, folder: Path) -> None:
        write_json(folder / FILE, self.__dict__)


def read(folder: Path) -> RunRecord:
    """The record of a run folder. Raises UserError when the folder is not a run."""
    if not folder.is_dir():
        raise UserError(f"no such run folder: {folder}")
    try:
        stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return RunRecord(**stored)
    except FileNotFoundError as error:
        raise UserError(f"{folder} is not a run: it has no {FILE}") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{folder / FILE} cannot be read: {error}") from error


def existing(out: Path) -> RunRecord | None:
    """The record to resume from, or ``None`` where ``out`` is free. Raises UserError where it is
    taken.
    """
    if out.is_file() or (not out.exists() and out.parent.is_file()):
        raise UserError(
            f"--out {out}: that is a file; give a folder that is new, or a run to resume"
        )
    if not out.exists():
        return None
    if not (out / FILE).is_file():
        if all(path.name.startswith(_FIRST_FILES) for path in out.iterdir()):
            return None
        raise UserError(
            f"--out {out}: the folder holds other things and is not a run; give a new one"
        )
    return read(out)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Holds the folder's lock; the system lets go of it however the process ends."""
    with (folder / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{folder}: another r1eval is writing to this run") from error
        except OSError:  # a file system without locks: SQLite guards the samples all the same
            pass
        yield


def _host() -> dict[str, Any]:
    return {"system": platform.system(), "machine": platform.machine(), "cpus": os.cpu_count()}


def version_of(package: str) -> str | None:
    """Of what is installed; ``None`` where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
