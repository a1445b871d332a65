"""What SmolLM2-135M is taught by worked solutions, a program's or people's: traces, and the recipe
by which a student is trained on them and asked held-out problems.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from distill.traces import Trace
from runs.recipe import where
from tasks.load import MATH_INSTRUCTION, load_task
from tasks.sources import read_jsonl


@dataclass(frozen=True)
class Lesson:
    """``changes`` are made to the recipe; ``traces`` is how many of ``worked`` are given to it."""

    title: str
    recipe: str
    changes: tuple[str, ...]
    traces: int
    worked: Callable[[], Iterator[Trace]]


def chains() -> Iterator[Trace]:
    """Every training chain of reasoning-gym with its steps from left to right."""
    task = load_task(where("gym.py:chains"))
    for problem in task.problems:
        expression = problem.question.split(":")[1].removesuffix("=").strip()
        thought, total = steps(expression)
        assert str(total) == problem.gold
        yield _trace(
            f"solved/{problem.id}",
            problem.question,
            problem.prompt,
            thought,
            f"The answer is {total}.",
            problem.gold,
            "a solver",
        )


def steps(expression: str) -> tuple[str, int]:
    """
    >>> steps("98 - 93 + 77")
    ('98 - 93 = 5\\n5 + 77 = 82', 82)
    """
    first, *rest = re.findall(r"\d+|[+-]", expression)
    total, lines = int(first), []
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        after = total + int(number) if sign == "+" else total - int(number)
        lines.append(f"{total} {sign} {number} = {after}")
        total = after
    return "\n".join(lines), total


def gsm8k() -> Iterator[Trace]:
    """GSM8K's training half (arXiv 2110.14168) with the solutions that people wrote for it, as
    ``$R1EVAL_DATA_DIR/benchmarks/gsm8k_train.jsonl``, asked as the task asks.
    """
    path = Path(os.environ.get("R1EVAL_DATA_DIR", ""), "benchmarks", "gsm8k_train.jsonl")
    if not path.is_file():
        raise click.UsageError("set R1EVAL_DATA_DIR to a folder with benchmarks/gsm8k_train.jsonl")
    for number, row in enumerate(read_jsonl(path)):
        question = row.columns["question"]
        thought, answer = explained(row.columns["answer"])
        yield _trace(
            f"gsm8k-train/{number}",
            question,
            f"{question}\n\n{MATH_INSTRUCTION}",
            thought,
            f"\\boxed{{{answer}}}",
            answer,
            "the authors of GSM8K",
        )


def explained(solution: str) -> tuple[str, str]:
    """Without what GSM8K tells a calculator.

    >>> explained("She sold 48/2 = <<48/2=24>>24 clips.\\n#### 1,024")
    ('She sold 48/2 = 24 clips.', '1024')
    """
    thought, _, answer = re.sub(r"<<[^>]*>>", "", solution).rpartition("####")
    return thought.strip(), answer.strip().replace(",", "")


def _trace(
    name: str, question: str, asked: str, thought: str, answer: str, gold: str, teacher: str
) -> Trace:
    return Trace(
        [{"role": "user", "content": asked}],
        [{"role": "assistant", "content": f"<think>\n{thought}\n</think>\n\n{answer}"}],
        {
            "id": name,
            "question": question,
            "gold": gold,
            "verdict": "correct",
            "finish_reason": "stop",
            "teacher": teacher,
        },
    )


LESSONS = {
    "chains": Lesson(
        "worked sums",
        "smollm2",
        ("eval={task: 'gym.py:chains_heldout', limit: 100, samples: 8, max_tokens: 96}",),
        1200,
        chains,
    ),
    "gsm8k": Lesson("GSM8K's worked solutions", "smollm2-gsm8k", (), 3200, gsm8k),
}
