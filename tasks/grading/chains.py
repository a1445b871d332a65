r"""What a formula in several steps ends with.

>>> final_side("$T = 2 + 3 = 5$"), final_side("$f(2) = 1 + 4 = 5$"), final_side("$y = 2x$")
('T = 5', '5', '$y = 2x$')
>>> final_side(r"\begin{align} f(2) &= 1 + 4 \\ &= 5. \end{align}")
'5'
>>> final_side(r"\begin{aligned} x &= 1 \\ y &= 2 \end{aligned}")
'x = 1, y = 2'
>>> final_side(r"$x^2 = 4 \implies x = 2 \text{ or } x = -2$")
'x = 2 \\text{ or } x = -2'
"""

from __future__ import annotations

import re

_ENVIRONMENT = r"\{(?:align|equation|gather|split)(?:ed)?\*?\}"
_DELIMITERS = re.compile(
    rf"^(?:\$\$?|\\[(\[]|\\begin{_ENVIRONMENT})|(?:\$\$?|\\[)\]]|\\end{_ENVIRONMENT})$"
)
_EQUALS = re.compile(r"(?<![<>!:\\])=(?!=)")
_IMPLIES = re.compile(r"\\(?:implies|Rightarrow|Longrightarrow|therefore)(?![a-zA-Z])")
_SPACE = r"(?:\s|\\q?quad(?![a-zA-Z])|\\[,;:! ])*"
_JOINED = re.compile(
    rf"{_SPACE}(\\(?:text|textrm|mathrm|mbox)\s*\{{[\s,]*(?:or|and)[\s,]*\}}){_SPACE}"
)
_NAME = re.compile(r"\s*\\?[a-zA-Z]+(?:_\{?\w+\}?)?\s*")


def final_side(formula: str) -> str:
    """The last side of a chain of equations, after its name if it has one; of aligned equations
    the last chain, or the names and values that they end with; of chains that "or" or "and" joins
    the last side of each. Any other formula as it is."""
    bare = _DELIMITERS.sub("", formula.strip()).strip()
    while (inner := _DELIMITERS.sub("", bare).strip()) != bare:
        bare = inner
    if "{cases}" in bare or "matrix}" in bare or "array}" in bare:
        return formula
    rows = [row.replace("&", " ").strip(" .,\n") for row in re.split(r"\\\\(?:\[\w+\])?", bare)]
    rows = [row for row in rows if row]
    if len(rows) > 1 and "&" in bare:
        return _aligned(rows)
    sides = _EQUALS.split(bare)
    if len(sides) < 3 or "," in bare:
        return bare if _JOINED.search(bare) else formula
    return _joined(bare)


def consequence(formula: str) -> str:
    r"""What follows from the rest.

    >>> consequence(r"3x = 6 \implies x = 2"), consequence("x = 2")
    ('x = 2', 'x = 2')
    """
    return _IMPLIES.split(formula)[-1].strip() or formula


def _aligned(rows: list[str]) -> str:
    chains: list[list[str]] = []
    for row in rows:
        sides = [side.strip() for side in _EQUALS.split(row)]
        if chains and len(sides) > 1 and not sides[0]:
            chains[-1] += sides[1:]
        else:
            chains.append(sides)
    named: list[str] = []
    for chain in reversed(chains):
        if len(chain) < 2 or not _NAME.fullmatch(chain[0]):
            break
        named.insert(0, _named(chain))
    names = [value.partition("=")[0].strip() for value in named]
    if len(set(names)) == len(names) > 1:
        return ", ".join(named)
    return _joined(" = ".join(chains[-1]))


def _joined(chain: str) -> str:
    pieces = _JOINED.split(consequence(chain))
    return " ".join(
        piece.strip() if _JOINED.fullmatch(piece) else _named(_EQUALS.split(piece))
        for piece in pieces
    )


def _named(sides: list[str]) -> str:
    last = sides[-1].strip(" .,\n")
    return f"{sides[0].strip()} = {last}" if _NAME.fullmatch(sides[0]) and len(sides) > 1 else last
