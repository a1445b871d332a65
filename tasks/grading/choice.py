r"""The option a text chooses, for multiple-choice tasks.

>>> chosen("The answer is for sure D, not A or B"), chosen("B。不是 A"), chosen(r"\boxed{C}")
('D', 'B', 'C')
>>> chosen("It is not A, which makes no sense, so I think it's B"), chosen("Let me see.")
('B', None)
>>> chosen("Answer: B\n\nNote that option A fails."), chosen(r"\boxed{3.2}, so $\text{(B)}$ is it.")
('B', 'B')
>>> chosen("A and B are wrong, that leaves C."), chosen("I'm sorry, I cannot see options A and B.")
('C', None)
>>> chosen("The answer is B or C."), chosen("It is B, but it could be D."), chosen(r"\boxed{A, C}")
('B, C', 'B, D', 'A, C')
"""

from __future__ import annotations

import re

from tasks.grading import phrases
from tasks.grading.alternatives import as_or
from tasks.grading.boxes import last_boxed
from tasks.grading.compare import MAX_LENGTH
from tasks.grading.options import beside, only_several
from tasks.grading.prose import TAIL, is_finished, refuses
from tasks.grading.words import letter

_LETTER = r"(?:\\[a-z]{2,8}\{\W?)?(?P<letter>[A-J])(?![A-Za-z0-9_'’]|\W{0,2}\?)"
_IS = (
    r"(?:(?i:is|be|est|ist|es|for sure|definitely|clearly|option|choice|should|letter"
    r"|either|both|probably|likely|maybe|perhaps|possibly)\W{1,8}"
    r"|(?:应该)?(?:是|为|选项|选)\W{0,4}){0,4}"
)
_RIGHT = r"(?i:correct|right|true|the (?:correct |right |best |only )?(?:answer|option|choice|one))"
# Of these the strongest that is found decides, and of several such the last.
_LINE = re.compile(rf"^\W{{0,8}}(?i:(?:final\s)?answer)\W{{0,8}}{_LETTER}", re.MULTILINE)
_ANSWER = re.compile(
    rf"(?:(?i:\b(?:answer|réponse|antwort|respuesta)\b)|答案|ответ)\W{{0,8}}{_IS}{_LETTER}"
)
_CHOOSE = r"(?:(?i:\b(?:option|choice|choose|select|pick|go with)\b)|选项|选)"
_OPTION = re.compile(
    rf"{_CHOOSE}\W{{0,8}}{_IS}{_LETTER}"
    rf"|\(?(?<![\w'’])(?P<right>[A-J])\)?\W{{0,3}}(?:is|must be)\s+{_RIGHT}"
)
_FIRST = re.compile(r"\W*(?P<letter>[A-J])(?:[.,:)。，：*]|\s*$|(?=[^\x00-\x7f]))")
_ALONE = re.compile(
    r"(?<![A-Za-z0-9_'’])\(?(?P<letter>[B-HJ]|A(?!\s+(?!is\b)[a-z]))\)?(?![A-Za-z0-9_'’])"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！])|\n+")
_OR = r"(?:, or |, and |, | or | nor | and )"
_SEVERAL = rf"(?:(?i:options?|choices?) )?\(?[A-J]\)?(?:{_OR}\(?[A-J]\)?)*"
_NOT = r"not|neither|cannot be|rather than|instead of|eliminates?|eliminated|rules? out"
_BOTH = re.compile(
    r"\b(?P<letter>[A-J])\)? (?:and|&) \(?[A-J]\)? are (?:both |all )?(?:correct|right|true)\b"
)
_DENIED = re.compile(
    rf"(?i:\b(?:{_NOT})|n['’]t(?: be)?)"
    rf" {_SEVERAL}(?![\w'’])"
    rf"|不是\s*{_SEVERAL}"
    rf"|(?<![\w'’(])(?:(?<!is ){_SEVERAL} (?:are|were)|\(?[A-J]\)? (?:is|was)) (?:all |both )?"
    r"(?:wrong|incorrect|false|out|not|ruled out|eliminated|impossible)\b"
)


def chosen(text: str, *, finished: bool = False) -> str | None:
    """The letter in the last box, on a line "Answer: B", after "the answer is", after "option" or
    "I choose", at the start, or in the last sentence. What is denied does not count, and in a text
    that stops in the middle of a sentence only a marked answer does. Of letters that stand in one
    list with it all are the answer: "B, C".
    """
    boxed = boxed_letter(text)
    if boxed is not None:
        return boxed
    text = text[:-TAIL] + as_or(text[-TAIL:])
    both = _BOTH.search(text, max(0, len(text) - TAIL))
    lines = list(_LINE.finditer(text, both.end() if both is not None else 0))
    if lines:
        return _letters(lines[-1])
    end = _DENIED.sub(" ", text.strip()[-TAIL:])
    both = _BOTH.search(end)
    marked = list(_ANSWER.finditer(end, both.end() if both is not None else 0))
    if marked:
        letters = _letters(marked[-1])
        return _settled_on(letters, end[marked[-1].end() :]) or letters
    if both is not None:
        return _letters(both)
    if refuses(end):
        return None
    closed = finished or is_finished(end) or _ALONE.search(end[-4:]) is not None
    options = list(_OPTION.finditer(end)) if closed else []
    if options:
        return _letters(options[-1])
    first = _FIRST.match(_DENIED.sub(" ", text[:TAIL]))
    if first is not None:
        return _letters(first)
    sentences = [s for s in _SENTENCE.split(end) if s.strip()]
    alone = list(_ALONE.finditer(sentences[-1])) if sentences and closed else []
    return _letters(alone[-1]) if alone else None


def _settled_on(letters: str, later: str) -> str | None:
    """Of several letters the one that a later sentence gives: "As C is even, it must be B."."""
    for sentence in reversed(_SENTENCE.split(later) if len(letters) > 1 else []):
        alone = list(_ALONE.finditer(sentence)) if phrases.SETTLES.match(sentence) else []
        if alone and alone[-1]["letter"] in letters:
            return alone[-1]["letter"]
    return None


def _letters(found: re.Match[str]) -> str:
    """The letter that was found and those that it is listed with."""
    right = found.re is _OPTION and found["letter"] is None
    return beside(found.string, found.start("right" if right else "letter"))


def boxed_letter(text: str) -> str | None:
    """The letter or letters in the last box, which counts even in a text that was cut off after
    it."""
    boxed = last_boxed(text)
    if boxed is None or len(boxed) > MAX_LENGTH:
        return None
    return letter(boxed) or only_several(boxed)
