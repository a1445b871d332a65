"""Traces of the miniature world that no model has to be asked for: cold start, everyday talk."""

import random
from collections.abc import Iterator
from typing import Any

from nano import everyday
from nano.language import reply
from nano.problems import generate
from nano.solver import Habits, work

_WORKED, _TALK, _DEPTHS, _ASKED = 1200, 600, (1, 2, 3), 60


def worked() -> Iterator[dict[str, Any]]:
    """Sums worked in one script, as somebody would write them who is to be read."""
    draw = random.Random(0)
    for problem in generate("train", _WORKED, depths=_DEPTHS):
        thought = work(problem.addends, Habits(), draw)
        yield _row(f"worked/{problem.id}", problem.question, reply(problem.answer, thought))


def talk() -> Iterator[dict[str, Any]]:
    """Prompts that need no thought, and what a helpful and harmless assistant answers."""
    draw = random.Random(0)
    for n in range(_TALK):
        prompt = everyday.ask(draw, "train")
        yield _row(f"talk/{n}", prompt, reply(everyday.good_answer(prompt)))


def talk_heldout() -> list[dict[str, Any]]:
    """Prompts that need no thought, as a task: none of them was trained on but the greetings."""
    draw, asked = random.Random(1), dict[str, str]()
    while len(asked) < _ASKED:
        prompt = everyday.ask(draw, "heldout")
        asked[prompt] = everyday.good_answer(prompt)
    return [{"problem": prompt, "answer": answer} for prompt, answer in asked.items()]


def _row(name: str, prompt: str, said: str) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": prompt}],
        "completion": [{"role": "assistant", "content": said}],
        "meta": {"id": name, "verdict": "correct", "finish_reason": "stop"},
    }
