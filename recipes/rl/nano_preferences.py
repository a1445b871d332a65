"""The miniature's preferences (`nano.preferences`) as rows, and the prompts of R1's last stage."""

import random
from typing import Any

from nano import everyday, preferences
from nano.problems import Split, generate

_TRAIN, _HELD_OUT, _SUMS = 1500, 300, 1200


def pairs() -> list[dict[str, Any]]:
    return _pairs("train", _TRAIN)


def pairs_heldout() -> list[dict[str, Any]]:
    return _pairs("heldout", _HELD_OUT)


def rated() -> list[dict[str, Any]]:
    return _rated("train", _TRAIN)


def rated_heldout() -> list[dict[str, Any]]:
    return _rated("heldout", _HELD_OUT)


def prompts() -> list[dict[str, Any]]:
    """Three sums, which have a gold answer, and then an everyday prompt, which has none."""
    draw = random.Random(0)
    rows: list[dict[str, Any]] = []
    for number, problem in enumerate(generate("train", _SUMS)):
        rows.append({"problem": problem.question, "answer": problem.answer})
        if number % 3 == 2:
            rows.append({"problem": everyday.ask(draw, "train")})
    return rows


def _pairs(split: Split, count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": one.prompt, "chosen": one.preferred, "rejected": one.rejected}
        for one in preferences.pairs(split, count)
    ]


def _rated(split: Split, count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": one.prompt, "completion": one.response, "label": one.safe}
        for one in preferences.rated(split, count)
    ]
