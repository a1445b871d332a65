r"""Answers stated in a sentence: "Therefore, the height is 5 cm."

Only the end of a text counts, and only a sentence that was finished: a ramble that is cut off at
the right number states nothing.

>>> concluded("We add them up. Therefore, the total is 1,234 apples.\n\nI hope it is correct.")
'1,234 apples'
>>> concluded("So the answer is $\\frac{1}{2}$."), concluded("The answer is Yes.")
('$\\frac{1}{2}$', 'Yes')
>>> concluded("The answer is 12, since 12 = 7 + 5.\n\nCheck: 12 - 5 = 7."), concluded("Is it 7?")
('12', None)
>>> long = "Then p(4) is 6(4 - r), which I should check again. " * 10
>>> concluded(long + "So, p(0) + p(4) = 24") is None
True
"""

from __future__ import annotations

import re

from tasks.grading import phrases
from tasks.grading.alternatives import as_or, distinct, split_or
from tasks.grading.named import named, yes_or_no
from tasks.grading.parts import listed
from tasks.grading.sentences import DISPLAYED, formulas, is_bare, sentences, with_dots
from tasks.grading.values import last_value, value_in

SHORT = 300
"""A text of so few characters is taken as finished, whatever its last sign is."""
TAIL = 2000
"""So many characters at the end of a text are looked at."""


_EXPLAINED = re.compile(r"^([^\s:]+)[:;] [a-z].*", re.DOTALL)


def concluded(text: str, *, finished: bool = False) -> str | None:
    """The answer that the end of ``text`` states in words, or ``None``.

    ``finished`` says that the text is known not to be cut off; otherwise a long one must end like a
    sentence.
    """
    text = text.strip().removeprefix("A: ")
    text = text[:-30] + phrases.QED.sub("", text[-30:]).rstrip()
    text = text[:-TAIL] + as_or(with_dots(text[-TAIL:]))
    said = sentences(text[-TAIL:])
    headed = len(said) > 1 and _is_heading(said[-2]) and is_bare(said[-1])
    ended = finished or len(text) <= SHORT
    if not (ended or headed or is_finished(text)):
        return None
    while said and (_is_courtesy(said[-1]) or said[-1].endswith(("?", "？"))):
        said.pop()
    if not said:
        return None
    if phrases.BOUNDED.search(said[-1]):
        return None
    inequality = phrases.INEQUALITY.search(said[-1])
    if inequality is not None:
        return inequality[1]
    marked = _marked(said[-6:])
    if marked or refuses(text if len(text) <= SHORT else said[-1]):
        return marked
    said = _without_checks(said)
    if phrases.SUPPOSED.match(said[-1]) or _repeats(text[-TAIL:], said[-1]):
        return None
    return listed(said) or _unmarked(text, said, finished=finished)


def _marked(said: list[str]) -> str | None:
    """The value after the last "the answer is", or below the last such heading."""
    for number, sentence in enumerate(reversed(said)):
        marked = _after_marker(sentence)
        if marked is None and _is_heading(sentence) and number:
            marked = _first_value(said[len(said) - number :])
        if marked:
            open_ = len(split_or(sentence)) > 1
            return (open_ and _settled_on(marked, said[len(said) - number :])) or marked
    return None


def _settled_on(marked: str, later: list[str]) -> str | None:
    """Of alternatives the one that a later sentence gives: "It is 1 or 2. As it is odd, it is 1".

    >>> concluded("The answer is 1 or 2. Since it is odd, it is 1.")
    '1'
    """
    values = marked.split(", ")
    for sentence in reversed(later):
        if phrases.SETTLES.match(sentence):
            value = value_in(sentence)
            if value is not None and len(distinct([*values, value])) == len(values):
                return value
    return None


def _unmarked(text: str, said: list[str], *, finished: bool) -> str | None:
    """What the last of the sentences states, if that was not cut off."""
    last = said[-1]
    short = len(text) <= SHORT
    if len(said) == 1 and is_bare(last) and (finished or short):
        return last_value(last)
    dangling = phrases.DANGLING.search(last) is not None
    if dangling and not formulas(last):
        return None
    closed = phrases.FINISHED.search(last) is not None or (finished and not dangling)
    if not closed and not (short and _ends_in_value(last, only=len(said) == 1)):
        return None
    if not (finished or short or _is_settled(last)):
        return None
    if len(text) <= TAIL and _is_lone_value(said) and not phrases.CONCLUDES.match(last):
        return last_value(said[0])
    if re.fullmatch(r"\W*[^\W\d_]+\W*", text):
        return text
    ended = finished or short
    return _stated(last, lenient=ended) or _earlier(said, lenient=ended) or yes_or_no(text)


def refuses(text: str) -> bool:
    """Whether a text says that it has no answer: "I cannot see the figure."."""
    return phrases.REFUSAL.search(text) is not None


def is_finished(text: str) -> bool:
    """Whether a text ends like a sentence, or like a formula."""
    return phrases.FINISHED.search(text[-50:]) is not None


