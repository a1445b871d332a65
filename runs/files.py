"""Files that are whole or not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks.errors import UserError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` to write to; it becomes ``path`` when the block ends well.

    Raises UserError when ``path`` is a folder or lies in none.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise UserError(f"cannot write {path}: give a file in a folder that exists")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_jsonl(path: Path, rows: Iterable[Any]) -> int:
    """One JSON value a line; returns how many."""
    count = 0
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_json(path: Path, value: Any) -> None:
    with written_whole(path) as temporary:
        text = json.dumps(value, ensure_ascii=False, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")
