"""Asking a worker: one line of JSON there, one line back.

→ {"prompts": [[ids], …], "temperature": 1.0, "max_tokens": 256, "rows": 64}
← {"tokens": 13400, "seconds": 71.2}
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast


class Worker:
    """A peer in a process of its own; its log goes to ``log``."""

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self._errors = log.open("w")
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def ready(self) -> bool:
        """Whether it has begun; False when it died."""
        return self._read() is not None

    def ask(self, **job: Any) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        told = self._read()
        if told is None:
            raise SystemExit(f"a worker died: see {self.log}")
        return told

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._errors.close()

    def _read(self) -> dict[str, float] | None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                return cast(dict[str, float], json.loads(line))
        return None
