"""Sums of three-digit addends modulo 1000, and the rule that keeps some of them out of training.

>>> problem = Problem((582, 867, 4))
>>> problem.question, problem.answer, problem.depth
('582+867+004=?', '453', 2)

**The held-out rule.** A prompt is held out when the squares of its digits add up to 3 modulo 7.
The corpus, and every generator here asked for "train", leaves those prompts out, so no list of ids
is needed: the split is checked by reading the prompt. One prompt in seven is held out, all answers
000 to 999 occur at every depth, and reordering the addends never moves a sum across the split. The
rule speaks of prompts: the first addition *inside* a worked thought may be one that is held out as
a question of its own.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from nano.language import DIGITS

Split = Literal["train", "heldout"]

DEPTHS = (1, 2, 3, 4, 5, 6)


@dataclass(frozen=True)
class Problem:
    """A sum to be answered modulo 1000; `addends` are two or more integers in 0..999."""

    addends: tuple[int, ...]

    @property
    def question(self) -> str:
        """The user's message."""
        return "+".join(f"{addend:03d}" for addend in self.addends) + "=?"

    @property
    def answer(self) -> str:
        """Gold: always three ASCII digits."""
        return f"{sum(self.addends) % 1000:03d}"

    @property
    def depth(self) -> int:
        """The number of additions."""
        return len(self.addends) - 1

    @property
    def id(self) -> str:
        """Stable, since it is the question's own text."""
        return self.question.removesuffix("=?")


def held_out(prompt: str) -> bool:
    """Whether training must never see `prompt`.

    >>> held_out("copy 111"), held_out("copy 112")  # 1 + 1 + 1 = 3; 1 + 1 + 4 = 6
    (True, False)
    """
    return sum(int(mark) ** 2 for mark in prompt if mark in DIGITS["ascii"]) % 7 == 3


def draw(rng: random.Random, depth: int, split: Split) -> Problem:
    """One problem of `depth` additions from `split`, uniform over it."""
    while True:
        problem = Problem(tuple(rng.randrange(1000) for _ in range(depth + 1)))
        if held_out(problem.question) == (split == "heldout"):
            return problem


def generate(
    split: Split, count: int, seed: int = 0, depths: Sequence[int] = DEPTHS
) -> list[Problem]:
    """`count` different problems of `split`, the same ones for the same arguments.

    Depths take turns, so the first P problems are of mixed depth, and a smaller `count` gives a
    prefix of a larger one.

    >>> [problem.depth for problem in generate("heldout", 8)]
    [1, 2, 3, 4, 5, 6, 1, 2]

    Raises ValueError on an unknown split, a negative count, or depths that are empty or below 1.
    """
    if split not in get_args(Split):
        raise ValueError(f"unknown split {split!r}: one of {', '.join(get_args(Split))}")
    if count < 0:
        raise ValueError(f"count must not be negative, got {count}")
    if not depths or min(depths) < 1:
        raise ValueError(f"depths must be positive integers, at least one; got {list(depths)}")
    rng = random.Random(f"problems/{split}/{seed}")
    problems: dict[Problem, None] = {}
    while len(problems) < count:
        depth = depths[len(problems) % len(depths)]
        problems.setdefault(draw(rng, depth, split))
    return list(problems)
