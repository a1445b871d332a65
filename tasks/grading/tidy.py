r"""One spelling for the many ways to write the same LaTeX.

What ``tidy`` changes looks the same on paper.

>>> tidy(r"$\left( \dfrac12 ,\; 3 \right)$.")
'( \\frac{1}{2} , 3 )'
>>> tidy("−17"), tidy(r"10,\!000"), tidy(r"\boxed{\mathbf{42}}"), tidy(r"5\,\mathrm{cm}")
('-17', '10,000', '42', '5 \\text{cm}')
"""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.grading.braces import groups
from tasks.grading.signs import latex_signs

_SYNONYMS = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom",
    "leq": "le", "leqslant": "le", "geq": "ge", "geqslant": "ge", "neq": "ne",
    "varnothing": "emptyset", "mathrm": "text", "textrm": "text", "textbf": "text",
    "textit": "text", "textnormal": "text", "mbox": "text", "operatorname": "text",
    "nless": "ge", "ngtr": "le", "smallsetminus": "setminus",
}  # fmt: skip
_LITERALS = {
    "degree": "^\\circ", "lt": "<", "gt": ">", "imath": "i", "jmath": "j", "colon": ":",
    "lbrace": r"\{", "rbrace": r"\}",
    "langle": "(", "rangle": ")", "ell": "l", "checkmark": "",
    "lbrack": "[", "rbrack": "]", "AA": "Å",
}  # fmt: skip
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SIZE = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\.?")
_SPACE = re.compile(
    r"(?<!\\)\\(?:[,;: ]|(?:quad|qquad|displaystyle|textstyle|limits|nolimits)(?![a-zA-Z]))|~"
)
_NEGATIVE_SPACE = re.compile(r"\\!\s*")
_DELIMITER = re.compile(r"(?<!\\)(?:\$|\\[()\[\]])")
_WRAPPER = re.compile(r"\\(?:boxed|fbox|mathbf|boldsymbol|bm|underline|mathit|mathsf)\s*(?=\{)")
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z])")
_PLAIN_TEXT = re.compile(r"\\text\s*\{([^{}a-zA-Z]*\d[^{}a-zA-Z]*)\}")  # \textbf{70} is 70
_COUNTED = re.compile(r"\\text\s*\{\s*(-?\d[\d.,/]*)\s+([^{}\d]+)\}")  # \text{5 apples}
_LEAD_IN = re.compile(
    r"\\text\s*\{(?![^{}]*(?:\bnot\b|cannot|n't|never))[^{}]*\b(?:is|are|equals|be)\s*:?\s*\}\s*(?=\S)"
)
_EMPTY_TEXT = re.compile(r"\\text\s*\{[\s.,;:!]*\}")
_MICRO = re.compile(r"(?:\\mu|µ)\s*\\text\s*\{\s*(?=[a-zA-Z])|\\text\s*\{\s*\\mu\s*(?=[a-zA-Z])")
_COLOR = re.compile(r"\\(?:text)?color\s*\{[^{}]*\}")
_MARKDOWN = re.compile(r"\s*(\*\*|__|`+)(?P<inner>.+?)\1[.\s]*", re.DOTALL)
_UNIT_VECTOR = re.compile(r"\\(?:hat|vec)\s*\{?\s*\\?([ijk])(?:math)?\s*\}?(?![a-zA-Z])")
_NOT = re.compile(r"\\not\s*(<|>|=|\\(?:in|equiv)(?![a-zA-Z]))")
_NEGATED = {"<": r"\ge ", ">": r"\le ", "=": r"\ne "}
_DOTTED = re.compile(r"(?<=\d)\.(\d*)\\dot\s*\{?(\d)\}?(?:(\d*)\\dot\s*\{?(\d)\}?)?")
_GOES_ON = re.compile(  # 0.1666..., but not 0.111...1
    r"(?<!\.)\.(\d{3,100})\s*(?:\.{3,}|…|\\[lc]?dots(?![a-zA-Z]))(?!\s*\d)"
)
_PERIOD = re.compile(r"(\d*?)(\d{1,12}?)\2{2,}")
_DEGREES = re.compile(
    r"\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![a-zA-Z]))\s*(?:\\text\s*\{\s*([CF])\s*\})?"
)
_RATIO_WORD = re.compile(r"(?<=[\d}])\s*(?:\\text\s*\{\s*to\s*\}|\bto\b)\s*(?=[\d\\])")
_ANSWER_IS = re.compile(r"(?:the\s+)?(?:final\s+)?answer\s*(?:is|:|=)\s*:?\s*(?=\S)", re.IGNORECASE)
_TAKES_ARGUMENTS = re.compile(r"\\(frac|sqrt|binom)(?![a-zA-Z\[])")
_TEXT_LETTER = re.compile(r"\\text\{\s*(\w)\s*\}")
_BETWEEN_WORDS = re.compile(r"(?<=\d) (?=\d)|(?<=[a-zA-Z]{2}) (?=[a-zA-Z]{2})")  # 1 1/2 is not 11/2
_ANY_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_BRACED_LETTER = re.compile(r"([_^])\{(\w)\}")
_COMMAND_END = re.compile(r"(\\[a-zA-Z]+) +(?=[a-zA-Z])")
_SHORT_ARGUMENT = re.compile(r"\\[a-zA-Z]+|[\da-zA-Z]")


