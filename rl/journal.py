"""What a training leaves behind: ``log.jsonl``, a line a step, and ``samples.jsonl``.

A line holds TRL's own keys as they are named, and ours; numbers that are none are null. Lines are
flushed one by one, so a training that is killed loses at most the one being written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from rl.graded import GradedSample
from runs.files import written_whole

LOG, SAMPLES = "log.jsonl", "samples.jsonl"
_SHOWN = 4  # samples of a step


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every whole line. A last one that was cut off is left out."""
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


class Journal:
    """Appends to a training folder's files, from a step on: what was logged after it, by a session
    that then died, is dropped.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        for name in (LOG, SAMPLES):
            kept = [row for row in read_lines(folder / name) if row["step"] <= step]
            with written_whole(folder / name) as file:
                file.write_text("".join(map(_line, kept)), encoding="utf-8")

    def log(self, step: int, logs: Mapping[str, Any]) -> dict[str, Any]:
        row = {"step": step, **{name: _plain(value) for name, value in logs.items()}}
        self._append(LOG, row)
        return row

    def samples(
        self,
        step: int,
        samples: Sequence[GradedSample],
        rewards: torch.Tensor,
        names: Sequence[str],
    ) -> None:
        """A few: those of the highest and the lowest reward, and two of the middle. ``rewards`` has
        shape ``[samples, functions]``.
        """
        order = rewards.nansum(dim=1)[: len(samples)].sort(stable=True).indices.tolist()
        last = len(order) - 1
        for place in dict.fromkeys(last * n // (_SHOWN - 1) for n in range(_SHOWN)):
            sample, given = samples[order[place]], rewards[order[place]].tolist()
            row = {
                "step": step,
                "problem_id": sample.asked.problem_id,
                "prompt": sample.asked.prompt,
                "text": sample.text,
                "gold": sample.asked.gold,
                "verdict": sample.grade.verdict.value,
                "extracted": sample.grade.extracted,
                "rewards": {n: _plain(r) for n, r in zip(names, given, strict=True)},
                "tokens": sample.tokens,
                "finish_reason": sample.finish_reason,
            }
            self._append(SAMPLES, row)

    def _append(self, name: str, row: Mapping[str, Any]) -> None:
        with (self._folder / name).open("a", encoding="utf-8") as file:
            file.write(_line(row))


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