def restated(text: str) -> str | None:
    """What a later sentence says the answer is: "Correction: the final answer is 3."

    >>> restated("I forgot one. So the final answer is **8**."), restated("If n = 2, it is 4.")
    ('8', None)
    """
    for sentence in reversed(sentences(as_or(with_dots(text.strip()[:TAIL])))):
        says = phrases.LATER_ANSWER.search(sentence) and r"\boxed" not in sentence
        if says and not phrases.NOT_ASSERTED.search(sentence):
            value = _after_marker(sentence)
            if value and re.search(r"[\d\\$]", value) and phrases.FINISHED.search(sentence):
                return value
    return None


def _is_courtesy(sentence: str) -> bool:
    """ "I hope it is correct.": polite, and without anything that could be an answer."""
    plain = not re.search(r"\d|\\|\$|\*\*", sentence)
    return plain and bool(phrases.COURTESY.search(sentence)) and not _after_marker(sentence)


def _is_heading(sentence: str) -> bool:
    """ "## Final answer", with the answer below it."""
    return phrases.HEADING.fullmatch(sentence) is not None


def _first_value(said: list[str]) -> str | None:
    """The answer under a heading."""
    several = listed(said)
    if several is not None:
        return several
    for sentence in said:
        if is_bare(sentence) and not sentence.startswith("#"):
            return sentence.strip("*-• ").rstrip(".")
        value = value_in(sentence)
        if value is not None:
            return value
    return None


def _after_marker(sentence: str) -> str | None:
    """What follows "the answer is", its value, or its words if there are but a few; or the value
    before "is my answer"."""
    markers = list(phrases.MARKER.finditer(sentence))
    if not markers:
        return None
    before = sentence[: markers[-1].start()]
    rest = phrases.FILLER.sub("", sentence[markers[-1].end() :].strip()).strip()
    if rest.count("**") % 2:
        rest = rest.replace("**", "")
    rest = rest.strip(" |✅✓")
    if not re.search(r"\w", rest) and phrases.AS_MY.search(before):
        return last_value(before)
    if not (phrases.LINKED.search(markers[-1][0]) or re.match(r"[\d$\\(+−*-]", rest)):
        return None
    if not re.search(r"\w", rest) or re.match(r"(?:with)?in\b", rest) or r"\boxed" in rest:
        return None
    value = value_in(_EXPLAINED.sub(r"\1", rest))
    if value is not None:
        return value
    bare = rest.strip("*.!。 ")
    return bare if len(bare.split()) <= 4 else None


def _without_checks(said: list[str]) -> list[str]:
    """The sentences before the checks and explanations that follow the answer, where those lead
    to no conclusion of their own."""
    kept = said
    for number in range(len(said) - 1, 0, -1):
        if phrases.CONCLUDES.match(said[number]):
            break
        if phrases.CHECK.match(said[number]) and _stated(said[number - 1], lenient=False):
            kept = said[:number]
    return kept


def _stated(sentence: str, *, lenient: bool) -> str | None:
    if r"\boxed" in sentence or not (lenient or phrases.CUE.search(sentence)):
        return None
    return named(sentence) or value_in(sentence)


def _earlier(said: list[str], *, lenient: bool) -> str | None:
    """The conclusion that one or two sentences without any value follow."""
    for sentence in reversed(said[-3:-1]):
        bold = phrases.BOLD_VALUE.search(sentence)
        states = bold or (
            phrases.STATES.search(sentence) if lenient else phrases.CONCLUDES.match(sentence)
        )
        if states and phrases.FINISHED.search(sentence):
            return _stated(sentence, lenient=False)
    return None


def _is_lone_value(said: list[str]) -> bool:
    """Whether a value alone is what a text opens with, and its reasons follow."""
    first = said[0]
    return len(said) > 1 and is_bare(first) and "=" not in first and first[0] not in "-#|"


def _is_settled(sentence: str) -> bool:
    """Whether a sentence that may be the last before a cut states something: one that is a step
    of a computation or an item of a list, or that has no full stop, must conclude."""
    if phrases.CONCLUDES.match(sentence) is not None:
        return phrases.STOPPED.search(sentence) is not None or _ends_in_value(sentence, only=False)
    steps = formulas(sentence)
    displayed = bool(steps) and sentence.startswith(DISPLAYED, steps[-1][0])
    stopped = phrases.STOPPED.search(sentence) or phrases.BOLD_VALUE.search(sentence)
    return bool(stopped) and not displayed and not sentence.startswith(("-", "*", "•", "#"))


def _ends_in_value(sentence: str, only: bool) -> bool:
    """Whether a sentence without a full stop ends in what it states."""
    stated = phrases.ENDS_IN_VALUE.search(sentence)
    concludes = phrases.CONCLUDES.match(sentence) or re.match(r"[-•*]\s", sentence)
    return stated is not None if concludes else only


def _repeats(text: str, sentence: str) -> bool:
    """Whether the text went round in circles."""
    return len(sentence) > 8 and text.count(sentence) > 2
