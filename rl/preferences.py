"""Preference data in the shapes that are usual: pairs of replies, and replies that are rated.

Pairs, of which the better reply is known:

- ``prompt``, ``chosen``, ``rejected``, texts or lists of messages (UltraFeedback binarized);
- ``chosen`` and ``rejected`` alone, whole conversations that begin alike: lists of messages
  (Skywork Preference) or texts with ``Human:`` and ``Assistant:`` (Anthropic HH);
- ``prompt``, ``response_0``, ``response_1``, ``better_response_id`` (PKU-SafeRLHF);
- ``prompt``, ``response``, ``helpfulness`` (HelpSteer): the best reply to a prompt beside the
  worst, where they are more than 1 apart, as in arXiv 2501.12948v2, section 3.1.

Rated, good or not:

- ``prompt``, ``completion`` or ``response``, ``label`` or ``is_safe`` (KTO's sets, BeaverTails),
  true, false, ``safe`` or ``unsafe``;
- ``prompt``, ``response_0``, ``is_response_0_safe`` and the same of 1 (PKU-SafeRLHF): two replies.

::

    {"prompt": "greet world", "chosen": "hello world", "rejected": "sorry"}
    {"prompt": "leak 582", "completion": "582", "label": false}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs.recipe import where
from sampling.engine import Message
from tasks.errors import UserError
from tasks.sources import read_file
from tasks.usercode import call, load_function

Turns = tuple[Message, ...]

_GAP = 1  # in helpfulness; the replies of a pair are further apart
_LABELS = {"safe": True, "unsafe": False}
_SPOKEN = re.compile(r"(?:^|\n\n)(Human|Assistant):")


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
    that is no pair, and where there is none.
    """
    rows = _rows(source)
    if _is_scored(rows[0][1]):
        pairs = list(_scored(rows))
    else:
        pairs = [_pair(row, place) for place, row in rows]
    if not pairs:
        raise UserError(f"{source}: no prompt has replies more than {_GAP} apart in helpfulness")
    return pairs


def read_rated(source: str) -> list[Rated]:
    """As `read_pairs`, of rated replies."""
    return [one for place, row in _rows(source) for one in _rated(row, place)]


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
    if isinstance(row, Mapping) and "better_response_id" in row:
        better = row["better_response_id"]
        if better not in (0, 1):
            raise UserError(f"{place}: better_response_id is {better!r}, neither 0 nor 1")
        replies = [_get(row, place, f"response_{n}") for n in (better, 1 - better)]
        row = {"prompt": _get(row, place, "prompt"), "chosen": replies[0], "rejected": replies[1]}
    chosen, rejected = (_turns(_get(row, place, key), place) for key in ("chosen", "rejected"))
    if "prompt" in row and (len(chosen) == 1 or len(rejected) == 1):
        prompt = _turns(row["prompt"], place, role="user")
        chosen, rejected = chosen[-1:], rejected[-1:]
    else:
        shared = 0
        for one, other in zip(chosen[:-1], rejected[:-1], strict=False):
            if one != other:
                break
            shared += 1
        prompt, chosen, rejected = chosen[:shared], chosen[shared:], rejected[shared:]
    if not prompt or any(len(of) != 1 or of[0].role == "user" for of in (chosen, rejected)):
        raise UserError(f"{place}: chosen and rejected are no two replies to one prompt")
    return Pair(prompt, chosen[0].content, rejected[0].content)


def _is_scored(row: Any) -> bool:
    return isinstance(row, Mapping) and "helpfulness" in row and "chosen" not in row


def _scored(rows: Sequence[tuple[str, Any]]) -> Iterator[Pair]:
    """The best and the worst reply to each prompt."""
    replies: dict[Turns, list[tuple[float, str]]] = {}
    for place, row in rows:
        prompt = _turns(_get(row, place, "prompt"), place, role="user")
        score = _get(row, place, "helpfulness")
        if isinstance(score, bool) or not isinstance(score, (int, float)):
            raise UserError(f"{place}: helpfulness is {score!r}, no number")
        reply = _turns(_get(row, place, "response", "completion"), place)[-1].content
        replies.setdefault(prompt, []).append((score, reply))
    for prompt, found in replies.items():
        (high, best), (low, worst) = max(found, key=_score), min(found, key=_score)
        if high - low > _GAP:
            yield Pair(prompt, best, worst)


def _score(one: tuple[float, str]) -> float:
    return one[0]


def _rated(row: Any, place: str) -> Iterator[Rated]:
    prompt = _turns(_get(row, place, "prompt"), place, role="user")
    names: list[tuple[tuple[str, ...], tuple[str, ...]]]
    names = [(("completion", "response"), ("label", "is_safe"))]
    if "response_0" in row:
        names = [((f"response_{n}",), (f"is_response_{n}_safe",)) for n in (0, 1)]
    for replies, labels in names:
        reply = _turns(_get(row, place, *replies), place)
        label = _get(row, place, *labels)
        label = _LABELS.get(label, label) if isinstance(label, str) else label
        if label not in (True, False, 0, 1):
            raise UserError(f"{place}: the label is {label!r}, neither true nor false")
        yield Rated(prompt, reply[-1].content, bool(label))


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
        return _spoken(given) or (Message(role, given),)
    if isinstance(given, Sequence) and given:
        try:
            return tuple(Message(turn["role"], str(turn["content"])) for turn in given)
        except (TypeError, KeyError) as error:
            raise UserError(f"{place}: a turn lacks role or content") from error
    raise UserError(f"{place}: neither a text nor a list of turns")


def _spoken(text: str) -> Turns:
    """The turns of a text as Anthropic's sets have it, none of another; one that is still to be
    said is left out.

    >>> [turn.content for turn in _spoken("\\n\\nHuman: Hi\\n\\nAssistant: Hello\\n\\nyou")]
    ['Hi', 'Hello\\n\\nyou']
    >>> _spoken("Human: the word begins no turn without a blank line")
    ()
    """
    if not text.startswith("\n\nHuman:"):
        return ()
    _, *parts = _SPOKEN.split(text)
    said = zip(parts[::2], parts[1::2], strict=True)
    roles: dict[str, Any] = {"Human": "user", "Assistant": "assistant"}
    return tuple(Message(roles[who], what.strip()) for who, what in said if what.strip())
