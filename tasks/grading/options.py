r"""Several letters of a choice that stand together: "B or C", "A, B and D".

>>> beside("The answer is B or C.", 14), beside("Unlike A or C, B is true.", 15)
('B, C', 'B')
>>> beside("Answer: B, C and D are too small.", 8), beside("It is B and C says no more.", 6)
('B', 'B')
>>> only_several(r"\text{B and C}"), only_several("(A), (D)"), only_several("B")
('B, C', 'A, D', None)
"""

from __future__ import annotations

import re

from tasks.grading.tidy import tidy

_ONE = (
    r"(?:\b[Oo]ption\s|\b[Cc]hoice\s)?[$*({]{0,4}(?:\\[a-z]{2,8}\{[({]?)?"
    r"(?<![A-Za-z0-9_'’])[A-J](?![A-Za-z0-9_'’])[)}$*]*"
)
WINDOW = 100
"""So many characters to either side of a letter may be of its list."""
_COMMA = r"\s*(?:,\s|、)\s*"
_AND = r",?\s*(?:\band\b|&|\bund\b|\bet\b|和|与)\s*"
_OR = r",?\s*(?:\b(?:and/)?or\b|/|或|\bou\b|\boder\b)\s*"
_LIST = re.compile(
    rf"{_ONE}(?:(?P<listed>(?:{_COMMA}{_ONE})+)(?:(?:{_AND}|{_OR}){_ONE})?"
    rf"|(?P<joined>(?:{_AND}{_ONE})+)|(?:{_OR}{_ONE})+)"
)
_ENDS = re.compile(
    r"\s*(?:$|[.;:!?)\]\n。，]|,\s|\W?(?:because|since|as|both|but|here|though|depending|respectively)\b"
    r"|are (?:both |all |the )?(?:correct|right|true|answers)\b)"
)
_ARTICLE = re.compile(r"\s+(?!is\b|are\b|be\b)[a-z]")
_SINGULAR = re.compile(
    r"\s+(?:(?:is|was|has|does|can|cannot|could|would|will|fails|\w+s)\b"
    r"|(?:are|were)\s(?:all |both )?(?:wrong|incorrect|false|out|not|too|ruled|impossible))"
)


def beside(text: str, at: int) -> str:
    """The letter at ``at`` and those that it is listed with. Where more is said of the last of
    them alone, as of C in "B and C is larger", they are no list."""
    first = max(0, at - WINDOW)
    alone = text[at]
    text, at = text[first : at + WINDOW], at - first
    for found in _LIST.finditer(text):
        if found.start() <= at < found.end():
            rest = text[found.end() :]
            if found["listed"]:
                is_list = _ENDS.match(rest) is not None
            elif found["joined"]:
                is_list = _SINGULAR.match(rest) is None
            else:
                is_list = True
            if found[0].rstrip(")}$*").endswith("A") and _ARTICLE.match(rest):
                is_list = False
            return _letters(found[0]) if is_list else alone
    return alone


def only_several(answer: str) -> str | None:
    """The letters that an answer is a list of, if it is nothing else."""
    bare = re.sub(r"\\text\s*\{([^{}]*)\}", r"\1", tidy(answer)).strip(" {}\\.")
    found = _LIST.fullmatch(bare)
    return _letters(found[0]) if found is not None else None


def _letters(text: str) -> str:
    return ", ".join(dict.fromkeys(re.findall(r"(?<![A-Za-z])[A-J](?![A-Za-z])", text)))
