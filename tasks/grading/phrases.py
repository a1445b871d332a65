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
    r"(?:(?:should |must |would )?(?:is|be|est|es|ist|lautet|é|è)\b|[:：=—-]|是|为|は)?"
    r"\s*[:：]?[\s*|]*",
    re.IGNORECASE,
)
"""The answer is: what follows is it."""

HEADING = re.compile(
    r"[\s#*_|]*(?:my |the )?(?:final )?(?:answer|result)[\s*_:：|]*|[\s#*]*答案[\s*:：]*",
    re.IGNORECASE,
)
"""A whole line "## Final answer"."""

LATER_ANSWER = _any(r"\b(?:final|the|my) answer(?: is|:)")
CONDITION = _any(r"\b(?:if|would|when|were)\b")

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
COURTESY = _any(
    r"hope|\bI (?:think|believe)|let me know|feel free|thank|please|confident|correct|answer|sure",
    r"question|we are done|makes sense|✓|✅|verified|checks out",
)
CHECK = _any(
    r"[\s#*_>-]*(?:(?:sanity )?check(?:ing)?\b|verif|to (?:check|verify|confirm)\b|explanation\b)",
    r"[\s#*_>-]*(?:reason(?:ing)?\s*:|notes?\b\s*(?:that|:|$)|remark|this (?:matches|agrees)\b)",
    r"[\s#*_>-]*(?:we can (?:check|verify|confirm)|indeed\b|vérif|probe\b|检验|验证)",
)
SUPPOSED = _any(
    r"\W*(?:if|suppose|assume|let|try|wait|but wait|maybe|perhaps|hmm|consider|given)\b",
    r"\W*(?:find|compute|determine|calculate|evaluate|what|how)\b",
    r"\W*(?:calculat|comput)ing\b[^,$]{0,60}:",
)
REFUSAL = _any(
    r"\b(?:i|we)(?:['’]m| am| are)? (?:sorry|unable|not able|have no|would rather not)\b",
    r"\b(?:i|we) (?:cannot|can['’]t|can not|could not|couldn['’]t|apologi[sz]e,? but)\b",
    r"\b(?:i|we) do(?:n['’]t| not) (?:have|know)\b",
    r"\b(?:sorry|unfortunately|please provide|(?:if|could) you (?:send|provide|give|describe))\b",
    r"\b(?:not enough information|as an ai|no final answer)\b",
    r"désolé|ne peux pas|lo siento|no puedo|tut mir leid|kann ich nicht",
    r"抱歉|无法|извините|не могу",
)
FILLER = re.compile(
    r"^(?:for sure|definitely|indeed|clearly|simply|just|about|around|approximately|that)\s+"
)
FINISHED = re.compile(r"(?:[.!?。।！*%\"'”$)|✓✅]|\\[\])]|\\end\{\w+\*?\})\s*$")
DANGLING = re.compile(r"(?:[,:;，：；、=+([{]|\\frac\{?|\b(?:is|are|to|the|of|and|or|by|with))\s*$")
ENDS_IN_VALUE = re.compile(r"(?:\b(?:is|are|be|equals?|est|ist|es)\b|[=:：≈]|为|是)[^.]*$")
BOLD_VALUE = re.compile(r"\b(?:is|are|be)\b[^.*]*\*\*[^*]*\d[^*]*\*\*\.?$")
