r"""The value that a sentence ends with.

>>> value_in("So there are $3$ red and **5 blue** balls."), value_in("It costs $7.50 or $8 in all.")
('5 blue', '$8')
>>> value_in("The roots are $x = 2$ and $x = 3$, since their sum is 5.")
'$x = 2$, $x = 3$'
>>> value_in("So we need twenty-five tiles (5 rows)."), value_in("It equals n(n+1)/2, as we saw.")
('twenty-five', 'n(n+1)/2')
>>> value_in("It is clear.") is None
True
"""

from __future__ import annotations

import re

from tasks.grading.chains import final_side
from tasks.grading.sentences import formulas

_ASIDE = re.compile(
    r"(?<=[\w$%°*½)])\s+\((?=[^()]*[A-Za-z]{2})[^()]*(?:\([^()]*\)[^()]*)?\)"
    r"|(?<=\d)\s+\([\d\s.]+[-+*·×/=−][-\d\s.+*·×/=−]+\)"
)
_DENIED = re.compile(
    r",?\s+(?:rather than|instead of|but not|and not|nicht)\s[^,;]*|[,;]\s+not\s[^,;]*"
    r"|，而不是[^，]*"
)
_CLAUSE = re.compile(
    r",?\s+(?:because|since|whereas|weil|parce que|porque|puisque|wenn|damit)\b"
    r"|,\s+(?:as|of which|while|where|da|car|denn|ya que|after)\b|，因为"
    r"|,?\s+(?:attained|achieved|reached|occurring)\b|\s+for (?:all|any|every)\s"
    r"|,\s+(?:including|excluding|counting)\b"
    r"|,\s+which\s+(?:is|are)\s+(?!equal|exact|about|approx|just|simply|also|the same)[a-z]"
    r"|,\s+which\s+(?!is\b|are\b|was\b|equal|give|simplif|mean|make|yield|leave|amount|come|evaluat)"
)
_WHEN = re.compile(r",?\s+(?:when|as|if|at|where|for|with)\s+(?:\$|\\\()?\\?[a-zA-Z]+\b")
_STOP = (
    r"(?!(?:and|or|as|at|is|are|be|of|in|for|to|by|so|but|which|that|when|if|with|from|on|than|not"
    r"|while|then|because|since|was|were|has|have|where|who|we|it|they|this|each|per|into)\b)"
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.^{/])[-−+]?[$€£]?(?<![\d.])(?:\d{1,3}(?:,\d{3})+|\d+(?::\d+)*)(?:\.\d+)?"
    r"(?:\s\d+/\d+|/\d+|\s?[¼½¾⅓⅔])?(?:\s*[×x]\s*10\s*\^?\s*[-−⁻]?[\d⁰¹²³⁴-⁹]+)?"
    rf"(?:\s*(?:%|percent\b|°\s*[CF]?|{_STOP}[a-z]{{2,}}(?![A-Za-z])(?:[²³]|\^[23])?)|)"
)
_UNITS = "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TEENS = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
_WORD = rf"(?:{_UNITS}|{_TEENS}|{_TENS})"
_SPELLED = re.compile(rf"\b(?:minus |negative )?{_WORD}(?:(?:[- ]| and ){_WORD})*\b", re.IGNORECASE)
_BOLD = re.compile(r"\*\*(?P<bold>[^*\n]+?)\*\*")
_VALUE_LIKE = re.compile(r"\d|\\|\$|^\(?[A-Z]\)?$")
_COPULA = re.compile(r"\b(?:is|are|equals?|be|ist|est|es)\s+")
_STATED = re.compile(r"\b(?:is|are|equals|be)\s+(?=[-−+]?\d)")
_BETWEEN = re.compile(r"\s*(?:,|，|、|;|(?:,\s*)?(?:and|et|und|y|和)\b)\s*")
_ASSIGNED = re.compile(r"\b[a-zA-Z]\w?\s*=\s*[^\s,;=]+(?:,\s*[a-zA-Z]\w?\s*=\s*[^\s,;=]+)+(?=\s*$)")
_OR = re.compile(r",?\s*(?:or|ou|oder|或)\s*")
_THERE = re.compile(
    r"\bthere\s+(?:are|is|exist)\s+(?:(?:exactly|only|a total of|altogether)\s+)?(?=[\d$\\])",
    re.IGNORECASE,
)
_LATER = re.compile(r"=|\b(?:is|are|equals|gives?|get)\s+[$\d]")
_SINCE = re.compile(
    r"\W*(?:(?:so|thus|hence|and)\W+)?(?:since|as|because|if|when|for|with|at)\b", re.IGNORECASE
)
_UNEQUAL = re.compile(r"[<>≤≥]|\\(?:l|g)(?:e|eq|t)\b|\\neq?\b")
_PERCENT = re.compile(r"\s*(?:\\?%|percent)")


