"""What a check found, before hours are spent on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """``error``: what comes would be for nothing. ``note``: worth knowing."""

    level: Level
    what: str
    text: str
