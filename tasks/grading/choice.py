r"""The option a text chooses, for multiple-choice tasks.

>>> chosen("The answer is for sure D, not A or B"), chosen("B。不是 A"), chosen(r"\boxed{C}")
('D', 'B', 'C')
>>> chosen("It is not A, which makes no sense, so I think it's B"), chosen("Let me see.")
('B', None)
>>> chosen("Answer: B\n\nNote that option A fails."), chosen(r"\boxed{3.2}, so $\text{(B)}$ is it.")
('B', 'B')
>>> chosen("A and B are wrong, that leaves C."), chosen("I'm sorry, I cannot see options A and B.")
('C', None)
"""

from __future__ import annotations

import re

from tasks.grading.boxes import last_boxed
from tasks.grading.compare import MAX_LENGTH
from tasks.grading.prose import TAIL, is_finished, refuses
from tasks.grading.words import letter

_LETTER = r"(?:\\[a-z]{2,8}\{\W?)?(?P<letter>[A-J])(?![A-Za-z0-9_'’]|\W{0,2}\?)"
_IS = (
    r"(?:(?i:is|be|est|ist|es|for sure|definitely|clearly|option|choice|should|letter)\W{1,8}"
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
_NOT = r"not|cannot be|rather than|instead of|eliminates?|eliminated|rules? out"
_BOTH = re.compile(r"\b[A-J]\)? (?:and|&) \(?[A-J]\)? are (?:both |all )?(?:correct|right|true)\b")
_DENIED = re.compile(
    rf"(?i:\b(?:{_NOT})|n['’]t(?: be)?)"
    rf" {_SEVERAL}(?![\w'’])"
    rf"|不是\s*{_SEVERAL}|(?<![\w'’(]){_SEVERAL} (?:is|are|was|were) (?:all |both )?"
    r"(?:wrong|incorrect|false|out|not|ruled out|eliminated|impossible)\b"
)


def chosen(text: str, *, finished: bool = False) -> str | None:
    """The letter in the last box, on a line "Answer: B", after "the answer is", after "option" or
    "I choose", at the start, or in the last sentence. What is denied does not count, and in a text
    that stops in the middle of a sentence only a marked answer does."""
    boxed = boxed_letter(text)
    if boxed is not None:
        return boxed
    if _BOTH.search(text[-TAIL:]):
        return None
    lines = list(_LINE.finditer(text))
    if lines:
        return lines[-1]["letter"]
    end = _DENIED.sub(" ", text.strip()[-TAIL:])
    marked = list(_ANSWER.finditer(end))
    if marked:
        return marked[-1]["letter"]
    if refuses(end):
        return None
    closed = finished or is_finished(end) or _ALONE.search(end[-4:]) is not None
    options = list(_OPTION.finditer(end)) if closed else []
    if options:
        return options[-1]["letter"] or options[-1]["right"]
    first = _FIRST.match(_DENIED.sub(" ", text[:TAIL]))
    if first is not None:
        return first["letter"]
    sentences = [s for s in _SENTENCE.split(end) if s.strip()]
    alone = list(_ALONE.finditer(sentences[-1])) if sentences and closed else []
    return alone[-1]["letter"] if alone else None


def boxed_letter(text: str) -> str | None:
    """The letter in the last box, which counts even in a text that was cut off after it."""
    boxed = last_boxed(text)
    return letter(boxed) if boxed is not None and len(boxed) <= MAX_LENGTH else None
