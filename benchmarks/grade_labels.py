"""Grading beside its peers: accuracy on labelled (gold, answer) pairs and on whole completions.

    R1EVAL_DATA_DIR=…/data python benchmarks/grade_labels.py [--out docs/results/grading.md]

The labels lie in ``labels/`` beside that folder. Peers: math-verify as its README uses it (gold and
answer in a box; the whole text of a completion), and string equality of the (last boxed) answer.
Pairs labelled debatable are not scored. On completions, every verdict but "correct" counts as not
correct for a peer; ours must also tell "no_answer" (or "truncated") from "wrong".
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from math_verify import parse, verify

from tasks.grading import grade_answer, grade_completion
from tasks.grading.boxes import last_boxed
from tasks.grading.words import only_letter

Row = dict[str, Any]


class Line(NamedTuple):
    """What one grader made of one file. ``right`` is a share; the others are counts and seconds."""

    grader: str
    right: float
    false_positives: int
    false_negatives: int
    unsure: int
    seconds: float


def our_pair(row: Row) -> str:
    grade = grade_answer(gold=row["gold"], answer=row["answer"], question=row["question"])
    return grade.verdict.value


def our_completion(row: Row) -> str:
    choice = only_letter(row["gold"]) is not None
    return grade_completion(
        gold=row["gold"],
        completion=row["completion"],
        question=row["question"],
        answer_type="choice" if choice else "math",
    ).verdict.value


def math_verify_pair(row: Row) -> str:
    gold, answer = (parse(rf"\boxed{{{row[key]}}}") for key in ("gold", "answer"))
    return "correct" if verify(gold, answer) else "wrong"


def math_verify_completion(row: Row) -> str:
    same = verify(parse(rf"\boxed{{{row['gold']}}}"), parse(row["completion"]))
    return "correct" if same else "wrong"


def string_pair(row: Row) -> str:
    return "correct" if row["gold"].split() == row["answer"].split() else "wrong"


def string_completion(row: Row) -> str:
    return "correct" if last_boxed(row["completion"]) == row["gold"].strip() else "wrong"


def measure(grader: str, grade: Callable[[Row], str], rows: list[Row], label: str) -> Line:
    """``label`` is the label that means correct: "equal" of a pair, "correct" of a completion."""
    start = time.perf_counter()
    verdicts = [grade(row) for row in rows]
    seconds = time.perf_counter() - start
    said = [verdict == "correct" for verdict in verdicts]
    true = [row["label"] == label for row in rows]
    right = sum(a == b for a, b in zip(said, true, strict=True))
    return Line(
        grader,
        right / len(rows),
        sum(a and not b for a, b in zip(said, true, strict=True)),
        sum(b and not a for a, b in zip(said, true, strict=True)),
        verdicts.count("unsure"),
        seconds,
    )


def told_apart(rows: list[Row]) -> float:
    """The share of completions whose very label is found, no_answer and wrong told apart."""
    found = [our_completion(row).replace("truncated", "no_answer") for row in rows]
    labels: list[str] = [row["label"] for row in rows]
    return sum(a == b for a, b in zip(found, labels, strict=True)) / len(rows)


def table(title: str, lines: list[Line]) -> str:
    head = "| grader | right | false positives | false negatives | unsure | seconds |"
    body = "\n".join(
        f"| {x.grader} | {x.right:.2%} | {x.false_positives} | {x.false_negatives} | {x.unsure} "
        f"| {x.seconds:.1f} |"
        for x in lines
    )
    return f"## {title}\n\n{head}\n|---|---|---|---|---|---|\n{body}\n"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--out", type=Path, help="also write the tables to this file")
    out = arguments.parse_args().out
    labels = Path(os.environ.get("R1EVAL_DATA_DIR", "")).parent / "labels"
    if not (labels / "pairs.dev.jsonl").exists():
        raise SystemExit("set R1EVAL_DATA_DIR to the data folder with labels/ beside it")
    pairs, completions = (
        [json.loads(line) for line in (labels / name).read_text(encoding="utf-8").splitlines()]
        for name in ("pairs.dev.jsonl", "completions.dev.jsonl")
    )
    pairs = [row for row in pairs if row["label"] != "debatable"]
    ours, theirs, string = "r1eval", "math-verify", "string equality"
    text = "\n".join(
        [
            "# Grading on labelled cases\n",
            "Written by `python benchmarks/grade_labels.py`, one grader after the other, on two",
            "cores that were not idle: compare the seconds with each other only.\n",
            table(
                f"{len(pairs)} pairs",
                [
                    measure(ours, our_pair, pairs, "equal"),
                    measure(theirs, math_verify_pair, pairs, "equal"),
                    measure(string, string_pair, pairs, "equal"),
                ],
            ),
            table(
                f"{len(completions)} completions",
                [
                    measure(ours, our_completion, completions, "correct"),
                    measure(theirs, math_verify_completion, completions, "correct"),
                    measure(string, string_completion, completions, "correct"),
                ],
            ),
            f"The very label, `no_answer` told from `wrong`: {told_apart(completions):.2%}.\n",
        ]
    )
    print(text)
    if out is not None:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
