r"""The same answer as it might be typeset elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random


def dressed(text: str, rng: Random) -> str:
    """With other delimiters, spaces, sizes, a full stop."""
    for change in rng.sample(_DRESSES, rng.randint(1, 3)):
        text = change(text)
    return text


def _spaced(text: str) -> str:
    return (
        re.sub(r"(?<=[\w)}])([+=<]|-(?=[\\a-z(]))", r" \1 ", text) if "text" not in text else text
    )


def _thin(text: str) -> str:
    return text.replace(", ", r",\, ")


def _sized(text: str) -> str:
    if re.search(r"left|text|mathrm|tag", text):
        return text
    for opening in ("(", "[", r"\{"):
        text = re.sub(
            rf"(?<!\\){re.escape(opening)}" if opening != r"\{" else r"\\\{",
            lambda m: r"\left" + m[0],
            text,
        )
    return re.sub(r"(?<!\\)[)\]]|\\\}", lambda m: r"\right" + m[0], text)


def _fractions(text: str) -> str:
    return text.replace(r"\frac", r"\dfrac")


_DRESSES: tuple[Callable[[str], str], ...] = (
    lambda text: f"${text}$",
    lambda text: rf"\({text}\)",
    lambda text: rf"\[ {text} \]",
    lambda text: rf"\boxed{{{text}}}",
    lambda text: f"  {text}\n",
    lambda text: f"{text}.",
    lambda text: rf"{text}\,",
    lambda text: rf"\displaystyle {text}",
    lambda text: rf"\,{text}\text{{ }}",
    _spaced,
    _thin,
    _sized,
    _fractions,
)
