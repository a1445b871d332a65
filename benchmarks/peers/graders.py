r"""How each grader is called: as its own documentation, or the harness it belongs to, calls it.

A grader is a pair of functions from a row to (verdict, reason, the answer it read). Rows hold
``gold`` and ``answer`` (a pair) or ``completion``. Peers say yes or no: "correct" or "wrong".
Imports happen inside, since no two of these live in one environment.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

Row = dict[str, Any]
Said = tuple[str, str, str | None]


class Grader(NamedTuple):
    pair: Callable[[Row], Said]
    completion: Callable[[Row], Said]


def r1eval() -> Grader:
    from tasks.grading import grade_answer, grade_completion

    def pair(row: Row) -> Said:
        grade = grade_answer(gold=row["gold"], answer=row["answer"], question=row["question"])
        return grade.verdict.value, grade.reason, grade.extracted

    def completion(row: Row) -> Said:
        grade = grade_completion(
            gold=row["gold"], completion=row["completion"], question=row["question"]
        )
        return grade.verdict.value, grade.reason, grade.extracted

    return Grader(pair, completion)


def math_verify() -> Grader:
    """As its README does, with its own timeouts; a gold and an answer alone are put into boxes."""
    from math_verify import parse, verify

    def same(gold: str, text: str) -> Said:
        return yes_or_no(verify(parse(boxed(gold)), parse(text)))

    return Grader(
        lambda row: same(row["gold"], boxed(row["answer"])),
        lambda row: same(row["gold"], row["completion"]),
    )


def hendrycks() -> Grader:
    r"""lm-eval's ``hendrycks_math``: the text between the first and the last ``$``, as a string."""
    from lm_eval.tasks.hendrycks_math.utils import is_equiv, process_results

    def completion(row: Row) -> Said:
        scores = process_results({"solution": boxed(row["gold"])}, [row["completion"]])
        return yes_or_no(scores["exact_match"])

    return Grader(lambda row: yes_or_no(is_equiv(row["answer"], row["gold"])), completion)


def aime() -> Grader:
    """lm-eval's ``aime``: the last box, as a string."""
    from lm_eval.tasks.aime.utils import is_equiv, process_results

    def completion(row: Row) -> Said:
        scores = process_results({"answer": row["gold"]}, [row["completion"]])
        return yes_or_no(scores["exact_match"])

    return Grader(lambda row: yes_or_no(is_equiv(row["answer"], row["gold"])), completion)


def verl() -> Grader:
    """verl's ``prime_math`` reward: the graders of PRM800K and PRIME, one after the other.

    PRIME's never gets to sympy in verl 0.9.1: its ``with timeout_limit(…)`` enters a decorator,
    which raises, and that is caught.
    """
    skip_package_start("verl", "verl.utils")
    skip_package_start("verl.utils.metric", Metric=object)  # or torch is needed
    from verl.utils.reward_score.prime_math import compute_score

    return Grader(
        lambda row: yes_or_no(compute_score(boxed(row["answer"]), row["gold"])[0]),
        lambda row: yes_or_no(compute_score(row["completion"], row["gold"])[0]),
    )


def lighteval() -> Grader:
    """lighteval's extractive match: LaTeX or plain expressions, the last box first."""
    skip_package_start("lighteval.metrics")
    skip_package_start("lighteval.utils.utils", as_list=None)  # or pytablewriter is needed
    from lighteval.metrics.utils.extractive_match_utils import (
        ExprExtractionConfig,
        LatexExtractionConfig,
        extract_target_from_pred,
        get_extraction_regexes,
    )
    from lighteval.metrics.utils.math_comparison import compare_gold_target
    from lighteval.utils.language import Language

    targets = (ExprExtractionConfig(), LatexExtractionConfig(boxed_match_priority=0))
    patterns = get_extraction_regexes(None, targets, Language.ENGLISH)

    def same(gold: str, text: str) -> Said:
        golds, answers = (
            extract_target_from_pred(part, patterns, "first_match", timeout_seconds=5)
            for part in (boxed(gold), text)
        )
        return yes_or_no(compare_gold_target(golds or [gold], answers, 6, timeout_seconds=5))

    return Grader(
        lambda row: same(row["gold"], boxed(row["answer"])),
        lambda row: same(row["gold"], row["completion"]),
    )


def mathruler() -> Grader:
    """mathruler: PRM800K's grader on the last box."""
    from mathruler.grader import extract_boxed_content, grade_answer

    def completion(row: Row) -> Said:
        return yes_or_no(grade_answer(extract_boxed_content(row["completion"]), row["gold"]))

    return Grader(lambda row: yes_or_no(grade_answer(row["answer"], row["gold"])), completion)


GRADERS: dict[str, Callable[[], Grader]] = {
    "r1eval": r1eval,
    "math-verify": math_verify,
    "lm-eval hendrycks_math": hendrycks,
    "lm-eval aime": aime,
    "verl prime_math": verl,
    "lighteval": lighteval,
    "mathruler": mathruler,
}
IN_PEERS_VENV = ("verl prime_math", "lighteval", "mathruler")


def boxed(text: str) -> str:
    return rf"\boxed{{{text}}}"


def yes_or_no(same: object) -> Said:
    return ("correct" if same else "wrong"), "", None


def skip_package_start(*packages: str, **names: object) -> None:
    """Let modules of these packages be imported without running their ``__init__``.

    A package's start may load what its grader never uses. ``names`` are what others import from it.
    """
    for package in packages:
        parent, _, name = package.rpartition(".")
        roots = import_module(parent).__path__ if parent else sys.path
        module = ModuleType(package)
        module.__path__ = [str(Path(root, name)) for root in roots if Path(root, name).is_dir()]
        vars(module).update(names)
        sys.modules[package] = module