def value_in(sentence: str) -> str | None:
    """The last value of the main clause: bold, a formula, a number; values joined by "and" are
    one. Where the clause has none, that of the whole sentence."""
    sentence = sentence.strip()
    if sentence.count("!") == 1:
        sentence = sentence.removesuffix("!")  # no factorial, but an exclamation
    for clause in dict.fromkeys((_main_clause(sentence), _without_asides(sentence), sentence)):
        value = last_value(clause)
        if value is not None:
            return value
    return None


def is_bare(line: str) -> bool:
    r"""A line without words: ``(7, 6)``, ``x = 5``, ``\frac{1}{2}``.

    >>> is_bare(r"x = \frac{1}{2}"), is_bare("x is 5")
    (True, False)
    """
    without_commands = re.sub(r"\\[a-zA-Z]+", "", line)
    return not re.search(r"[^\W\d_]{2,}|[\u0400-\u1fff\u3040-\u9fff]", without_commands) and bool(
        re.search(r"\w", line)
    )


def _without_asides(sentence: str) -> str:
    """The sentence without brackets that hold words, those of formulas left as they are."""
    spans = formulas(sentence)
    inside = [m for m in _ASIDE.finditer(sentence) if not any(a <= m.start() < b for a, b in spans)]
    for match in reversed(inside):
        sentence = sentence[: match.start()] + sentence[match.end() :]
    return sentence


def _main_clause(sentence: str) -> str:
    sentence = _DENIED.sub("", _without_asides(sentence))
    for mark in _WHEN.finditer(sentence):
        before = sentence[: mark.start()]
        copulas = list(_COPULA.finditer(before))
        if copulas and is_bare(before[copulas[-1].end() :]):
            return before
    for mark in _CLAUSE.finditer(sentence):
        if re.search(r"\d|[$\\]", sentence[: mark.start()]) or _SPELLED.search(
            sentence, 0, mark.start()
        ):
            return sentence[: mark.start()]
    return sentence


def last_value(clause: str) -> str | None:
    """The last value, wherever in a sentence it is; of "there are 5 below 20" the 5."""
    bold = [m["bold"] for m in _BOLD.finditer(clause) if not m["bold"].endswith((":", "："))]
    if bold and _VALUE_LIKE.search(bold[-1]):
        inner = bold[-1]
        return _in_formulas(inner) or (inner if is_bare(inner) else _number(inner)) or inner
    counted = _counted(clause)
    if counted is not None:
        return counted
    if formulas(clause):
        return _in_formulas(clause)
    bare = clause.replace("**", "").strip(" .。*✅✓|").lstrip("=>→⇒ ")
    bare = re.sub(r",? and |,? or (?=[^=]*=)", ", ", bare)
    if is_bare(bare):
        return bare
    named = _ASSIGNED.search(bare)
    if named is not None:
        return named[0]
    copulas = list(_COPULA.finditer(bare))
    if copulas and is_bare(bare[copulas[-1].end() :]):
        return bare[copulas[-1].end() :]
    side = bare.rpartition("=")[2].strip()
    if side and is_bare(side) and re.search(r"\d?[a-zA-Z]", side):
        return side
    return _number(clause)


def _counted(clause: str) -> str | None:
    there = _THERE.search(clause)
    if there is None or _LATER.search(clause, there.end()):
        return None
    rest = clause[there.end() :]
    spans = formulas(rest)
    if spans and spans[0][0] == 0:
        return rest[: spans[0][1]]
    number = _NUMBER.match(rest)
    return number[0].strip() if number is not None else None


def _in_formulas(clause: str) -> str | None:
    """The last formula, or the number that is stated after it, or several that are listed."""
    spans = formulas(clause)
    if not spans:
        return None
    start, end = spans[-1]
    after = clause[end:]
    stated = _STATED.search(after)
    if stated is not None:  # "the largest $n$ is 34"
        return _number(after[stated.end() :])
    percent = _PERCENT.match(after)
    condition = _SINCE.match(clause)
    values = [final_side(clause[start:end]) + (percent[0] if percent else "")]
    for (a, b), (c, _) in zip(reversed(spans[:-1]), reversed(spans[1:]), strict=True):
        joined = _BETWEEN.fullmatch(clause, b, c) or (
            _OR.fullmatch(clause, b, c) and "=" in clause[a:b] and "=" in values[0]
        )
        if condition or not joined or _UNEQUAL.search(clause, a, b):
            break
        values.insert(0, clause[a:b])
    return ", ".join(values)


def _number(text: str) -> str | None:
    """The last number in digits, or in words; several that are listed are one answer."""
    found = list(_NUMBER.finditer(text)) or [
        m for m in _SPELLED.finditer(text) if m[0].lower() != "one"
    ]
    if not found:
        return None
    values = [found[-1][0].strip()]
    for before, after in zip(reversed(found[:-1]), reversed(found[1:]), strict=True):
        if not _BETWEEN.fullmatch(text, before.end(), after.start()):
            break
        values.insert(0, before[0].strip())
    return ", ".join(values)
