"""Two copies of one problem, word by word: which words were lost, which were added.

Words, numbers, LaTeX commands and signs are compared; white space and the dollar signs around
formulas are not.

>>> old, new = "Find the positive root of $x^2=2$.", "Find the root of $ x^2 = 2 $ ."
>>> [piece for piece in word_diff(old, new) if piece.kind != "same"]
[Piece(kind='lost', text='positive')]
>>> lost_words(old, new)
['positive']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from tasks.fingerprint import fingerprint
from tasks.problem import Problem

_WORD = re.compile(r"\[asy\].*?\[/asy\]|\\[A-Za-z]+|\\\S|[A-Za-z]+|\d+|[^\s$]", re.DOTALL)
_NOT_PROSE = re.compile(
    r"\[asy\].*?\[/asy\]|\\\[.*?\\\]|\\begin\{(?P<env>[a-z*]+)\}.*?\\end\{(?P=env)\}"
    r"|\$\$.*?\$\$|\$.*?\$|\\[A-Za-z]+",
    re.DOTALL,
)
ALIKE = 0.6
"""Texts whose words agree at least this far (SequenceMatcher's ratio) may be the same problem."""


@dataclass(frozen=True)
class Piece:
    """A stretch of words that both copies have, or that one has ``lost``, or that was ``added``."""

    kind: Literal["same", "lost", "added"]
    text: str


def words(text: str) -> list[str]:
    r"""The units of comparison; a drawing in Asymptote is one.

    >>> words(r"If $\frac12>x$, see [asy] draw(A--B); [/asy]")
    ['If', '\\frac', '12', '>', 'x', ',', 'see', '[asy] draw(A--B); [/asy]']
    """
    return _WORD.findall(text)


def word_diff(old: str, new: str) -> list[Piece]:
    """The pieces of both texts in reading order, ``lost`` before ``added``."""
    blocks = SequenceMatcher(None, words(old), words(new), autojunk=False).get_opcodes()
    pieces = []
    for kind, i, j, k, m in blocks:
        if kind == "equal":
            pieces.append(Piece("same", stretch(new, k, m)))
            continue
        if i < j:
            pieces.append(Piece("lost", stretch(old, i, j)))
        if k < m:
            pieces.append(Piece("added", stretch(new, k, m)))
    return pieces


def stretch(text: str, start: int, stop: int) -> str:
    """Words ``start`` to ``stop`` of ``text`` as they stand there, on one line.

    >>> stretch("Let\\n$x$ be even.", 0, 2), stretch("Let $x$ be even.", 1, 3)
    ('Let $x$', '$x$ be')
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    begin, end = spans[start][0], spans[stop - 1][1]
    if text[:begin].endswith("$") and text[:begin].count("$") % 2:
        begin -= 1
    if text[end:].startswith("$") and text[:end].count("$") % 2:
        end += 1
    return " ".join(text[begin:end].split())


def lost_words(old: str, new: str) -> list[str]:
    """The words of ``old``'s prose (no formulas, no drawings) that ``new`` has less often."""
    lost = Counter(prose(old)) - Counter(prose(new))
    return [word if count == 1 else f"{word} (x{count})" for word, count in lost.items()]


def prose(text: str) -> list[str]:
    """The words outside formulas and drawings, in lower case.

    >>> prose(r"Let $n$ be even. \\[n = 2k\\] Find k.")
    ['let', 'be', 'even', 'find']
    """
    return re.findall(r"[a-z]{2,}", _NOT_PROSE.sub(" ", text).lower())


def match_problems(ours: Sequence[Problem], theirs: Sequence[Problem]) -> dict[int, Problem]:
    """The same problem in another copy, by position in ``ours``; what has none is left out.

    The same text is the same problem; else the same id; else, in copies that number differently,
    the same position if the texts are alike; else the most alike of those that are left.
    """
    found: dict[int, Problem] = {}
    left = dict(enumerate(theirs))

    def take(at: int, there: int | None) -> None:
        if there is not None and there in left and at not in found:
            found[at] = left.pop(there)

    by_text = {fingerprint(problem.question): at for at, problem in left.items()}
    by_id: Mapping[str, int] = {problem.id: at for at, problem in left.items()}
    for at, problem in enumerate(ours):
        take(at, by_text.get(fingerprint(problem.question)))
    for at, problem in enumerate(ours):
        take(at, by_id.get(problem.id))
    for at, problem in enumerate(ours):
        if at in left and at not in found and alike(problem, left[at]) >= ALIKE:
            take(at, at)
    for at, problem in enumerate(ours):
        if at not in found and left:
            there = max(left, key=lambda other: alike(problem, left[other]))
            take(at, there if alike(problem, left[there]) >= ALIKE else None)
    return found


def alike(one: Problem, other: Problem) -> float:
    """How far the words of two problems agree, from 0 to 1."""
    return SequenceMatcher(None, words(one.question), words(other.question)).ratio()
