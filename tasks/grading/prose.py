r"""Answers stated in a sentence: "Therefore, the height is 5 cm."

Only the end of a text counts, and only a sentence that was finished: a ramble that is cut off at
the right number states nothing.

>>> concluded("We add them up. Therefore, the total is 1,234 apples.\n\nI hope it is correct.")
'1,234 apples'
>>> concluded("So the answer is $\\frac{1}{2}$."), concluded("The answer is Yes.")
('$\\frac{1}{2}$', 'Yes')
>>> long = "Then p(4) is 6(4 - r), which I should check again. " * 10
>>> concluded(long + "So, p(0) + p(4) = 24") is None
True
"""

from __future__ import annotations

import re

SHORT = 300
"""A text of so few characters is taken as finished, whatever its last sign is."""

_TURN = re.compile(r"<\|(?:im_end|im_start|endoftext|eot_id|end_of_solution)\|>|<｜end")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。।！])\s*|\n\s*\n|\n(?=\s*(?:[-*•]|\d+\.)\s)")
_FINISHED = re.compile(r"(?:[.!?。।！*%\"'”$]|\\[\])])\s*$")
_MARKER = re.compile(
    r"(?:\b(?:answer|réponse|respuesta|antwort)\b|答案)(?:\s+(?:to|for)\b[^.:\n]{0,80}?)?"
    r"\s*\**\s*(?:(?:should |must |would )?(?:is|be|est|es|ist)\b|[:：=]|是|为)?\s*[:：]?\s*\**\s*",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"\b(?:therefore|thus|hence|so|finally|final|conclusion|overall|consequently|is|are|was|be|equals"
    r"|obtained?|get|gets|find|found|has|have|at|donc|est)\b|[=:：]|因此|所以|故|为|是|有|लिए|इसलिए|لذا|هو",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"hope|think|believe|let me know|feel free|thank|please|confident|correct|answer|sure|question",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*(?P<bold>[^*\n]+?)\*\*")
_MATH = re.compile(r"\$\$.+?\$\$|(?<!\\)\$[^$]+(?<!\\)\$|\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.^{/])[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?"
    r"(?:\s*[×x]\s*10\s*\^?\s*[-−⁻]?[\d⁰¹²³⁴-⁹]+)?(?:\s*(?:%|percent\b|°\s*[CF]?|[a-z]{2,}\b)|)"
)
_STATED = re.compile(r"\b(?:is|are|equals|be)\s+(?=[-−+]?\d)")
_FILLER = re.compile(
    r"^(?:for sure|definitely|indeed|clearly|simply|just|about|around|approximately)\s+"
)


def concluded(text: str, *, finished: bool = False) -> str | None:
    """The answer that the end of ``text`` states in words, or ``None``.

    ``finished`` says that the text is known not to be cut off; otherwise a long one must end like a
    sentence.
    """
    text = _TURN.split(text.strip(), maxsplit=1)[0].strip()
    if not (finished or len(text) <= SHORT or _FINISHED.search(text)):
        return None
    sentences = [s.strip() for s in _SENTENCE_END.split(text[-2000:]) if s and s.strip()]
    while sentences and _is_courtesy(sentences[-1]):
        sentences.pop()
    if not sentences:
        return None
    for sentence in reversed(sentences[-3:]):
        marked = _after_marker(sentence)
        if marked:
            return marked
    last = sentences[-1]
    if _is_bare(last) and (finished or len(text) <= SHORT):
        return last.rstrip(".")
    if finished or len(text) <= SHORT or _CUE.search(last):
        return _value_in(last)
    return None


def _is_courtesy(sentence: str) -> bool:
    """ "I hope it is correct.": polite, and without anything that could be an answer."""
    plain = not re.search(r"\d|\\|\$|\*\*", sentence)
    return plain and bool(_COURTESY.search(sentence)) and not _after_marker(sentence)


def _after_marker(sentence: str) -> str | None:
    """What follows "the answer is": its value, or its words if there are but a few."""
    markers = list(_MARKER.finditer(sentence))
    if not markers:
        return None
    rest = _FILLER.sub("", sentence[markers[-1].end() :].strip()).strip()
    if not rest or not re.search(r"\w", rest):
        return None
    value = _value_in(rest)
    if value is not None:
        return value
    bare = rest.strip("*.!。 ")
    return bare if len(bare.split()) <= 4 else None


def _value_in(sentence: str) -> str | None:
    """The last thing in a sentence that looks like a value: bold, mathematics, a number."""
    bold = [m["bold"] for m in _BOLD.finditer(sentence) if not m["bold"].endswith(":")]
    if bold and re.search(r"\d|\\|\$|^\(?[A-Z]\)?$", bold[-1]):
        return _number_in(bold[-1]) if _MATH.search(bold[-1]) is None else bold[-1]
    math = list(_MATH.finditer(sentence))
    if math:
        after = sentence[math[-1].end() :]
        stated = _STATED.search(after)
        if stated is not None:  # "the largest $n$ is 34"
            return _number_in(after[stated.end() :])
        percent = re.match(r"\s*(?:\\?%|percent)", after)
        return math[-1][0] + (percent[0] if percent else "")
    if _is_bare(sentence):
        return sentence.strip(" .")
    return _number_in(sentence)


def _number_in(text: str) -> str | None:
    numbers = [m[0].strip() for m in _NUMBER.finditer(text)]
    return numbers[-1] if numbers else None


def _is_bare(line: str) -> bool:
    """A line without words: ``(7, 6)``, ``x = 5``, ``\\frac{1}{2}``."""
    without_commands = re.sub(r"\\[a-zA-Z]+", "", line)
    return not re.search(r"[^\W\d_]{2,}", without_commands) and bool(re.search(r"\w", line))
