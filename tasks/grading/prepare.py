r"""Tidy LaTeX rewritten the way math-verify reads it best.

>>> prepare(r"\tan 45^\circ"), prepare(r"m \frac{d v}{d t} + b V"), prepare(r"k_{\text{B}}")
('\\tan (45 \\pi/180)', 'm  y_{v1}  + b V_{99}', 'k_{B}')
"""

from __future__ import annotations

import re

_TEXT_LETTER = re.compile(r"\\text\s*\{\s*(\w+)\s*\}")
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)\s*\^\s*\\circ")
_SECOND = r"(?P<second>\^\s*\{?\s*2\s*\}?)?"
_INDEX = r"_(?:\{\w+\}|\w)"
_NAME = rf"(?P<name>\\?[a-zA-Z]+(?:{_INDEX})?)"
_ARGUMENT = r"(?:\s*\(\s*[a-z]\s*\))?"
_DERIVATIVES = (
    re.compile(  # \frac{d^2 v_o(t)}{dt^2}
        rf"\\frac\s*\{{\s*d\s*{_SECOND}\s*{_NAME}{_ARGUMENT}\s*\}}"
        r"\s*\{\s*d\s*[a-z]\s*(?:\^\s*\{?\s*2\s*\}?)?\s*\}"
    ),
    re.compile(  # \ddot{x}_0(t)
        rf"\\d(?P<second>d)?ot\s*\{{\s*{_NAME}\s*\}}(?P<index>{_INDEX})?{_ARGUMENT}"
    ),
    re.compile(  # x''(t), x^{\prime}
        r"(?P<name>[a-zA-Z])(?:\^\s*\{?\s*\\prime(?P<second>\s*\\prime)?\s*\}?|'(?P<more>')?)"
        + _ARGUMENT
    ),
)
_CAPITAL = re.compile(r"\\[a-zA-Z]+|_\{[^{}]*\}|_\w|([ABD-Z])(?!\s*_)")


def prepare(text: str) -> str:
    r"""Degrees become radians, a derivative a name of its own, ``\text{B}`` a letter.

    The parser reads capitals as small letters, so they get an index; only C and c, the constant of
    integration, may stand for each other.
    """
    text = _TEXT_LETTER.sub(r"\1", text)
    text = _DEGREES.sub(r"(\1 \\pi/180)", text)
    for derivative in _DERIVATIVES:
        text = derivative.sub(_as_name, text)
    return _CAPITAL.sub(lambda m: f"{m[1]}_{{99}}" if m[1] else m[0], text)


def _as_name(match: re.Match[str]) -> str:
    groups = match.groupdict()
    letters = re.sub(r"[\W_]", "", groups["name"] + (groups.get("index") or ""))
    order = 2 if groups.get("second") or groups.get("more") else 1
    return f" y_{{{letters}{order}}} "
