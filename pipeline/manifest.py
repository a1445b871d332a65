"""What a pipeline has done, addressed by what went into it.

A stage's key is a hash of its recipe, of its parents' keys, of the files that it names and of the
versions of what trains and draws. Its folder is named by the stage and the key, so that a change
makes a new folder and taking the change back finds the old one: nothing is deleted.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.recipe import Stage
from runs.files import write_json
from runs.recipe import where
from runs.record import version_of

FILE, STAGES = "manifest.json", "stages"
_VERSIONS = ("r1eval", "torch", "transformers", "trl", "peft")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Addressed:
    """A stage with its key and where it is made."""

    stage: Stage
    key: str
    folder: Path

    @property
    def product(self) -> Path:
        """What ``@name`` stands for."""
        made = self.stage.form.makes
        return self.folder / made if made else self.folder


def address(stages: Sequence[Stage], out: Path) -> dict[str, Addressed]:
    """Every stage by its name, in their order."""
    versions = {name: version_of(name) for name in _VERSIONS}
    done: dict[str, Addressed] = {}
    for stage in stages:
        content = {
            "kind": stage.kind,
            "recipe": stage.recipe,
            "parents": {name: done[name].key for name in stage.parents},
            "files": dict(_files(stage.recipe)),
            "versions": versions,
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        done[stage.name] = Addressed(stage, key, out / STAGES / f"{stage.name}.{key}")
    return done


def resolved(recipe: Any, made: Mapping[str, Addressed]) -> Any:
    """The recipe with paths in place of ``@name`` and ``@name/file``."""
    if isinstance(recipe, str) and recipe.startswith("@"):
        name, slash, rest = recipe[1:].partition("/")
        return str(made[name].folder / rest if slash else made[name].product)
    if isinstance(recipe, Mapping):
        return {key: resolved(value, made) for key, value in recipe.items()}
    if isinstance(recipe, list | tuple):
        return [resolved(value, made) for value in recipe]
    return recipe


def _files(recipe: Any) -> Iterator[tuple[str, str]]:
    """Files that a recipe names, the user's code among them, and hashes of what they hold."""
    if isinstance(recipe, str):
        file = Path(where(recipe).partition(".py:")[0] + ".py" if ".py:" in recipe else recipe)
        if len(recipe) < 4096 and not recipe.startswith("@") and file.is_file():
            yield recipe, _hash(file)
    elif isinstance(recipe, Mapping):
        for value in recipe.values():
            yield from _files(value)
    elif isinstance(recipe, list | tuple):
        for value in recipe:
            yield from _files(value)


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()[:16]


class Manifest:
    """``OUT/manifest.json``: which stages are done, with seconds, sessions added up."""

    def __init__(self, out: Path) -> None:
        self._path = out / FILE
        read = json.loads(self._path.read_text(encoding="utf-8")) if self._path.is_file() else {}
        self._done: dict[str, dict[str, Any]] = read.get("stages", {})

    def is_done(self, one: Addressed) -> bool:
        return _name(one) in self._done and one.folder.is_dir()

    def seconds(self, one: Addressed) -> float | None:
        entry = self._done.get(_name(one))
        return None if entry is None else float(entry["seconds"])

    def busy(self, stages: Iterable[Addressed]) -> float:
        """Seconds in which any of these stages was running."""
        entries = [self._done[key] for one in stages if (key := _name(one)) in self._done]
        spans = sorted((e["finished"] - e["seconds"], e["finished"]) for e in entries)
        total, until = 0.0, 0.0
        for begin, end in spans:
            total += max(0.0, end - max(begin, until))
            until = max(until, end)
        return total

    def note(self, one: Addressed, seconds: float, parents: Mapping[str, str]) -> None:
        self._done[_name(one)] = {
            "name": one.stage.name,
            "kind": one.stage.kind,
            "key": one.key,
            "parents": dict(parents),
            "seconds": round(seconds, 1),
            "finished": time.time(),
        }
        self._write()

    def forget(self, one: Addressed) -> None:
        """As if it had not been done; its folder stays, under another name."""
        if self._done.pop(_name(one), None) is not None:
            self._write()
        if one.folder.is_dir():
            number = 1
            while (old := one.folder.with_name(f"{one.folder.name}.before-{number}")).exists():
                number += 1
            one.folder.rename(old)

    def _write(self) -> None:
        write_json(self._path, {"schema_version": 1, "stages": self._done})


def _name(one: Addressed) -> str:
    return f"{one.stage.name}.{one.key}"


def ancestors(name: str, stages: Mapping[str, Addressed]) -> set[str]:
    """All that a stage rests on."""
    parents = stages[name].stage.parents
    return {*parents, *(one for parent in parents for one in ancestors(parent, stages))}
