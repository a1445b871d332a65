"""All kinds of answers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.fuzzing import algebra, numbers, several, wording
from benchmarks.fuzzing.answer import Answer

KINDS: tuple[Callable[[Random], Answer], ...] = (
    numbers.integer,
    numbers.number_word,
    numbers.decimal,
    numbers.rational,
    numbers.repeating,
    numbers.percent,
    numbers.scientific,
    numbers.surd,
    numbers.power,
    numbers.complex_number,
    numbers.numeral,
    numbers.quantity,
    numbers.degrees,
    numbers.money,
    numbers.time_of_day,
    algebra.expression,
    algebra.polynomial,
    algebra.identity,
    algebra.equation,
    algebra.circle,
    algebra.named,
    algebra.family,
    several.sequence,
    several.finite_set,
    several.listing,
    several.pairs,
    several.roots,
    several.plus_minus,
    several.interval,
    several.union,
    several.outside,
    several.inequality,
    several.matrix,
    wording.choice,
    wording.word,
)


def random_answer(rng: Random) -> Answer:
    return rng.choice(KINDS)(rng)
