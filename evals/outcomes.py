"""What the metrics read: for each problem, the verdict and the vote of every sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.grading.verdict import Verdict

USABLE = frozenset({Verdict.CORRECT, Verdict.WRONG, Verdict.NO_ANSWER, Verdict.TRUNCATED})
MISSING = "missing"


@dataclass(frozen=True)
class ProblemOutcome:
    """One problem's samples, in the order of their index.

    ``verdicts[i]`` is ``None`` when sample i was asked for and does not exist. ``votes[i]`` numbers
    the answer of sample i: samples whose answers are equivalent carry the same number; ``None``
    abstains (unfinished, or no answer). ``content`` stands for the problem's text and gold answer:
    problems of one id are the same only if it is equal. Raises ValueError when verdicts and votes
    differ in length.

    >>> V = Verdict
    >>> verdicts = (V.CORRECT, V.WRONG, V.TRUNCATED, V.UNSURE, None)
    >>> p = ProblemOutcome("p1", verdicts, votes=(0, 1, None, 1, None))
    >>> p.usable, p.correct
    (3, 1)
    """

    problem_id: str
    verdicts: tuple[Verdict | None, ...]
    votes: tuple[int | None, ...]
    content: str = ""

    def __post_init__(self) -> None:
        if len(self.verdicts) != len(self.votes):
            raise ValueError(
                f"problem {self.problem_id}: {len(self.verdicts)} verdicts, {len(self.votes)} votes"
            )

    @property
    def usable(self) -> int:
        """The denominator: how many samples are neither ``unsure`` nor missing."""
        return sum(verdict in USABLE for verdict in self.verdicts)

    @property
    def correct(self) -> int:
        return self.verdicts.count(Verdict.CORRECT)


def outcome_counts(outcomes: Iterable[ProblemOutcome]) -> dict[str, int]:
    """How many samples got each verdict, and how many are missing.

    >>> p = ProblemOutcome("p1", (Verdict.CORRECT, Verdict.WRONG, None), (0, 1, None))
    >>> outcome_counts([p, p])
    {'correct': 2, 'wrong': 2, 'no_answer': 0, 'truncated': 0, 'unsure': 0, 'missing': 2}
    """
    counts = Counter(verdict for outcome in outcomes for verdict in outcome.verdicts)
    return {verdict.value: counts[verdict] for verdict in Verdict} | {MISSING: counts[None]}
