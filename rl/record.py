"""rl.json or sft.json: what a training folder was made by."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Any

from runs.files import write_json
from runs.record import version_of
from tasks.errors import UserError
from tasks.schema import Strict

FILE = "rl.json"
_FREE = {"title", "report_to", "samples_every", "keep_checkpoints", "eval", "processes"}
"""What may differ when a training goes on: it changes no weight."""
_VERSIONS = ("r1eval", "torch", "transformers", "trl", "accelerate", "peft", "datasets")


def begin(out: Path, recipe: Strict, revision: str, file: str = FILE) -> None:
    """Write the card of a new folder, or add a session to the card that is there.

    Raises UserError when the folder was begun with another recipe, naming the difference.
    """
    now = recipe.model_dump(mode="json")
    card = read(out, file) if (out / file).is_file() else None
    if card is None:
        if any(out.glob("checkpoint-*")):
            raise UserError(f"{out} holds checkpoints but no {file}: give a new --out")
        card = {"schema_version": 1, "recipe": now, "revision": revision, "sessions": []}
    differences = [f"{k}: {a} there, {b} now" for k, a, b in _differences(card["recipe"], now)]
    if card["revision"] != revision:
        differences.append(f"weights: {card['revision']} there, {revision} now")
    if differences:
        raise UserError(
            f"{out} was begun with another recipe: {'; '.join(differences[:3])}; give a new --out"
        )
    card["sessions"].append(
        {
            "started": time.time(),
            "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "versions": {name: version_of(name) for name in _VERSIONS},
        }
    )
    write_json(out / file, card)


def read(out: Path, file: str = FILE) -> dict[str, Any]:
    import json

    card: dict[str, Any] = json.loads((out / file).read_text(encoding="utf-8"))
    return card


def _differences(then: Any, now: Any, place: str = "") -> list[tuple[str, Any, Any]]:
    if isinstance(then, dict) and isinstance(now, dict):
        keys = [k for k in {**then, **now} if place or k not in _FREE]
        return [
            found
            for key in keys
            for found in _differences(then.get(key), now.get(key), f"{place}{key}.")
        ]
    return [] if then == now else [(place.rstrip("."), then, now)]
