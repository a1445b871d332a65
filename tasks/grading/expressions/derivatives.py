r"""Derivatives become names with primes, however they are written.

>>> name_derivatives(r"m \frac{d v}{d t} + b v"), name_derivatives(r"\ddot{x}_0(t)")
("m  v'  + b v", " x_0'' ")
>>> name_derivatives(r"\frac{d^2 v_o(t)}{dt^2}"), name_derivatives(r"y^{\prime}+y")
(" v_o'' ", " y' +y")
"""

from __future__ import annotations

import re

_SECOND = r"(?P<second>\^\s*\{?\s*2\s*\}?)?"
_INDEX = r"_(?:\{\w+\}|\w)"
_NAME = rf"(?P<name>\\?[a-zA-Z]+(?:{_INDEX})?)"
_ARGUMENT = r"(?:\s*\(\s*[a-z]\s*\))?"
_D = r"(?:d|\\partial|\\text\s*\{\s*d\s*\})"
_MARK = re.compile(r"d?ot|prime|'|\\frac\s*\{\s*(?:d|\\partial|\\text)")
_BY = re.compile(rf"\}}\s*\{{\s*{_D}\s*([a-z])\s*(?:\^\s*(?:\{{\s*\d\s*\}}|\d))?\s*\}}")
OPERATOR = re.compile(rf"\\frac\s*\{{\s*{_D}\s*(?:\^\s*(?:\{{\s*\d\s*\}}|\d))?\s*\}}")
"""A derivative of what follows: it has no name."""
_FORMS = (
    re.compile(  # \frac{d^2 v_o(t)}{dt^2}
        rf"\\frac\s*\{{\s*{_D}\s*{_SECOND}\s*{_NAME}{_ARGUMENT}\s*\}}"
        rf"\s*\{{\s*{_D}\s*(?P<by>[a-z])\s*(?:\^\s*\{{?\s*2\s*\}}?)?\s*\}}"
    ),
    re.compile(  # \ddot{x}_0(t)
        rf"\\d(?P<second>d)?ot\s*(?:\{{\s*)?{_NAME}(?:\s*\}})?(?P<index>{_INDEX})?{_ARGUMENT}"
    ),
    re.compile(  # x''(t), x^{\prime}
        r"(?<![a-zA-Z])(?P<name>[a-zA-Z])(?:\^\s*\{?\s*\\prime(?P<second>\s*\\prime)?\s*\}?|'(?P<more>')?)"
        + _ARGUMENT
    ),
)


def name_derivatives(text: str) -> str:
    """Tidy text with each first and second derivative as ``v'`` or ``v''``."""
    if _MARK.search(text) is None:
        return text
    by = set(_BY.findall(text))
    for form in _FORMS[:2] if "rime" not in text and "'" not in text else _FORMS:
        text = form.sub(lambda match: _primed(match, len(by) > 1), text)
    return text


def _primed(match: re.Match[str], partial: bool) -> str:
    """The name with its primes; ``partial`` says by which variable, where there are several."""
    groups = match.groupdict()
    primes = "''" if groups.get("second") or groups.get("more") else "'"
    index = groups.get("index") or ""
    if partial and groups.get("by"):
        return f" \\vec{{{groups['name'].strip(chr(92))}{index}by{groups['by']}}}{primes} "
    return f" {groups['name']}{index}{primes} "