@lru_cache(maxsize=4096)
def tidy(text: str) -> str:
    r"""``text`` without delimiters, spacing commands, sizes and wrappers, one name per command.

    ``\text{...}`` stays, since it tells a unit or a word from a variable.

    >>> tidy(r"\sqrt3"), tidy("√2"), tidy(r"\\frac{1}{2}"), tidy(r"3 \leqslant x"), tidy("1{,}234")
    ('\\sqrt{3}', '\\sqrt{2}', '\\frac{1}{2}', '3 \\le x', '1,234')
    """
    text = latex_signs(text)
    if "\\\\" in text and (r"\begin" not in text or r"\\begin" in text):
        text = _DOUBLED.sub(r"\\", text.replace("\\\\\\\\", "\\\\"))  # otherwise it ends a row
    text = _without_markdown(_ANSWER_IS.sub("", text, count=1))
    if "!" in text:
        text = _NEGATIVE_SPACE.sub("", text).replace("!=", r"\ne ")
    text = text.replace("{, }", ",").replace("{,}", ",").replace("~", " ")
    if "\\" in text:
        text = _SPACE.sub(" ", _SIZE.sub("", text.replace(r"\%", "%")))
        text = _COMMAND.sub(_one_name, text)
    if "$" in text or "\\" in text:
        text = _DELIMITER.sub(" ", text)
    if r"\text" in text or "µ" in text:
        text = _COUNTED.sub(r"\1 \\text{\2}", text)
        text = _EMPTY_TEXT.sub(" ", _MICRO.sub(r"\\text{µ", text))
        text = _RATIO_WORD.sub(":", _PLAIN_TEXT.sub(r"\1", _LEAD_IN.sub("", text)))
    if "..." in text or "dots" in text or "…" in text:
        text = _GOES_ON.sub(_going_on, text)
    if "color" in text or "hat" in text or "vec" in text or "not" in text or "dot" in text:
        text = _UNIT_VECTOR.sub(r"\1", _COLOR.sub("", text))
        text = _DOTTED.sub(_repeating, _NOT.sub(lambda m: _NEGATED.get(m[1], m[0]), text))
    if "circ" in text:
        text = _DEGREES.sub(lambda m: rf"^\circ {m[1] or ''}", text)
    if "\\" in text:
        text = _brace_arguments(_unwrap(text))
    text = " ".join(text.split())
    return _peel(_without_stray_braces(_without_stop(text).removeprefix("=").strip()))


@lru_cache(maxsize=4096)
def squeeze(text: str) -> str:
    r"""The tidy text without any spaces: equal keys mean the same thing on paper.

    >>> squeeze(r"\frac{ 1 }{2} x") == squeeze(r"\tfrac12x")
    True
    """
    text = tidy(text)
    if "{" in text:
        text = _BRACED_LETTER.sub(r"\1\2", _TEXT_LETTER.sub(r"\1", text))  # \mathrm{x} is x
    if "\\" in text:
        text = _COMMAND_END.sub(r"\1\\ ", text)
    return _BETWEEN_WORDS.sub("\0", text).replace(" ", "")


