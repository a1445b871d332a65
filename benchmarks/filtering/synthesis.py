"""Traces made up as a stream: 4,000 characters of words as often as words are, formulas, signs.

Eight of a problem. In a hundred: 4 were given before, 4 nearly so, 2 ask one of ``asked``, 2 mix
Chinese in, 2 go in circles, 1 has code, 5 are wrong, 2 cut off: most go through every filter.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

_LETTERS = "etaoinshrdlucmfwypvbgkqjxz"
_SIGNS = ("$x^2 + 3x = {}$", r"\frac{{{}}}{{7}}", "= {},", "≤ {}", "π · {}", "({})", "\n\nWait, {}")
_FOREIGN = "然后我们检查这个结果是否正确所以答案是"
_SIZE = 4000


def traces(count: int, seed: int, asked: Sequence[str]) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed)
    words = ["".join(rng.choices(_LETTERS, k=rng.randint(1, 9))) for _ in range(20_000)]
    weights = [0.0]
    for rank in range(1, len(words) + 1):
        weights.append(weights[-1] + 1 / (rank + 2))
    question, before = "", "start"
    for n in range(count):
        if n % 8 == 0:
            question = " ".join(rng.choices(words, cum_weights=weights[1:], k=40)) + "?"
            if asked and rng.random() < 0.02:
                question = rng.choice(asked)
        draw = rng.random()
        if draw < 0.04 and n:
            text = before
        elif draw < 0.08 and n:
            cut = rng.randrange(len(before))
            text = before[:cut] + f" {rng.choice(words)} " + before[cut:]
        else:
            before = text = _text(rng, words, weights[1:], draw)
        yield _row(n, question, text, rng)


def _text(rng: random.Random, words: list[str], weights: list[float], draw: float) -> str:
    drawn = rng.choices(words, cum_weights=weights, k=640)
    for at in range(0, len(drawn), 9):
        drawn[at] = rng.choice(_SIGNS).format(rng.randrange(10_000))
    text = " ".join(drawn)
    if draw < 0.10:
        text = "".join(rng.choices(_FOREIGN, k=200)) + text
    elif draw < 0.12:
        text = text[:200] * 20
    elif draw < 0.13:
        text = "\n```python\nprint(1)\n```\n" + text
    while len(text) < _SIZE:
        text += " " + " ".join(rng.choices(words, cum_weights=weights, k=80))
    return text[:_SIZE]


def _row(n: int, question: str, text: str, rng: random.Random) -> dict[str, Any]:
    draw = rng.random()
    cut = draw < 0.02
    verdict = "truncated" if cut else "wrong" if draw < 0.07 else "correct"
    said = f"<think>{text}" + ("" if cut else "</think>The answer is 7.")
    return {
        "prompt": [{"role": "user", "content": question}],
        "completion": [{"role": "assistant", "content": said}],
        "meta": {
            "id": f"made/{n // 8}/{n % 8}",
            "task": "made",
            "problem_id": str(n // 8),
            "verdict": verdict,
            "finish_reason": "length" if cut else "stop",
            "tokens": 1100,
        },
    }


def write(path: str, count: int, seed: int, asked: Sequence[str]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for row in traces(count, seed, asked):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
