r"""The sentences and the formulas of a text. A full stop inside a formula ends no sentence.

>>> sentences("First $x = 3.$ Then\n\n\\[ y = 4. \\]\nWe pay $5.50 each, or $11 in all.")
['First $x = 3.$ Then', '\\[ y = 4. \\]', 'We pay $5.50 each, or $11 in all.']
>>> text = "We pay $5.50 for $x$ bags."
>>> [text[a:b] for a, b in formulas(text)]
['$x$']
"""

from __future__ import annotations

import re

_OPENING = re.compile(r"\$\$|(?<!\\)\$|\\\(|\\\[|\\begin\{((?:align|equation|gather)(?:ed)?\*?)\}")
_CLOSING = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}
_NO_STOP = re.compile(
    r"\b(?:i\.e|e\.g|approx|vs|Nr|No)\.|^[ \t]*#*[ \t]*\d{1,2}\.(?=[ \t]+\S)", re.MULTILINE
)
DISPLAYED = ("$$", r"\[", r"\begin{")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}[,;]?\s+[A-Za-z]{2,}(?![A-Za-z(])")
_TEXT = re.compile(r"\\(?:text|mathrm|textbf|operatorname)\s*\{[^{}]*\}")
_END = re.compile(
    r"(?<=[.!?])[*_]*\s+|(?<=[。।！？])\s*|\n\s*\n|\n(?=[ \t]*(?:[-*•#|]|\(?[a-h\d]\)|\d+\.)\s?)"
    r"|(?<=\x01)\n|;\s+(?=[a-z]{3})"
)
_GOES_ON = re.compile(
    r"(?:\\?\$)?(?P<number>(?<![\w.,−-])[-−]?[\d,]*\.\d{3,}\s?(?:\.{3}|…))"
    r"(?=(?P<stop>\s+[A-Z])|(?:\s?\\?%)?\**(?:\s[a-z]+){0,2}\.?\**\s*(?:\n|\Z)"
    r"|,?\s(?:since|because|or)\b|\.\**\s)"
)


def with_dots(text: str) -> str:
    """The text with each decimal that goes on and ends a sentence as a formula: 0.333... keeps its
    dots then.

    >>> with_dots("So it is 0.333... I hope it helps."), with_dots("Add 0.333... to get 5.")
    ('So it is $0.333...$. I hope it helps.', 'Add 0.333... to get 5.')
    """
    if "..." not in text and "…" not in text:
        return text
    spans = formulas(text)
    for match in reversed([*_GOES_ON.finditer(text)]):
        if not any(start <= match.start() < end for start, end in spans):
            stop = "." if match["stop"] else ""
            text = f"{text[: match.start()]}${match['number']}${stop}{text[match.end() :]}"
    return text


def formulas(text: str) -> list[tuple[int, int]]:
    """Start and end of each formula between dollar signs, brackets, or ``align`` and its like."""
    found = []
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        closing = _CLOSING.get(opening[0]) or rf"\end{{{opening[1]}}}"
        end = text.find(closing, opening.end())
        if end < 0 or (opening[0] == "$" and _is_price(text[opening.end() : end])):
            at = opening.end()
            continue
        at = end + len(closing)
        found.append((opening.start(), at))
    return found


def _is_price(content: str) -> bool:
    """Whether the first of two dollar signs stands before an amount, and prose is between them."""
    if not content.strip() or "\n\n" in content:
        return True
    return (content[0].isdigit() and content[-1].isspace()) or bool(
        _PROSE.search(_TEXT.sub("", content))
    )


def sentences(text: str) -> list[str]:
    """The sentences, list items and paragraphs of a text."""
    masked = list(text)
    for start, end in formulas(text):
        display = (text[start] == "\\" and text[start + 1] != "(") or text.startswith("$$", start)
        masked[start:end] = "\x00" * (end - start - 1) + ("\x01" if display else "\x00")
    for mark in _NO_STOP.finditer(text):
        masked[mark.end() - 1] = "\x00"
    parts, last = [], 0
    for stop in _END.finditer("".join(masked)):
        parts.append(text[last : stop.start()])
        last = stop.end()
    parts.append(text[last:])
    said: list[str] = []
    for part in filter(None, map(str.strip, parts)):
        if said and said[-1].endswith((":", "：", ",")) and part.startswith(DISPLAYED):
            said[-1] += "\n" + part  # "The sum is:", and the formula below it
        else:
            said.append(part)
    return said


def is_bare(line: str) -> bool:
    r"""A line without words: ``(7, 6)``, ``x = 5``, ``\frac{1}{2}``.

    >>> is_bare(r"x = \frac{1}{2}"), is_bare("x is 5")
    (True, False)
    """
    without_commands = re.sub(r"\\[a-zA-Z]+", "", line)
    return not re.search(r"[^\W\d_]{2,}|[\u0400-\u1fff\u3040-\u9fff]", without_commands) and bool(
        re.search(r"\w", line)
    )