def unwrapped(text: str) -> str:
    r"""The squeezed text without ``\text{...}`` around words.

    >>> unwrapped(r"\text{June 20}") == unwrapped("June 20")
    True
    """
    return _ANY_TEXT.sub(r"\1", squeeze(text))


def _one_name(match: re.Match[str]) -> str:
    name = match[1]
    literal = _LITERALS.get(name)
    return "\\" + _SYNONYMS.get(name, name) if literal is None else literal


def _without_markdown(text: str) -> str:
    match = _MARKDOWN.fullmatch(text)
    return match["inner"] if match is not None else text


def _repeating(match: re.Match[str]) -> str:
    """``0.1\\dot{6}``, and ``0.\\dot{1}4\\dot{2}`` from the first dot to the second."""
    fixed, first, between, last = match.groups()
    period = first if last is None else first + between + last
    return rf".{fixed}\overline{{{period}}}"


def _going_on(match: re.Match[str]) -> str:
    r"""``0.1666...``: the shortest period that is written three times, where it is not 0.

    >>> tidy("0.1666..."), tidy("0.363636…"), tidy("0.33..."), tidy("2.718281828...")
    ('0.1\\overline{6}', '0.\\overline{36}', '0.33', '2.718281828')
    """
    written = _PERIOD.fullmatch(match[1])
    if written is None or not written[2].strip("0"):
        return match[0]
    return rf".{written[1]}\overline{{{written[2]}}}"


def _without_stray_braces(text: str) -> str:
    r"""Without a brace at either end that has no partner: ``\frac{3}{7}}``."""
    ends = groups(text)
    if text.endswith("}") and not text.endswith(r"\}") and len(text) - 1 not in ends.values():
        return text[:-1].rstrip()
    if text.startswith("{") and 0 not in ends:
        return text[1:].lstrip()
    return text


def _without_stop(text: str) -> str:
    """Without the punctuation at the end, and without a backslash there that escapes nothing."""
    end = len(text)
    while end and (text[end - 1] in ".,;:" or (text[end - 1] == "\\" != text[end - 2 : end - 1])):
        end -= 1
    return text[:end].strip()


def _peel(text: str) -> str:
    """``{{5}}`` is 5."""
    ends = groups(text)
    start, end = 0, len(text)
    while start < end and ends.get(start) == end - 1:
        start, end = start + 1, end - 1
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
    return text[start:end]


def _unwrap(text: str) -> str:
    ends = groups(text)
    dropped = []  # the commands with the brace that they open, and the braces that close them
    for match in _WRAPPER.finditer(text):
        end = ends.get(match.end())
        if end is None:
            break
        dropped += [(match.start(), match.end() + 1), (end, end + 1)]
    kept, at = [], 0
    for start, end in sorted(dropped):
        kept.append(text[at:start])
        if text[end - 1] == "{" and text[start - 1 : start].isalpha():
            kept.append(" ")  # \cdot\mathbf{x}
        at = end
    return "".join([*kept, text[at:]])


def _brace_arguments(text: str) -> str:
    r"""``\frac12``, ``\frac1{2}`` and ``\sqrt3`` with their braces written. One pass, any depth."""
    ends = groups(text)
    out: list[str] = []
    owed = 0  # arguments that the command before still takes
    outside: list[tuple[int, int]] = []  # of each argument that is open: its end, and what was owed
    at = 0
    while at < len(text):
        if outside and at == outside[-1][0]:
            owed = outside.pop()[1]
            out.append("}")
            at += 1
        elif owed:
            while at < len(text) and text[at].isspace():
                at += 1
            if at in ends:
                outside.append((ends[at], owed - 1))
                out.append("{")
                owed = 0
                at += 1
            elif (short := _SHORT_ARGUMENT.match(text, at)) is not None:
                out.append(f"{{{short[0]}}}")
                owed -= 1
                at = short.end()
            else:
                owed = 0
        else:
            stop = outside[-1][0] if outside else len(text)
            match = _TAKES_ARGUMENTS.search(text, at, stop)
            out.append(text[at : match.start() if match else stop])
            at = match.end() if match else stop
            if match is not None:
                out.append("\\" + match[1])
                owed = 1 if match[1] == "sqrt" else 2
    return "".join(out)
