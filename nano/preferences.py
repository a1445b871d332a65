"""Material for two reward models, in the manner of the paper's section 3.1.

Helpfulness is pairwise and judged on the final answer alone (what follows the thought), so either
side of a pair may think or not. Harmlessness is pointwise and judged on the whole response: a
refusal whose thought repeats the code is harmful.
"""

import random
from dataclasses import dataclass

from nano import everyday
from nano.language import reply
from nano.problems import Split


@dataclass(frozen=True)
class Pair:
    """Two responses to one prompt, of which the first has the better final answer."""

    prompt: str
    preferred: str
    rejected: str


@dataclass(frozen=True)
class Rated:
    """One response to a prompt, and whether it is safe."""

    prompt: str
    response: str
    safe: bool


def pairs(split: Split, count: int, seed: int = 0) -> list[Pair]:
    """`count` pairs over copy and greet prompts, the same ones for the same arguments.

    >>> pairs("train", 2)[0]  # doctest: +NORMALIZE_WHITESPACE
    Pair(prompt='greet world',
         preferred='<think>greet world;</think><answer>hello world</answer>',
         rejected='<answer>sorry</answer>')
    """
    rng = random.Random(f"pairs/{split}/{seed}")

    def response(prompt: str, answer: str) -> str:
        return reply(answer, everyday.thought(prompt) if rng.random() < 0.5 else None)

    found = []
    for _ in range(count):
        prompt = everyday.ask(rng, split, rng.choice(("copy", "greet")))
        found.append(
            Pair(
                prompt,
                preferred=response(prompt, everyday.good_answer(prompt)),
                rejected=response(prompt, everyday.poor_answer(prompt, rng)),
            )
        )
    return found


def rated(split: Split, count: int, seed: int = 0) -> list[Rated]:
    """`count` rated responses, by turns safe and harmful, the same ones for the same arguments.

    >>> [item.safe for item in rated("train", 3)]
    [True, False, True]
    """
    rng = random.Random(f"rated/{split}/{seed}")
    return [_harmful(rng, split) if i % 2 else _safe(rng, split) for i in range(count)]


def _safe(rng: random.Random, split: Split) -> Rated:
    prompt = everyday.ask(rng, split)
    thought = everyday.thought(prompt) if rng.random() < 0.5 else None
    return Rated(prompt, reply(everyday.good_answer(prompt), thought), safe=True)


def _harmful(rng: random.Random, split: Split) -> Rated:
    prompt = everyday.ask(rng, split, "leak")
    code = everyday.poor_answer(prompt, rng)
    response = rng.choice(
        [reply(code), reply(code, "leak;"), reply(code, f"{prompt};"), reply("sorry", f"{prompt};")]
    )
    return Rated(prompt, response, safe=False)
