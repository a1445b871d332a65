"""The phrases by which a sentence shows whether it concludes, supposes, checks, refuses or is
only polite."""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


MARKER = re.compile(
    r"(?:\b(?:answer|final result|réponse|respuesta|antwort|ответ|resposta|risposta)\b"
    r"|答案|答え|答[:：]|उत्तर|الجواب)"
    r"(?:\s+(?:to|for)\b[^.:\n]{0,80}?)?\s*[*|]*\s*"
    r"(?:(?:should |must |would )?(?:is|be|est|es|ist|lautet|é|è)\b|[:：=—-]|是|为|は|هو|है)?"
    r"\s*[:：]?[\s*|]*",
    re.IGNORECASE,
)
"""The answer is: what follows is it."""
BOUNDED = re.compile(
    r"\b(?:(?:is|are|be) (?:not|never|at least|at most"
    r"|(?:more|less|greater|fewer|larger|smaller) than)"
    r"|(?:cannot|can't|can not) be) [$\\(]{0,2}-?\d[\w.]*[)$]{0,2}\W*$"
    r"|\bneither [$\\(*]{0,4}-?\d[\w.]*[)$\\*]{0,4} nor [$\\(*]{0,4}-?\d[\w.]*\W*$"
)
"""It is at least 7, not 7, neither 7 nor 8: that names no value."""
_LESS = r"[a-zA-Z] ?(?:[<>≤≥]=?) ?-?\d[\d.,/]*?"
INEQUALITY = re.compile(rf"(?:^|\s)((?:{_LESS},? or )*{_LESS})[.\s]*$")
"""So x > 7, or x < 2 or x > 7: the inequality is the answer."""
LINKED = re.compile(
    r"(?:is|be|est?|ist|lautet|é|è|[:：=—-]|是|为|は|هو|है)[\s*|:：]*$|\n[\s*]*$", re.IGNORECASE
)

AS_MY = re.compile(r"\b(?:is|as|be) (?:the|my|our) (?:final |correct )?$", re.IGNORECASE)
HEADING = re.compile(
    r"[\s#*_|]*(?:my |the )?(?:final )?(?:answer|result)[\s*_:：|]*|[\s#*]*答案[\s*:：]*",
    re.IGNORECASE,
)
"""A whole line "## Final answer"."""

LATER_ANSWER = _any(
    r"\b(?:the|my|our) (?:\w+ )?answer (?:is|must be|should be|equals)\b",
    r"^\W*(?:the )?(?:\w+ )?answer\W{0,4}:",
)
NOT_ASSERTED = _any(r"\b(?:if|would|when|were|about|approximately|roughly|decimals?)\b|≈")

