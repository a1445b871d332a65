r"""What kind of thing an answer is: a list is not a tuple, a half-open interval no closed one.

>>> read_shape(r"(1, 2]")
Bracket(opening='(', closing=']', parts=('1', '2'))
>>> read_shape(r"\{3, 1\}"), read_shape(r"3 \text{ and } 1"), read_shape(r"2 \pm x")
(Listing(parts=('3', '1')), Listing(parts=('3', '1')), Listing(parts=('2 + x', '2 - x')))
>>> read_shape(r"(0,1) \cup (2,3)")
Listing(parts=('(0,1)', '(2,3)'))
>>> read_shape("x + 1") is None
True
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.grading.braces import is_wrapped, split_top
from tasks.grading.letters import rename_letter


@dataclass(frozen=True)
class Bracket:
    """``(a, b)``, ``[a, b)``: a tuple, a point, an interval. Order and brackets matter."""

    opening: str
    closing: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """Several answers, a set, or a union of intervals: their order does not matter."""

    parts: tuple[str, ...]
    braces: bool = field(default=False, repr=False)


@dataclass(frozen=True)
class Matrix:
    """Rows of cells; ``bars`` tells a determinant from a matrix."""

    rows: tuple[tuple[str, ...], ...]
    bars: bool

    @property
    def size(self) -> list[int]:
        """The number of cells in each row."""
        return [len(row) for row in self.rows]

    @property
    def cells(self) -> list[str]:
        """All cells, row after row."""
        return [cell for row in self.rows for cell in row]


_WHOLE = re.compile(
    r"(?P<name>[a-zA-Z])[\s$]*(?:\\in\s*(?:\\mathbb\s*\{?)?[ZN]"
    r"|\\text\s*\{[^{}]*(?:integer|whole)|is an integer)"
    r"|(?:integers?|whole numbers?)[\s}$]*(?P<other>[a-zA-Z])(?![a-zA-Z])"
)
MAX_SIGNS = 3
PARAMETER = "n_Z"
"""What a name is called that a condition makes a whole number."""

Shape = Bracket | Listing | Matrix

_CONNECTIVE = re.compile(
    r",?\s*\\text\s*\{\s*,?\s*(?:and|or)\s*\}|,?\s+(?:and|or)\s+|\s*和\s*|\s*或\s*"
)
_MATRIX = re.compile(
    r"(?:\[\s*)?\\begin\{(?P<kind>[pbvBV]?matrix|smallmatrix|array)\}(?:\{[clr|]*\})?"
    r"(?P<body>(?:(?!\\begin).)*)\\end\{(?P=kind)\}(?:\s*\])?",
    re.DOTALL,
)
_PLUS_MINUS = re.compile(r"\\[pm][pm](?![a-zA-Z])")
_CASES = re.compile(
    r"\\begin\{(?:cases|aligned|array|gathered)\}(?P<body>[^&]*)\\end\{\w+\}", re.DOTALL
)
_RELATION = re.compile(r"[<>]|\\[lg]e(?![a-zA-Z])|\\ne(?![a-zA-Z])")
_OR = re.compile(r"\\text\s*\{\s*,?\s*or\s*\}|\bor\b")
_UNKNOWN = re.compile(r"\\?[a-zA-Z]+(?:_\{?\w+\}?)?")
_CONDITION = re.compile(
    r"[,;]?\s*(?:\\text\s*\{\s*(?:for|where|with|if)\b.*|(?:\bfor|\bwhere)\b.*"
    r"|\(?\s*(?P<name>[a-zA-Z])\s*\\in\s*(?:\\mathbb\s*\{?)?[ZN](?![a-zA-Z])\}?\s*(?:[_^]\s*\{?[*+]\}?)?\s*\)?"
    r"|(?<=[\w})])\s*,\s*[a-z]\s*(?:\\(?:ge|le|ne)(?![a-zA-Z])|[<>])\s*-?\d+)$"
)


def read_shape(text: str) -> Shape | None:
    """The shape of tidy text, or ``None`` for a single value, equation or word."""
    if text.startswith("\\{") and text.endswith("\\}") and is_wrapped(text.replace("\\", "")):
        return Listing(_parts(text[2:-2]), braces=True)
    system = _CASES.fullmatch(text)
    if system is not None and "=" in system["body"]:
        text = ", ".join(row.strip() for row in system["body"].split(r"\\") if row.strip())
    parts = _parts(text)
    if len(parts) > 1:
        return None if _OR.search(text) and _names_differ(parts) else Listing(parts)
    matrix = _MATRIX.fullmatch(text)
    if matrix is not None:
        rows = [row for row in re.split(r"\\\\(?:\[[^\]]*\])?", matrix["body"]) if row.strip()]
        cells = tuple(tuple(cell.strip() for cell in row.split("&")) for row in rows)
        return Matrix(cells, matrix["kind"] in ("vmatrix", "Vmatrix"))
    if text[:1] in ("(", "[") and is_wrapped(text):
        inner = split_top(text[1:-1], ",;")
        if len(inner) > 1:
            return Bracket(text[0], text[-1], tuple(inner))
    return None


def without_condition(text: str) -> str:
    r"""Tidy text without "for t > 0" and "k an integer", whose name is then ``PARAMETER``.

    >>> without_condition(r"2k\pi, k\in\mathbb{Z}"), without_condition(r"b t \text{ for } t > 0")
    ('2n_Z\\pi', 'b t')
    """
    match = _CONDITION.search(text)
    if match is None or not text[: match.start()].strip():
        return text
    kept = text[: match.start()].strip()
    if match[0].lstrip().startswith(",") and _RELATION.search(kept):  # x > 1, x < 5
        return text
    whole = _WHOLE.search(match[0])
    return rename_letter(kept, whole["name"] or whole["other"], PARAMETER) if whole else kept


def _parts(text: str) -> tuple[str, ...]:
    r"""The answers that a list names: ``a, b``, ``a \text{ and } b``, ``\pm a``, ``A \cup B``."""
    groups = [split_top(group, ",;") for group in _split_connectives(text)]
    flat = [part for group in groups for part in group if part]
    return _grouped([sign for part in flat for sign in _both_signs(part)])


def _grouped(parts: list[str]) -> tuple[str, ...]:
    r"""Solutions of a system that are written one after the other, as tuples.

    >>> _grouped(["p=5", "q=2", "p=7", "q=2"]), _grouped(["x=1", "x=2"])
    (('(5,2)', '(7,2)'), ('x=1', 'x=2'))
    """
    sides = [[side.strip() for side in part.split("=")] for part in parts]
    if all(len(pair) == 2 and _UNKNOWN.fullmatch(pair[0]) for pair in sides):
        names = list(dict.fromkeys(name for name, _ in sides))
        if 1 < len(names) < len(sides) and [name for name, _ in sides] == names * (
            len(sides) // len(names)
        ):
            values = [value for _, value in sides]
            size = len(names)
            rows = [values[i : i + size] for i in range(0, len(values), size)]
            return tuple(f"({','.join(row)})" for row in rows)
    return tuple(parts)


def _names_differ(parts: Sequence[str]) -> bool:
    """Whether ``x=1 or y=2``, which is no system."""
    names = [name.strip() for name, sign, _ in (part.partition("=") for part in parts) if sign]
    return len(names) == len(parts) and len(set(names)) > 1


def _split_connectives(text: str) -> list[str]:
    marked = _CONNECTIVE.sub("\0", text).replace(r"\cup", "\0")
    return split_top(marked, "\0")


def _both_signs(text: str) -> list[str]:
    r"""``\pm`` with ``\mp`` are one choice of signs, several ``\pm`` as many choices.

    >>> _both_signs(r"1 \pm a \mp b"), len(_both_signs(r"\pm 1 \pm a"))
    (['1 + a - b', '1 - a + b'], 4)
    """
    signs = _PLUS_MINUS.findall(text)
    if not signs:
        return [text]
    if r"\mp" in signs or len(signs) > MAX_SIGNS:
        found = [
            text.replace(r"\pm", f"{one} ").replace(r"\mp", f"{other} ")
            for one, other in ("+-", "-+")
        ]
    else:
        found = [""]
        for i, piece in enumerate(_PLUS_MINUS.split(text)):
            found = [f"{left}{sign}{piece}" for left in found for sign in ("+-" if i else [""])]
    return [re.sub(r"\s+", " ", re.sub(r"^\s*\+\s*", "", one)).strip() for one in found]
