"""Traces of the miniature world, worked by its own solver."""

import random

import pytest

from distill.traces import Trace, write_traces
from nano.language import reply
from nano.problems import generate
from nano.solver import Habits, work


def solved(count, depths=(1, 2), seed=0):
    rng = random.Random(seed)
    return [
        Trace(
            [{"role": "user", "content": problem.question}],
            [
                {
                    "role": "assistant",
                    "content": reply(problem.answer, work(problem.addends, Habits(), rng)),
                }
            ],
            {
                "id": f"solved/{n}",
                "gold": problem.answer,
                "verdict": "correct",
                "finish_reason": "stop",
            },
        )
        for n, problem in enumerate(generate("train", count, seed, depths))
    ]


@pytest.fixture
def solved_file(tmp_path):
    path = tmp_path / "solved.jsonl"
    write_traces(path, solved(48))
    return path
