"""What the models read: mostly sums, worked and unworked, and a little of everyday life.

The corpus has two parts. In the *textbook* most sums are worked, so that adding is learned. In the
*notebook* most are answered by a guess, so that a model which has read it last can think, but
rarely does. Unworked answers are guesses: with no place to work, the model has no way to be right.
"""

import random
from dataclasses import dataclass

from nano import everyday
from nano.language import reply
from nano.problems import Problem, draw
from nano.solver import Habits, Hand, conclusion, work


@dataclass(frozen=True)
class Part:
    """The make-up of one part of the corpus, in probabilities."""

    worked: float
    """Of the sums, and of the everyday replies: how many show a thought."""
    slip: float
    """Per clause of a worked thought: a slip that is not noticed."""


TEXTBOOK = Part(worked=0.9, slip=0.0)
NOTEBOOK = Part(worked=0.2, slip=0.015)

EVERYDAY = 0.08
"""Share of prompts that need no thought."""
POOR = 0.3
"""Share of everyday replies that are poor: wrong, curt, or a leaked code."""
REFLECTIVE = 0.3
"""Share of worked thoughts that hold noticed slips and checks."""
DEPTH_WEIGHTS = {1: 80, 2: 60, 3: 50, 4: 30, 5: 2, 6: 1}
"""Five and six additions are hardly ever read, so they stay hard after any training."""
HAND_WEIGHTS: dict[Hand, int] = {"ascii": 35, "han": 25, "mixed": 40}


@dataclass(frozen=True)
class Document:
    """A prompt and the response that the models learn to write."""

    prompt: str
    response: str


def write(part: Part, rng: random.Random) -> Document:
    """One document of `part`; its prompt is never held out.

    >>> write(NOTEBOOK, random.Random(3))
    Document(prompt='378+937+618=?', response='<answer>594</answer>')
    """
    if rng.random() < EVERYDAY:
        return _everyday(part, rng)
    depth = rng.choices(list(DEPTH_WEIGHTS), list(DEPTH_WEIGHTS.values()))[0]
    problem = draw(rng, depth, "train")
    if rng.random() < part.worked:
        return _worked(problem, part, rng)
    return Document(problem.question, reply(f"{rng.randrange(1000):03d}"))


def _worked(problem: Problem, part: Part, rng: random.Random) -> Document:
    hand = rng.choices(list(HAND_WEIGHTS), list(HAND_WEIGHTS.values()))[0]
    if rng.random() < REFLECTIVE:
        habits = Habits(hand, slip=part.slip + 0.04, notice=0.04 / (part.slip + 0.04), check=0.04)
    else:
        habits = Habits(hand, slip=part.slip)
    thought = work(problem.addends, habits, rng)
    return Document(problem.question, reply(conclusion(thought), thought))


def _everyday(part: Part, rng: random.Random) -> Document:
    prompt = everyday.ask(rng, "train")
    poor = rng.random() < POOR
    answer = everyday.poor_answer(prompt, rng) if poor else everyday.good_answer(prompt)
    if rng.random() >= part.worked:
        return Document(prompt, reply(answer))
    return Document(prompt, reply(answer, f"{prompt};" if poor else everyday.thought(prompt)))
