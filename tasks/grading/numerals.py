r"""Numbers in running text, in digits and in words.

>>> last_number("12 + 13 = 25 apples"), last_number("It is twenty-five.")
('25 apples', 'twenty-five')
>>> last_number("They are 2, 3 and 5."), last_number("None.")
('2, 3, 5', None)
"""

from __future__ import annotations

import re

_STOP = (
    r"(?!(?:and|or|as|at|is|are|be|of|in|for|to|by|so|but|which|that|when|if|with|from|on|than|not"
    r"|while|then|because|since|was|were|has|have|where|who|we|it|they|this|each|per|into)\b)"
)
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.^{/])[-−+]?[$€£]?(?<![\d.])(?:\d{1,3}(?:,\d{3})+|\d+(?::\d+)*)(?:\.\d+)?"
    r"(?:\s\d+/\d+|/\d+|\s?[¼½¾⅓⅔])?(?:\s*[×x]\s*10\s*\^?\s*[-−⁻]?[\d⁰¹²³⁴-⁹]+)?"
    rf"(?:\s*(?:%|percent\b|°\s*[CF]?|{_STOP}[a-z]{{2,}}(?![A-Za-z])(?:[²³]|\^[23])?)|)"
)
_UNITS = "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TEENS = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
_WORD = rf"(?:{_UNITS}|{_TEENS}|{_TENS})"
SPELLED = re.compile(rf"\b(?:minus |negative )?{_WORD}(?:(?:[- ]| and ){_WORD})*\b", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:,|，|、|;|(?:,\s*)?(?:and|et|und|y|和)\b)\s*")


def last_number(text: str) -> str | None:
    """The last number in digits, or in words; several that are listed are one answer."""
    found = list(NUMBER.finditer(text)) or [
        m for m in SPELLED.finditer(text) if m[0].lower() != "one"
    ]
    if not found:
        return None
    values = [found[-1][0].strip()]
    for before, after in zip(reversed(found[:-1]), reversed(found[1:]), strict=True):
        if not BETWEEN.fullmatch(text, before.end(), after.start()):
            break
        values.insert(0, before[0].strip())
    return ", ".join(values)
