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

from tasks.grading.braces import group_end

_SIGNS = str.maketrans(
    {
        "−": "-", "–": "-", "×": r"\times ", "÷": r"\div ", "·": r"\cdot ", "∙": r"\cdot ",
        "π": r"\pi ", "∞": r"\infty ", "°": r"^\circ ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
        "≈": r"\approx ", "±": r"\pm ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
        "∅": r"\emptyset ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "θ": r"\theta ",
        "¹": "^1", "²": "^2", "³": "^3", "⁴": "^4",
        "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
        "（": "(", "）": ")", "，": ",", "。": ".", "：": ":", "；": ";", "％": "%", "＝": "=",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": "",
    }
)  # fmt: skip
_SYNONYMS = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom",
    "leq": "le", "leqslant": "le", "geq": "ge", "geqslant": "ge", "neq": "ne",
    "varnothing": "emptyset", "mathrm": "text", "textrm": "text", "textbf": "text",
    "textit": "text", "textnormal": "text", "mbox": "text", "operatorname": "text",
    "degree": "^\\circ", "lt": "<", "gt": ">",
}  # fmt: skip
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SIZE = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\.?")
_SPACE = re.compile(
    r"(?<!\\)\\(?:[,;: ]|(?:quad|qquad|displaystyle|textstyle|limits|nolimits)(?![a-zA-Z]))|~"
)
_DELIMITER = re.compile(r"(?<!\\)(?:\$|\\[()\[\]])")
_WRAPPER = re.compile(r"\\(?:boxed|fbox|mathbf|boldsymbol|bm|underline|mathit|mathsf)\s*(?=\{)")
_DOUBLED = re.compile(r"\\\\(?=(?:[dt]?frac|sqrt|text|pi|times|cdot|left|right|infty|circ)\b)")
_ROOT_SIGN = re.compile(r"√\s*(?:\(([^()]*)\)|(\w+))")
_TAKES_ARGUMENTS = re.compile(r"\\(frac|sqrt|binom)(?![a-zA-Z\[])")
_SHORT_ARGUMENT = re.compile(r"\\[a-zA-Z]+|[\da-zA-Z]")


@lru_cache(maxsize=4096)
def tidy(text: str) -> str:
    r"""``text`` without delimiters, spacing commands, sizes and wrappers, one name per command.

    ``\text{...}`` stays, since it tells a unit or a word from a variable.

    >>> tidy(r"\sqrt3"), tidy("√2"), tidy(r"\\frac{1}{2}"), tidy(r"3 \leqslant x"), tidy("1{,}234")
    ('\\sqrt{3}', '\\sqrt{2}', '\\frac{1}{2}', '3 \\le x', '1,234')
    """
    text = _ROOT_SIGN.sub(lambda m: rf"\sqrt{{{m[1] or m[2]}}}", text).translate(_SIGNS)
    text = _DOUBLED.sub(r"\\", text)
    text = (
        re.sub(r"\\!\s*", "", text).replace("{,}", ",").replace(r"\%", "%").replace("!=", r"\ne ")
    )
    text = _SPACE.sub(" ", _SIZE.sub("", text))
    text = _COMMAND.sub(_one_name, _DELIMITER.sub(" ", text))
    text = re.sub(r"\^\s*\{\s*\\circ\s*\}", r"^\\circ ", text)
    text = _brace_arguments(_unwrap(text))
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"(?:[.,;:]|(?<!\\)\\)+\s*$", "", text).strip()
    while text.startswith("{") and group_end(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def squeeze(text: str) -> str:
    r"""The tidy text without any spaces: equal keys mean the same thing on paper.

    >>> squeeze(r"\frac{ 1 }{2} x") == squeeze(r"\tfrac12x")
    True
    """
    text = re.sub(r"\\text\{\s*(\w)\s*\}", r"\1", tidy(text))  # \mathrm{x} is x
    text = re.sub(r"([_^])\{(\w)\}", r"\1\2", text)
    return re.sub(r"(\\[a-zA-Z]+) +(?=[a-zA-Z])", r"\1\\ ", text).replace(" ", "")


def _one_name(match: re.Match[str]) -> str:
    name = _SYNONYMS.get(match[1])
    if name is None:
        return match[0]
    return name if name in "<>" or name[0] == "^" else "\\" + name


def _unwrap(text: str) -> str:
    while (match := _WRAPPER.search(text)) is not None:
        end = group_end(text, match.end())
        if end is None:
            return text
        text = text[: match.start()] + text[match.end() + 1 : end] + text[end + 1 :]
    return text


def _brace_arguments(text: str) -> str:
    r"""``\frac12``, ``\frac1{2}`` and ``\sqrt3`` with their braces written."""
    out, at = "", 0
    while (match := _TAKES_ARGUMENTS.search(text, at)) is not None:
        out += text[at : match.start()] + "\\" + match[1]
        at = match.end()
        for _ in range(1 if match[1] == "sqrt" else 2):
            at += len(text[at:]) - len(text[at:].lstrip())
            if text.startswith("{", at) and (end := group_end(text, at)) is not None:
                out += f"{{{_brace_arguments(text[at + 1 : end])}}}"
                at = end + 1
            elif (short := _SHORT_ARGUMENT.match(text, at)) is not None:
                out += f"{{{short[0]}}}"
                at = short.end()
    return out + text[at:]
