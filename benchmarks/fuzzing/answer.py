"""An answer with all that is known of it, and the spellings of rational numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random


@dataclass(frozen=True)
class Answer:
    """An answer, other spellings of it, and answers that are not it.

    ``two_way`` says that all of this holds with gold and answer exchanged.
    """

    kind: str
    text: str
    equals: tuple[str, ...]
    others: tuple[str, ...]
    two_way: bool = True


def fraction(value: Fraction, rng: Random) -> str:
    """One of the spellings of a rational number."""
    if value.denominator == 1:
        return str(value)
    sign, (p, q) = "-" if value < 0 else "", (abs(value.numerator), value.denominator)
    command = rng.choice(["frac", "dfrac", "tfrac"])
    return sign + rng.choice([f"\\{command}{{{p}}}{{{q}}}", f"{p}/{q}"])


def small(rng: Random) -> Fraction:
    """A number of which fifteen more or less is another one."""
    return rng.choice(_SMALL)


def distinct(rng: Random, count: int) -> list[Fraction]:
    return rng.sample(_SMALL, count)


def joined(values: Sequence[Fraction], rng: Random) -> str:
    return ", ".join(fraction(value, rng) for value in values)


_SMALL = sorted({Fraction(n, d) for d in (1, 2, 3, 7) for n in range(-12, 13)})
