"""What a training leaves behind, line by line: ``log.jsonl``, ``samples.jsonl``, ``heldout.jsonl``.

A line holds TRL's own keys as they are named (``num_tokens``: those of prompts and completions in
all), and ours; numbers that are none are null. Lines are flushed one by one, so a training that is
killed loses at most the one being written.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from rl.graded import GradedSample
from runs.files import written_whole

LOG, SAMPLES, HELDOUT = "log.jsonl", "samples.jsonl", "heldout.jsonl"
_SHOWN = 4  # samples of a step


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every whole line. A last one that was cut off, be it within a character, is left out. Only
    line feeds end lines: a model's text may hold what Unicode calls line separators.
    """
    if not path.is_file():
        return []
    rows = []
    for line in path.read_bytes().split(b"\n"):
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
        for name in (LOG, HELDOUT, SAMPLES):
            kept = [row for row in read_lines(folder / name) if row["step"] <= step]
            with written_whole(folder / name) as file:
                file.write_bytes(b"".join(map(_line, kept)))
        self._sampled = max((row["step"] for row in kept), default=None)

    def due(self, step: int, every: int) -> bool:
        """Whether samples were last kept ``every`` steps ago. Rollouts of several steps need not
        fall on multiples of it.
        """
        return self._sampled is None or step - self._sampled >= every

    def log(self, step: int, logs: Mapping[str, Any]) -> dict[str, Any]:
        row = {"step": step, **{name: _plain(value) for name, value in logs.items()}}
        self._append(LOG, row)
        return row

    def heldout(self, step: int, found: Mapping[str, Any]) -> None:
        self._append(HELDOUT, {"step": step, **found})

    def samples(
        self,
        step: int,
        samples: Sequence[GradedSample],
        rewards: torch.Tensor,
        names: Sequence[str],
        weights: torch.Tensor,
    ) -> None:
        """A few: that of the highest weighted reward, that of the lowest, and others at random, the
        same for the same step. ``rewards`` has shape ``[samples, functions]``, ``weights``
        ``[functions]``.
        """
        self._sampled = step
        order = (rewards * weights).nansum(dim=1)[: len(samples)].sort(stable=True).indices.tolist()
        between = random.Random(f"samples of step {step}").sample(order[1:-1], len(order[1:-1]))
        for place in dict.fromkeys([order[-1], order[0], *between[: _SHOWN - 2]]):
            sample, given = samples[place], rewards[place].tolist()
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
        with (self._folder / name).open("ab") as file:
            file.write(_line(row))


def _line(row: Mapping[str, Any]) -> bytes:
    """Half a character, which UTF-8 does not have, is kept as a question mark."""
    text = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", errors="replace")


def _plain(value: Any) -> Any:
    """As JSON has it: what numpy and torch hold as a number becomes one, what is none null.

    >>> import numpy
    >>> _plain(numpy.float32(0.5)), _plain(float("nan")), _plain([1, float("inf")]), _plain("二")
    (0.5, None, [1, None], '二')
    """
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
