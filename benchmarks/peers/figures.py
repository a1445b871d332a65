"""From what graders said to counts and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from benchmarks.peers.talk import Judged

SLOW_SECONDS = 2.0


@dataclass(frozen=True)
class Score:
    """How one grader's verdicts agree with the labels. Any verdict but "correct" says not equal.

    ``undecided`` counts what the grader itself left open (``unsure``), failed on, or hung on.
    """

    rows: int
    false_positives: int
    false_negatives: int
    undecided: int

    @property
    def right(self) -> int:
        return self.rows - self.false_positives - self.false_negatives


def score(verdicts: Sequence[str], labels: Sequence[str]) -> Score:
    """``labels`` are "equal" or "correct", or else mean that the answer is not the gold answer.

    >>> score(["correct", "correct", "wrong", "unsure"], ["equal", "not_equal", "equal", "equal"])
    Score(rows=4, false_positives=1, false_negatives=2, undecided=1)
    """
    said = [verdict == "correct" for verdict in verdicts]
    true = [label in ("equal", "correct") for label in labels]
    return Score(
        rows=len(labels),
        false_positives=sum(s and not t for s, t in zip(said, true, strict=True)),
        false_negatives=sum(t and not s for s, t in zip(said, true, strict=True)),
        undecided=sum(verdict in ("unsure", "failed", "killed") for verdict in verdicts),
    )


def told_apart(verdicts: Sequence[str], labels: Sequence[str]) -> int:
    """How many completions get their very label; "truncated" also means "no_answer".

    >>> told_apart(["truncated", "wrong", "no_answer"], ["no_answer", "no_answer", "no_answer"])
    2
    """
    found = ("no_answer" if verdict == "truncated" else verdict for verdict in verdicts)
    return sum(a == b for a, b in zip(found, labels, strict=True))


@dataclass(frozen=True)
class Speed:
    """Seconds over some rows: in all by the clock and by the processors, and of one row."""

    rows: int
    total: float
    cpu: float
    median: float
    p99: float


def speed(judged: Sequence[Judged]) -> Speed:
    """Of at least one row."""
    seconds = [one.seconds for one in judged]
    return Speed(
        rows=len(judged),
        total=sum(seconds),
        cpu=sum(one.cpu for one in judged),
        median=median(seconds),
        p99=percentile(seconds, 99),
    )


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that ``share`` per cent of the values do not exceed.

    >>> percentile(range(1, 201), 99), percentile([5.0], 99)
    (198, 5.0)
    """
    ordered = sorted(values)
    return ordered[ceil(share / 100 * len(ordered)) - 1]


def slow(*graders: Sequence[Judged]) -> list[int]:
    """The rows on which any of these graders takes more than ``SLOW_SECONDS`` by the clock."""
    return [
        index
        for index, row in enumerate(zip(*graders, strict=True))
        if any(one.seconds > SLOW_SECONDS for one in row)
    ]


def without(judged: Sequence[Judged], indexes: Iterable[int]) -> list[Judged]:
    """The rows at other places."""
    out = set(indexes)
    return [one for index, one in enumerate(judged) if index not in out]
