r"""The value that a sentence ends with.

>>> value_in("So there are $3$ red and **5 blue** balls."), value_in("It costs $7.50 or $8 in all.")
('5 blue', '$7.50, $8')
>>> value_in("The roots are $x = 2$ and $x = 3$, since their sum is 5.")
'$x = 2$, $x = 3$'
>>> value_in("So we need twenty-five tiles (5 rows)."), value_in("It equals n(n+1)/2, as we saw.")
('twenty-five', 'n(n+1)/2')
>>> value_in("It is clear.") is None
True
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tasks.grading.alternatives import distinct, settled, split_or
from tasks.grading.chains import final_side
from tasks.grading.clauses import main_clause, without_asides
from tasks.grading.numerals import BETWEEN, NUMBER, last_number
from tasks.grading.phrases import COPULA
from tasks.grading.sentences import formulas, is_bare

_BOLD = re.compile(r"\*\*(?P<bold>[^*\n]+?)\*\*")
_VALUE_LIKE = re.compile(r"\d|\\|\$|^\(?[A-Z]\)?$")
_STATED = re.compile(r"\b(?:is|are|equals|be)\s+(?=[-−+]?\d)")
_ASSIGNED = re.compile(r"\b[a-zA-Z]\w?\s*=\s*[^\s,;=]+(?:,\s*[a-zA-Z]\w?\s*=\s*[^\s,;=]+)+(?=\s*$)")
_UNIT = re.compile(
    r"[*\s]*((?:(?!(?:of|in|for|at|on)\b)[a-z]+[²³]?[*\s]*){0,3})(?:(?:of|in|for|at|on)\s[a-z\s]*)?[\s,.*]*"
)
_LARGER = re.compile(r"\d[\d.]*\s+[a-z]+,?\s+$")
_ONE = re.compile(r"\bone\W*$", re.IGNORECASE)
_LED = re.compile(r"[\s(*]*(?:[a-zA-Z]\w?\s*=\s*)?")
_THERE = re.compile(
    r"\bthere\s+(?:are|is|exist)\s+(?:(?:exactly|only|a total of|altogether)\s+)?(?=[\d$\\])",
    re.IGNORECASE,
)
_LATER = re.compile(r"=|\b(?:is|are|equals|gives?|get)\s+[$\d]")
_SINCE = re.compile(
    r"\W*(?:(?:so|thus|hence|and)\W+)?(?:since|as|because|if|when|for|with|at)\b", re.IGNORECASE
)
_UNEQUAL = re.compile(r"[<>≤≥]|\\(?:l|g)(?:e|eq|t)\b|\\neq?\b")
_SPAN = re.compile(r"(?:^|\b(?:is|are|be|takes?)\s)([-−]?[\d.,]*\d) to ([-−]?[\d.,]*\d)$")
_SIGNED = r"(?:±|\+/-)\s?[\d./]*\d"
_BOTH_SIGNS = re.compile(rf"(?<![\w)}}])(?<![\w)}}]\s)(?:{_SIGNED},\s*)*{_SIGNED}$")
_PERCENT = re.compile(r"\s*(?:\\?%|percent)")


def value_in(sentence: str) -> str | None:
    """The last value of the main clause: bold, a formula, a number; values joined by "and" are
    one. Where the clause has none, that of the whole sentence."""
    sentence = sentence.strip()
    if sentence.count("!") == 1:
        sentence = sentence.removesuffix("!")  # no factorial, but an exclamation
    for clause in dict.fromkeys((main_clause(sentence), without_asides(sentence), sentence)):
        value = last_value(clause)
        if value is not None:
            return value
    return None


def last_value(clause: str) -> str | None:
    """The last value, wherever in a sentence it is; of "there are 5 below 20" the 5; of values
    that "or" joins all that differ."""
    pieces = split_or(clause)
    if len(pieces) > 1:
        joined = _alternatives(pieces)
        if joined is not None:
            return joined
    return _one_value(clause)


def _alternatives(pieces: list[str]) -> str | None:
    """The values right before and after the last "or", or the last few; where the sentence goes on
    to another value, none."""
    found: list[_Found] = []
    for number, piece in enumerate(reversed(pieces)):
        one = _find_value(piece)
        if one is None or not (one.ends if number else one.begins):
            break
        found.insert(0, one)
        if not one.begins:
            break
    if len(found) < 2:
        return None
    kept = distinct(one.said for one in found)
    several = list(dict.fromkeys(one.value for one in found if one.said in kept))
    return (" or " if any(map(_UNEQUAL.search, several)) else ", ").join(several)


class _Found(NamedTuple):
    """A value, how it was said (with its unit), and whether the text begins and ends with it."""

    value: str
    said: str
    begins: bool
    ends: bool


def _find_value(piece: str) -> _Found | None:
    value = _one_value(piece) or ("one" if _ONE.search(piece) else None)
    if value is None:
        return None
    parts = value.split(", ")
    last = piece.rfind(parts[-1])
    first = last if len(parts) == 1 else piece.find(parts[0])
    end = last + len(parts[-1])
    if first < 0 or last < 0:  # the last side of a formula
        first, end = formulas(piece)[-1] if formulas(piece) else (len(piece), 0)
    unit = _UNIT.fullmatch(piece, end)
    larger = _LARGER.search(piece, 0, first)  # 5 feet 6 inches
    said = (larger[0] if larger is not None else "") + value
    if unit is not None:
        said = f"{said} {unit[1]}".strip()
    return _Found(value, said, _LED.fullmatch(piece, 0, first) is not None, unit is not None)


def _one_value(clause: str) -> str | None:
    bold = [m["bold"] for m in _BOLD.finditer(clause) if not m["bold"].endswith((":", "："))]
    if bold and _VALUE_LIKE.search(bold[-1]):
        inner = bold[-1]
        return _in_formulas(inner) or (inner if is_bare(inner) else last_number(inner)) or inner
    counted = _counted(clause)
    if counted is not None:
        return counted
    if formulas(clause):
        return _in_formulas(clause)
    bare = clause.replace("**", "").strip(" .。*✅✓|").lstrip("=>→⇒ ")
    bare = re.sub(r",? and ", ", ", bare)
    if is_bare(bare):
        return bare
    span = _SPAN.search(bare)
    if span is not None:
        return rf"{span[1]} \text{{ to }} {span[2]}"
    named = _ASSIGNED.search(bare)
    if named is not None:
        return named[0]
    copulas = list(COPULA.finditer(bare))
    if copulas and is_bare(bare[copulas[-1].end() :]):
        return bare[copulas[-1].end() :]
    side = bare.rpartition("=")[2].strip()
    if side and is_bare(side) and re.search(r"[a-zA-Z]|^[(\[].*[)\]]$", side):
        return side
    both_signs = _BOTH_SIGNS.search(bare)
    if both_signs is not None:
        return both_signs[0].replace("+/-", "±")
    return last_number(clause)


def _counted(clause: str) -> str | None:
    there = _THERE.search(clause)
    if there is None or _LATER.search(clause, there.end()):
        return None
    rest = clause[there.end() :]
    spans = formulas(rest)
    if spans and spans[0][0] == 0:
        return rest[: spans[0][1]]
    number = NUMBER.match(rest)
    return number[0].strip() if number is not None else None


def _in_formulas(clause: str) -> str | None:
    """The last formula, or the number that is stated after it, or several that are listed."""
    spans = formulas(clause)
    if not spans:
        return None
    start, end = spans[-1]
    after = clause[end:]
    stated = _STATED.search(after)
    if stated is not None:  # "the largest $n$ is 34"
        return last_number(after[stated.end() :])
    percent = _PERCENT.match(after)
    condition = _SINCE.match(clause)
    values = [settled(final_side(clause[start:end])) + (percent[0] if percent else "")]
    for (a, b), (c, _) in zip(reversed(spans[:-1]), reversed(spans[1:]), strict=True):
        joined = BETWEEN.fullmatch(clause, b, c)
        if condition or not joined or _UNEQUAL.search(clause, a, b):
            break
        values.insert(0, clause[a:b])
    return ", ".join(values)