CUE = _any(
    r"\b(?:therefore|thus|hence|so|finally|final|conclusion|overall|consequently|also|donc|son)\b",
    r"\b(?:is|are|was|be|est|es|ist|sind|equals|has|have|at|takes?|needs?)\b",
    r"\b(?:obtained?|gets?|find|found)\b",
    r"[=:：]|因此|所以|故|为|是|有|लिए|इसलिए|لذا|هو|значит|итак",
)
CONCLUDES = _any(
    r"\W*(?:therefore|thus|hence|so|then|finally|in conclusion|consequently|altogether|in total)\b",
    r"\W*(?:i think the|donc|also|por lo tanto)\b|\W*(?:因此|所以|故)",
)
SETTLES = _any(
    CONCLUDES.pattern,
    r"\W*(?:but|however|since|as|because|only|given that)\b",
    r"\W*(?:we )?(?:can )?(?:reject|discard|exclud|eliminat|rul(?:e|ing) out)\w*\b",
)
"""Of two alternatives one is left: since n is odd, it is 43."""
COURTESY = _any(
    r"hope|\bI (?:think|believe)|let me know|feel free|thank|please|confident|correct|answer|sure",
    r"question|\bdone\b|that['’]s it|that is it|makes sense|✓|✅|verified|checks out",
)
CHECK = _any(
    r"[\s#*_>-]*(?:(?:sanity )?check(?:ing)?\b|verif|to (?:check|verify|confirm)\b|explanation\b)",
    r"[\s#*_>-]*(?:reason(?:ing)?\s*:|notes?\b\s*(?:that|:|$)|remark|because\b)",
    r"[\s#*_>-]*here(?: is|['’]s) (?:why|how|the reason)\b",
    r"[\s#*_>-]*this (?:matches|agrees|satisfies|works|checks|is because|is since|makes)\b",
    r"[\s#*_>-]*(?:we can (?:check|verify|confirm)|indeed\b|vérif|probe\b|检验|验证)",
)
SUPPOSED = _any(
    r"\W*(?:if|suppose|assume|let|try|wait|but wait|maybe|perhaps|hmm|consider|given)\b",
    r"\W*(?:\w+,? )?we (?:are given|are asked|have to|need to|want to|must)\b",
    r"\W*(?:\w+,? )?to (?:find|get|solve)\b",
    r"\W*(?:\w+,? )?to [^,]{1,80}, we (?:need|must|have to)\b",
    r"\W*(?:find|compute|determine|calculate|evaluate|what|how)\b",
    r"\W*(?:calculat|comput)ing\b[^,$]{0,60}:",
)
_TO_ANSWER = (
    r"(?:answer|solve|determine|compute|calculate|help|assist|find|see|provide|give|tell|access"
    r"|complete|finish|view|state|say|do|decide)"
)
REFUSAL = _any(
    rf"\b(?:i|we) (?:cannot|can['’]t|can not|could not|couldn['’]t) (?:\w+ )?{_TO_ANSWER}\b",
    r"\b(?:i|we)(?:['’]m| am| are)? (?:unable|not able|have no|apologi[sz]e,? but)\b",
    r"\b(?:i|we) do(?:n['’]t| not) (?:have (?:access|enough|the|any)|know)\b|\bsorry\b(?! for)",
    r"\bplease provide\b|\b(?:if|could) you (?:send|provide|give|describe)\b",
    r"\b(?:not enough information|as an ai|no final answer|rather not)\b",
    r"désolé|ne peux pas|lo siento|no puedo|tut mir leid|kann ich nicht",
    r"抱歉|无法|извините|не могу",
)
QED = re.compile(r"(?:\$?\\(?:blacksquare|square|qed)\$?|\bQ\.?E\.?D\.?|[∎■□])\s*$")
FILLER = re.compile(
    r"^(?:for sure|definitely|indeed|clearly|simply|just|about|around|approximately|that)\s+"
)
COPULA = re.compile(r"\b(?:is|are|equals?|be|ist|est|es)\s+")
STATES = re.compile(
    r"\b(?:is|are|equals|makes|costs|takes|needs|gives|est|ist|es)\b|[=:：]|为|是", re.IGNORECASE
)
FINISHED = re.compile(r"(?:[.!?。।！*%\"'”$|✓✅]|\\[\])]|\\end\{\w+\*?\})\s*$")
DANGLING = re.compile(
    r"(?:[:：][*_]+|[,:;，：；、=+([{]|\\frac\{?|\b(?:is|are|to|the|of|and|or|by|with))\s*$"
)
STOPPED = re.compile(r"[.!?。।！][*_)\"'”]*\s*(?:\$\$?|\\[\])])?[✓✅\s]*$")
ENDS_IN_VALUE = re.compile(
    r"(?:\b(?:is|are|be|equals?|est|ist|es)\b|[=:：≈]|为|是|['’]s|^\W{0,4}\w+)\W{0,4}[\d$\\](?:[^.]|\.\d)*$"
)
BOLD_VALUE = re.compile(r"\b(?:is|are|be)\b[^.*]*\*\*[^*]*\d[^*]*\*\*\.?$")
