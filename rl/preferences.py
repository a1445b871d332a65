"""Preference data in the shapes that are usual: pairs of replies, and replies that are rated.

Pairs, as Anthropic HH, UltraFeedback binarized or Skywork Preference have them: ``prompt``,
``chosen`` and ``rejected``, texts or lists of messages; without ``prompt`` it is what both
conversations begin with. Rated, as KTO's and BeaverTails' sets: ``prompt``, ``completion`` (or
``response``) and ``label`` (or ``is_safe``)::

    {"prompt": "greet world", "chosen": "hello world", "rejected": "sorry"}
    {"prompt": "leak 582", "completion": "582", "label": false}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs.recipe import where
from sampling.engine import Message
from tasks.errors import UserError
from tasks.sources import read_file
from tasks.usercode import call, load_function

Turns = tuple[Message, ...]


@dataclass(frozen=True)
class Pair:
    """``chosen`` is the better reply."""

    prompt: Turns
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Rated:
    prompt: Turns
    reply: str
    good: bool


def read_pairs(source: str) -> list[Pair]:
    """From a .jsonl, .csv or .parquet file, or ``file.py:function``. Raises UserError naming a row
    that is no pair.
    """
    return [_pair(row, place) for place, row in _rows(source)]


def read_rated(source: str) -> list[Rated]:
    """As `read_pairs`, of rated replies."""
    return [_rated(row, place) for place, row in _rows(source)]


def _rows(source: str) -> list[tuple[str, Mapping[str, Any]]]:
    if ".py:" not in source:
        rows = [(row.place, row.columns) for row in read_file(Path(source))]
    else:
        made = call(load_function(where(source)), source)
        if not isinstance(made, Iterable):
            raise UserError(f"{source} must return rows")
        rows = [(f"{source}, row {n}", row) for n, row in enumerate(made, start=1)]
    if not rows:
        raise UserError(f"{source} holds no rows")
    return rows


def _pair(row: Any, place: str) -> Pair:
    chosen, rejected = (_turns(_get(row, place, key), place) for key in ("chosen", "rejected"))
    if "prompt" in row:
        prompt = _turns(row["prompt"], place, role="user")
        chosen, rejected = chosen[-1:], rejected[-1:]
    else:
        shared = 0
        for one, other in zip(chosen[:-1], rejected[:-1], strict=False):
            if one != other:
                break
            shared += 1
        prompt, chosen, rejected = chosen[:shared], chosen[shared:], rejected[shared:]
    if not prompt or len(chosen) != 1 or len(rejected) != 1:
        raise UserError(f"{place}: chosen and rejected are no two replies to one prompt")
    return Pair(prompt, chosen[0].content, rejected[0].content)


def _rated(row: Any, place: str) -> Rated:
    reply = _turns(_get(row, place, "completion", "response"), place)
    label = _get(row, place, "label", "is_safe")
    if label not in (True, False, 0, 1):
        raise UserError(f"{place}: the label is {label!r}, neither true nor false")
    prompt = _turns(_get(row, place, "prompt"), place, role="user")
    return Rated(prompt, reply[-1].content, bool(label))


def _get(row: Any, place: str, *names: str) -> Any:
    if not isinstance(row, Mapping):
        raise UserError(f"{place} is no row with columns")
    for name in names:
        if row.get(name) is not None:
            return row[name]
    raise UserError(f"{place} has no {' or '.join(names)}: it has {', '.join(map(str, row))}")


def _turns(given: Any, place: str, role: Any = "assistant") -> Turns:
    """
    >>> _turns("hello", "line 1")
    (Message(role='assistant', content='hello'),)
    """
    if isinstance(given, str):
        return (Message(role, given),)
    if isinstance(given, Sequence) and given:
        try:
            return tuple(Message(turn["role"], str(turn["content"])) for turn in given)
        except (TypeError, KeyError) as error:
            raise UserError(f"{place}: a turn lacks role or content") from error
    raise UserError(f"{place}: neither a text nor a list of turns")
