"""Several files of traces as one set in stated shares, in a shuffled order.

R1's third stage takes 600k traces of reasoning and 200k of other tasks (arXiv 2501.12948, section
2.3.3). What does not have to be thought about keeps an empty thought, so that the student learns
not to think there::

    parts:
      - {traces: reasoning.jsonl, share: 3}
      - {traces: writing.jsonl, share: 1, thought: empty}

The largest set in these shares: the scarcest part goes in whole. Only where its lines begin is held
in memory.
"""

from __future__ import annotations

import json
import random
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from distill.lines import as_lines
from distill.traces import Trace, trace_of, write_traces
from tasks.errors import UserError
from tasks.schema import Strict

EMPTY = "<think>\n\n</think>\n\n"
"""As DeepSeek-R1 and Qwen3 write a thought that is not needed."""


class Part(Strict):
    """A file of traces, or ``file.py:function``; ``thought: empty`` puts an empty one in place of
    any that is there, ``none`` takes it out.
    """

    traces: Path
    share: PositiveFloat = 1.0
    thought: Literal["kept", "empty", "none"] = "kept"


class Mix(Strict):
    """``total``: how many traces at most."""

    parts: tuple[Part, ...] = Field(min_length=1)
    total: PositiveInt | None = None
    seed: int = 0
    empty_thought: str = EMPTY


@dataclass(frozen=True)
class Taken:
    """Of a part."""

    traces: Path
    taken: int
    there: int


def mix(recipe: Mix, out: Path) -> list[Taken]:
    """Write the set to ``out``. Raises UserError on a file without traces, and on one that is
    broken where it is read.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(as_lines(part.traces)) for part in recipe.parts]
        begins = [_line_starts(file) for file in files]
        for part, starts in zip(recipe.parts, begins, strict=True):
            if not starts:
                raise UserError(f"nothing to mix: {part.traces} holds no trace")
        counts = shares([p.share for p in recipe.parts], [len(b) for b in begins], recipe.total)
        choose = random.Random(recipe.seed)
        order = [
            (number, begin)
            for number, (count, starts) in enumerate(zip(counts, begins, strict=True))
            for begin in choose.sample(starts, count)
        ]
        choose.shuffle(order)
        write_traces(out, _read(recipe, files, order))
    return [
        Taken(part.traces, count, len(starts))
        for part, count, starts in zip(recipe.parts, counts, begins, strict=True)
    ]


def shares(wanted: Sequence[float], there: Sequence[int], total: int | None = None) -> list[int]:
    """How many of each part: in these shares, as many as there are.

    >>> shares([3, 1], [600, 900])
    [600, 200]
    >>> shares([3, 1], [600, 100], total=80)
    [60, 20]
    """
    scale = min(number / share for number, share in zip(there, wanted, strict=True))
    if total is not None:
        scale = min(scale, total / sum(wanted))
    return [
        min(number, int(scale * share + 1e-9)) for number, share in zip(there, wanted, strict=True)
    ]


def with_thought(trace: Trace, thought: str, empty: str = EMPTY) -> Trace:
    """The trace with its thought ``kept``, or in its place an ``empty`` one, or ``none``.

    >>> said = [{"role": "assistant", "content": "<think>a</think>\\n\\nHello!"}]
    >>> with_thought(Trace([], said), "empty").text
    '<think>\\n\\n</think>\\n\\nHello!'
    >>> with_thought(Trace([], said), "none").text
    'Hello!'
    """
    if thought == "kept":
        return trace
    answer = trace.split.answer.lstrip()
    last = {**trace.completion[-1], "content": (empty if thought == "empty" else "") + answer}
    return Trace(trace.prompt, [*trace.completion[:-1], last], trace.meta)


def _line_starts(path: Path) -> array[int]:
    """Where each line that is not blank begins, in bytes."""
    starts = array("q")
    place = 0
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                starts.append(place)
            place += len(line)
    return starts


def _read(recipe: Mix, paths: Sequence[Path], order: Sequence[tuple[int, int]]) -> Iterator[Trace]:
    with ExitStack() as stack:
        files: list[BinaryIO] = [stack.enter_context(path.open("rb")) for path in paths]
        for number, begin in order:
            part = recipe.parts[number]
            files[number].seek(begin)
            where = f"{part.traces}, byte {begin}"
            try:
                row = json.loads(files[number].readline())
            except ValueError as error:
                raise UserError(f"{where}: not JSON ({error})") from error
            trace = trace_of(row, f"{part.traces.name}@{begin}", where)
            yield with_thought(trace, part.thought, recipe.empty_thought)
