"""A model as a judge beside the labelled pairs: ``python -m benchmarks.judge MODEL``.

The labels lie in ``labels/`` beside ``R1EVAL_DATA_DIR``. Drawn at random, always the same ones, are
as many pairs labelled equal as not equal, without the debatable and without those that are the same
text but for spaces. The judge is asked about each, also where a rule would decide: that is far
harder than what it is asked in use, and there are too few labelled pairs of that kind to measure.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from evals.intervals import Interval, share_interval
from r1eval.plural import counted
from runs.files import written_whole
from runs.judge import open_asker
from tasks.grading import Verdict, grade_answer
from tasks.grading.judge import Case, Judge, Vote, count
from tasks.grading.tidy import squeeze

SEED = 0
REDRAWN = 2_000  # sets of pairs, drawn again with replacement for the interval of kappa


@dataclass(frozen=True)
class Labelled:
    case: Case
    equal: bool


@dataclass(frozen=True)
class Judged:
    """One pair's label, and what the judge said: ``None`` where it was unsure."""

    equal: bool
    said: Vote


def read_pairs(file: Path) -> list[Labelled]:
    """The scored pairs that are not the same text."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        Labelled(Case(row["gold"], row["answer"], row["question"]), row["label"] == "equal")
        for row in rows
        if row["label"] != "debatable" and squeeze(row["gold"]) != squeeze(row["answer"])
    ]


def balanced(pairs: Sequence[Labelled], limit: int) -> list[Labelled]:
    """Half of ``limit`` of each label, or as many as there are of the rarer one."""
    of_label = [[pair for pair in pairs if pair.equal is label] for label in (True, False)]
    each = min(limit // 2, *map(len, of_label))
    draw = random.Random(SEED)
    return [pair for some in of_label for pair in draw.sample(some, each)]


def kappa(judged: Sequence[Judged]) -> float | None:
    """Cohen's kappa over the pairs that were decided: agreement beyond what chance would give.

    ``None`` where label and judge name one and the same label throughout.

    >>> kappa([Judged(True, True), Judged(False, False)])
    1.0
    >>> kappa([Judged(True, True), Judged(False, True)])  # always the same answer is no agreement
    0.0
    >>> kappa([Judged(True, None)]) is None
    True
    """
    decided = [one for one in judged if one.said is not None]
    if not decided:
        return None
    agreed = sum(one.said == one.equal for one in decided) / len(decided)
    yes, said_yes = (
        sum(values) / len(decided)
        for values in ([o.equal for o in decided], [bool(o.said) for o in decided])
    )
    by_chance = yes * said_yes + (1 - yes) * (1 - said_yes)
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def ci95_kappa(judged: Sequence[Judged]) -> Interval | None:
    """95 % percentile bootstrap over pairs. ``None`` where kappa varies in none of them."""
    draw = np.random.default_rng(SEED)
    kinds = list(Counter(judged).items())
    shares = np.array([number for _, number in kinds]) / len(judged)
    redrawn = [
        kappa([kind for (kind, _), n in zip(kinds, numbers, strict=True) for _ in range(n)])
        for numbers in draw.multinomial(len(judged), shares, size=REDRAWN)
    ]
    values = [value for value in redrawn if value is not None]
    if len(set(values)) < 2:
        return None
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def table(pairs: Sequence[Labelled], ballots: Sequence[list[Vote]]) -> list[str]:
    """The lines of the table that is printed."""
    judged = [
        Judged(pair.equal, _said(count(pair.case.answer, ballot).verdict))
        for pair, ballot in zip(pairs, ballots, strict=True)
    ]
    different = [one for one in judged if not one.equal]
    same = [one for one in judged if one.equal]
    votes = [vote for ballot in ballots for vote in ballot]
    orders = [[vote for ballot in ballots for vote in ballot[start::2]] for start in (0, 1)]
    value, interval = kappa(judged), ci95_kappa(judged)
    figure = "–" if value is None else f"{value:.2f}"
    between = "–" if interval is None else f"{interval[0]:.2f} … {interval[1]:.2f}"
    return [
        "| | value | 95 % | of |",
        "|---|---|---|---|",
        _share("agrees with the label (unsure: does not)", judged, lambda o: o.said is o.equal),
        _share("false positives: said same", different, lambda o: o.said is True),
        _share("false negatives: said different", same, lambda o: o.said is False),
        _share("unsure", judged, lambda o: o.said is None),
        f"| Cohen's kappa, of those decided | {figure} | {between} "
        f"| {counted(sum(o.said is not None for o in judged), 'pair')} |",
        f"| votes that could not be read | {_percent(votes.count(None), len(votes))} | "
        f"| {counted(len(votes), 'vote')} |",
        *(
            f"| votes for same, {order} | {_percent(some.count(True), len(some))} | "
            f"| {counted(len(some), 'vote')} |"
            for order, some in zip(("gold first", "answer first"), orders, strict=True)
        ),
    ]


def cost(tokens: Counter[str], pairs: int, seconds: float) -> str:
    """What it took, in words.

    >>> cost(Counter(prompt=800, reply=200), 2, 10.0)
    'It took 10 s (5.0 s a pair), 800 prompt tokens and 200 reply tokens.'
    """
    return (
        f"It took {seconds:.0f} s ({seconds / pairs:.1f} s a pair), {tokens['prompt']:,} prompt "
        f"tokens and {tokens['reply']:,} reply tokens."
    )


def by_rules(pairs: Sequence[Labelled]) -> int:
    """How many labels `grade_answer` agrees with."""
    return sum(
        _said(
            grade_answer(
                gold=pair.case.gold, answer=pair.case.answer, question=pair.case.question
            ).verdict
        )
        is pair.equal
        for pair in pairs
    )


def _said(verdict: Verdict) -> Vote:
    return None if verdict is Verdict.UNSURE else verdict is Verdict.CORRECT


def _share(name: str, among: Sequence[Judged], counts: Callable[[Judged], bool]) -> str:
    number = sum(map(counts, among))
    low, high = share_interval(number / len(among), len(among))
    between = f"{100 * low:.1f} … {100 * high:.1f} %"
    return (
        f"| {name} | {_percent(number, len(among))} | {between} | {counted(len(among), 'pair')} |"
    )


def _percent(number: int, of: int) -> str:
    return f"{100 * number / of:.1f} %" if of else "–"


@click.command()
@click.argument("model")
@click.option("--limit", type=click.IntRange(2), default=200, show_default=True, help="Pairs.")
@click.option("--votes", type=click.IntRange(1), default=3, show_default=True, help="Odd.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the table to this file.")
def main(model: str, limit: int, votes: int, out: Path | None) -> None:
    """Measure MODEL, any name that `r1eval eval` takes, as a judge on labelled pairs."""
    labels = Path(os.environ.get("R1EVAL_DATA_DIR", "")).parent / "labels" / "pairs.dev.jsonl"
    if not labels.is_file():
        raise SystemExit("set R1EVAL_DATA_DIR to the data folder with labels/ beside it")
    pairs = balanced(read_pairs(labels), limit)
    asker = open_asker(model)
    judge = Judge(asker, votes)
    start = time.perf_counter()
    ballots = judge.ballots([pair.case for pair in pairs])
    seconds = time.perf_counter() - start
    each = counted(votes, "vote")
    text = "\n".join(
        [
            f"# {model} as a judge of labelled pairs\n",
            f"    python -m benchmarks.judge {model} --limit {limit} --votes {votes}\n",
            f"{len(pairs)} pairs, half of them labelled equal, drawn at random from those that are",
            f"not the same text; {each} on each; asked also where a rule decides.",
            "What it means: [judge](../judge.md).\n",
            *table(pairs, ballots),
            "",
            cost(asker.tokens, len(pairs), seconds),
            f"On the same pairs the rules agree with {_percent(by_rules(pairs), len(pairs))}.\n",
        ]
    )
    print(text)
    if out is not None:
        with written_whole(out) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
