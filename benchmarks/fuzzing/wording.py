r"""Answers in words, and choices."""

from __future__ import annotations

from random import Random

from benchmarks.fuzzing.answer import Answer


def choice(rng: Random) -> Answer:
    letter, another = rng.sample("ABCDE", 2)
    equals = (
        f"({letter})",
        rf"\text{{{letter}}}",
        rf"\textbf{{({letter})}}",
        rf"\mathrm{{({letter})}}",
        f"{letter}.",
    )
    others = (another, f"({another})", rf"\text{{{another}}}")
    return Answer("choice", letter, equals, others)


WORDS = (
    "even",
    "odd",
    "ellipse",
    "parabola",
    "Tuesday",
    "no solution",
    "Evelyn",
    "converges",
    "red",
)


def word(rng: Random) -> Answer:
    text, another = rng.sample(WORDS, 2)
    equals = (
        text,
        text.capitalize(),
        rf"\textbf{{{text}}}",
        rf"\mathrm{{{text.replace(' ', '~')}}}",
        f"the {text}",
    )
    return Answer("word", rf"\text{{{text}}}", equals, (another, rf"\text{{not {text}}}", "5"))
