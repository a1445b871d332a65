r"""Sets of real numbers: intervals, unions, inequalities in one unknown, all reals but a few.

>>> same_reals(r"x<-1 \text{ or } x>1", "|x|>1"), same_reals(r"(-\infty,0)\cup\{1\}", "x<0, x=1")
(True, True)
>>> same_reals(r"(2,102) \setminus \{12\}", r"(2,12) \cup (12,102)"), same_reals("(0,1]", "0<x<1")
(True, False)
>>> same_reals("(1,2)", "(a,b)") is None
True
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from flint import arb

from tasks.grading.braces import split_top
from tasks.grading.expressions.equations import LINE
from tasks.grading.expressions.evaluate import NoValue, evaluate
from tasks.grading.expressions.precision import precision
from tasks.grading.expressions.reader import parse
from tasks.grading.expressions.same import meet
from tasks.grading.expressions.tokens import Unreadable
from tasks.grading.expressions.tree import Node, add, names_of, negate
from tasks.grading.letters import single_letters

_MARK = re.compile(
    r"^\s*\]|\[\s*$|^\\\{\s*[a-zA-Z]\s*:|[<>|]|\\(?:[lg]e|ne|in|cup|cap|setminus|mid|infty|mathbb)(?![a-zA-Z])"
)
_RELATION = re.compile(r"(\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|\\ne(?![a-zA-Z])|<\s*=?|>\s*=?|=)")
_ALL = re.compile(
    r"\\mathbb\s*\{?\s*R\s*\}?|\\text\{\s*(?:all )?(?:real numbers|reals)\s*\}|all real numbers"
)
_BUILDER = re.compile(
    r"\\\{\s*(?P<name>[a-zA-Z])(?:\s*\\in\s*\\mathbb\s*\{?\s*R\s*\}?)?\s*(?:\\mid|\||:)(?P<rest>.*)\\\}",
    re.DOTALL,
)
_MEMBER = re.compile(r"\\?[a-zA-Z](?:_\{?\w+\}?)?\s*\\in(?![a-zA-Z])\s*(?P<set>.+)", re.DOTALL)
_OR = re.compile(r",?\s*(?:\\text\s*\{\s*,?\s*or\s*\}|\bor\b|\\cup(?![a-zA-Z])|\\lor|\\vee)\s*")
_AND = re.compile(
    r",?\s*(?:\\text\s*\{\s*,?\s*and\s*\}|\band\b|\\cap(?![a-zA-Z])|\\land|\\wedge)\s*"
)
_WITHOUT = re.compile(r"\\setminus(?![a-zA-Z])|(?<=\})\s*-\s*(?=\\\{)|(?<=\))\s*-\s*(?=\\\{)")
_OUTWARD = re.compile(r"^(?:(\])([^\[\]()]+)([\])\[])|(\[)([^\[\]()]+)(\[))$")  # ]1,2[ is open
_ORDER = re.compile(r"[<>]|\\(?:[lg]e|ne|in)(?![a-zA-Z])")
_BARS = re.compile(r"\|(?P<inside>[^|]+)\|")


class Piece(NamedTuple):
    """From ``low`` to ``high``, the ends themselves included or not."""

    low: arb
    low_in: bool
    high: arb
    high_in: bool


Reals = list[Piece]
"""Disjoint pieces in order, with gaps between them."""


def same_reals(gold: str, answer: str) -> bool | None:
    """Whether two tidy texts are the same set of reals; ``None`` unless both are such sets.

    A pair in round brackets is an interval only beside what can be nothing but a set.
    """
    if _MARK.search(gold) is None and _MARK.search(answer) is None:
        return None
    unknown, other = _unknowns(gold), _unknowns(answer)
    if len(unknown) > 1 or len(other) > 1:
        return None
    if unknown and other and unknown != other:
        return False
    with precision():
        try:
            left, right = read_reals(gold), read_reals(answer)
        except (Unreadable, NoValue, RecursionError, ZeroDivisionError):
            return None
        return len(left) == len(right) and all(
            a.low_in == b.low_in
            and a.high_in == b.high_in
            and _equal(a.low, b.low)
            and _equal(a.high, b.high)
            for a, b in zip(left, right, strict=True)
        )


def _unknowns(text: str) -> set[str]:
    """The letters beside relations, of which a set of reals may have one."""
    return single_letters(text) - {"e", "i"} if _ORDER.search(text) else set()


def read_reals(text: str) -> Reals:
    """The set that tidy text describes. Raises Unreadable, or NoValue for ends with names."""
    text = _OUTWARD.sub(_inward, text.strip())
    if _ALL.fullmatch(text):
        return [Piece(_MINUS, False, _PLUS, False)]
    builder = _BUILDER.fullmatch(text)
    if builder is not None:
        return _conditions(builder["rest"])
    member = _MEMBER.fullmatch(text)
    if member is not None:
        return read_reals(member["set"])
    union = _split(_OR, text)
    if len(union) > 1:
        return _union([piece for part in union for piece in read_reals(part)])
    common = _split(_AND, text)
    if len(common) > 1:
        return _conditions(text)
    whole, *holes = _split(_WITHOUT, text)
    if holes:
        return _intersection(
            read_reals(whole), _complement(_union([p for h in holes for p in read_reals(h)]))
        )
    if text.startswith(r"\{") and text.endswith(r"\}"):
        return _union([_point(_value(part)) for part in split_top(text[2:-2], ",;")])
    parts = split_top(text, ",")
    if len(parts) > 1:
        return _listed(parts)
    if text[:1] in ("(", "[") and text[-1:] in (")", "]"):
        return _interval(text)
    return _relations(text)


def _inward(match: re.Match[str]) -> str:
    opening, inside, closing = match[1] or match[4], match[2] or match[5], match[3] or match[6]
    return f"{'(' if opening == ']' else '['}{inside}{')' if closing in '[)' else ']'}"


def _listed(parts: list[str]) -> Reals:
    r"""``x<0, x=1`` is either; what can be both is both: ``x>-1, x<1``, ``0<x<3, x \ne 1``."""
    sets = [read_reals(part) for part in parts]
    if any(r"\ne" in part for part in parts):
        for other in sets[1:]:
            sets[0] = _intersection(sets[0], other)
        return sets[0]
    common = sets[0]
    for other in sets[1:]:
        common = _intersection(common, other)
    if common and all(_ORDER.search(part) for part in parts):
        return common  # x > -1, x < 1
    return _union([piece for pieces in sets for piece in pieces])


def _conditions(text: str) -> Reals:
    parts = [part for half in _split(_AND, text) for part in split_top(half, ",")]
    if len(parts) == 1:
        return read_reals(parts[0])
    if not all(_ORDER.search(part) for part in parts):  # "x = 1 and x = 2" are two solutions
        raise Unreadable("no conditions")
    found = read_reals(parts[0])
    for part in parts[1:]:
        found = _intersection(found, read_reals(part))
    return found


def _interval(text: str) -> Reals:
    inside = split_top(text[1:-1], ",;")
    if len(inside) != 2:
        raise Unreadable("no interval")
    low, high = _end(inside[0]), _end(inside[1])
    if low > high:
        raise Unreadable("an interval that ends before it starts")
    return _ordered(Piece(low, text[0] == "[", high, text[-1] == "]"))


def _relations(text: str) -> Reals:
    r"""``1 \le x < 3`` and whatever else is linear in its one unknown, or in its absolute value."""
    barred = _BARS.search(text)
    if barred is not None and names_of(parse(barred["inside"])):
        sides = text[: barred.start()], text[barred.end() :]
        inside = f"({barred['inside']})"
        positive = f"{sides[0]}{inside}{sides[1]}"
        negative = f"{sides[0]}(-{inside}){sides[1]}"
        return _union(
            _intersection(_chain(positive), _chain(f"{inside} \\ge 0"))
            + _intersection(_chain(negative), _chain(f"{inside} \\le 0"))
        )
    return _chain(text)


def _chain(text: str) -> Reals:
    pieces = _RELATION.split(text)
    if len(pieces) < 3:
        raise Unreadable("no relation")
    found = [Piece(_MINUS, False, _PLUS, False)]
    names: set[str] = set()
    for left, sign, right in zip(pieces[::2], pieces[1::2], pieces[2::2], strict=False):
        less, more = parse(left.strip()), parse(right.strip())
        names |= names_of(less) | names_of(more)
        if len(names) != 1:
            raise Unreadable("not one unknown")
        (name,) = names
        found = _intersection(found, _linear(add((more, negate(less))), name, sign.strip()))
    return found


def _linear(node: Node, name: str, sign: str) -> Reals:
    """Where the node, right minus left of a relation, is as the relation says."""
    values = [_real(evaluate(node, {name: arb(x)})) for x in LINE]
    slope = (values[1] - values[0]) / (LINE[1] - LINE[0])
    if slope.contains(0):
        raise Unreadable("not linear in its unknown")
    root = arb(LINE[0]) - values[0] / slope
    if not all(meet(v, slope * (x - root)) for x, v in zip(LINE, values, strict=True)):
        return _quadratic(node, name, sign)
    if sign == "=":
        return [_point(root)]
    if sign == r"\ne":
        return _complement([_point(root)])
    less, strict = sign.startswith((r"\le", "<")), sign in "<>"
    if (slope > 0) == less:
        return [Piece(root, not strict, _PLUS, False)]
    return [Piece(_MINUS, False, root, not strict)]


def _quadratic(node: Node, name: str, sign: str) -> Reals:
    """The same for a node of the second degree with two real roots."""
    v = [_real(evaluate(node, {name: arb(n)})) for n in range(3)]
    a = (v[2] - 2 * v[1] + v[0]) / 2
    b, c = v[1] - v[0] - a, v[0]
    root = (b * b - 4 * a * c).sqrt()
    fits = all(meet(_real(evaluate(node, {name: arb(x)})), (a * x + b) * x + c) for x in LINE)
    if not fits or a.contains(0) or not root > 0:
        raise Unreadable("not of the second degree, or without two roots")
    low, high = sorted([(-b - root) / (2 * a), (-b + root) / (2 * a)], key=float)
    ends = [_point(low), _point(high)]
    if sign in ("=", r"\ne"):
        return ends if sign == "=" else _complement(ends)
    closed = sign not in ("<", ">")
    between = [Piece(low, closed, high, closed)]
    if (a < 0) == sign.startswith((r"\le", "<")):
        return between
    return _complement([Piece(low, not closed, high, not closed)])


_PLUS, _MINUS = arb.pos_inf(), arb.neg_inf()


def _end(text: str) -> arb:
    bare = text.replace(" ", "").removeprefix("+")
    if bare in (r"\infty", "infty"):
        return _PLUS
    return _MINUS if bare in (r"-\infty", "-infty") else _value(text)


def _value(text: str) -> arb:
    node = parse(text)
    if names_of(node):
        raise Unreadable("an end with a name")
    return _real(evaluate(node, {}))


def _real(value: object) -> arb:
    if not isinstance(value, arb):
        raise NoValue("not real")
    return value


def _point(value: arb) -> Piece:
    return Piece(value, True, value, True)


def _equal(a: arb, b: arb) -> bool:
    return bool(a == b if not (a.is_finite() and b.is_finite()) else a.overlaps(b))


def _less(a: arb, b: arb) -> bool:
    return bool(a < b) and not _equal(a, b)


def _ordered(piece: Piece) -> Reals:
    """The piece if there is anything in it."""
    if _equal(piece.low, piece.high):
        return [piece] if piece.low_in and piece.high_in else []
    return [piece] if piece.low < piece.high else []


def _union(pieces: Reals) -> Reals:
    merged: Reals = []
    for piece in sorted(pieces, key=lambda p: (float(p.low), not p.low_in)):
        last = merged[-1] if merged else None
        touches = last is not None and (
            _less(piece.low, last.high)
            or (_equal(piece.low, last.high) and (piece.low_in or last.high_in))
        )
        if last is None or not touches:
            merged.append(piece)
        elif _equal(piece.high, last.high):
            merged[-1] = last._replace(high_in=last.high_in or piece.high_in)
        elif _less(last.high, piece.high):
            merged[-1] = last._replace(high=piece.high, high_in=piece.high_in)
    return merged


def _intersection(left: Reals, right: Reals) -> Reals:
    found: Reals = []
    for a in left:
        for b in right:
            low, low_in = (a.low, a.low_in) if _less(b.low, a.low) else (b.low, b.low_in)
            high, high_in = (a.high, a.high_in) if _less(a.high, b.high) else (b.high, b.high_in)
            if _equal(a.low, b.low):
                low_in = a.low_in and b.low_in
            if _equal(a.high, b.high):
                high_in = a.high_in and b.high_in
            found += _ordered(Piece(low, low_in, high, high_in))
    return _union(found)


def _complement(pieces: Reals) -> Reals:
    ends = [
        Piece(_MINUS, False, _MINUS, False),
        *pieces,
        Piece(_PLUS, False, _PLUS, False),
    ]
    gaps = [Piece(a.high, not a.high_in, b.low, not b.low_in) for a, b in pairwise(ends)]
    return [
        found._replace(
            low_in=found.low_in and found.low.is_finite(),
            high_in=found.high_in and found.high.is_finite(),
        )
        for gap in gaps
        for found in _ordered(gap)
    ]


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """``text`` cut where the pattern stands outside every bracket."""
    marked = pattern.sub("\0", text)
    return split_top(marked, "\0")
