"""The arithmetic of `python -m benchmarks.judge`."""

from __future__ import annotations

import json

import pytest

from benchmarks.judge import (
    Judged,
    Labelled,
    balanced,
    by_rules,
    ci95_kappa,
    kappa,
    read_pairs,
    table,
)
from tasks.grading.judge import Case


def judged(*counts: tuple[bool, bool | None, int]) -> list[Judged]:
    return [Judged(equal, said) for equal, said, times in counts for _ in range(times)]


def test_kappa_of_a_worked_table() -> None:
    """20 + 15 of 50 agree, 0.7; by chance 0.5 would: (0.7 - 0.5) / (1 - 0.5)."""
    some = judged((True, True, 20), (True, False, 5), (False, True, 10), (False, False, 15))
    assert kappa(some) == pytest.approx(0.4)
    low, high = ci95_kappa(some)
    assert 0.05 < low < 0.4 < high < 0.7


def test_pairs_that_were_not_decided_leave_kappa_but_not_the_agreement() -> None:
    decided = judged((True, True, 3), (False, False, 2))
    assert kappa([*decided, *judged((True, None, 5))]) == 1.0
    pairs = [Labelled(Case("a", "b"), one) for one in (True, True, False, False)]
    ballots = [[True] * 3, [None] * 3, [False, None, False], [True, False, None]]
    lines = {line.split(" | ")[0]: line for line in table(pairs, ballots)}
    assert "50.0 %" in lines["| agrees with the label (unsure: does not)"]
    assert "| 0.0 %" in lines["| false positives: said same"]
    assert "2 pairs" in lines["| false positives: said same"]
    assert "50.0 %" in lines["| unsure"]
    assert "1.00" in lines["| Cohen's kappa, of those decided"]
    assert "41.7 %" in lines["| votes that could not be read"]  # 5 of 12
    assert "8 votes" in lines["| votes for same, gold first"]
    assert "4 votes" in lines["| votes for same, answer first"]


def test_one_pair_and_one_vote_are_called_so() -> None:
    pairs = [Labelled(Case("a", "b"), True), Labelled(Case("a", "c"), False)]
    lines = table(pairs, [[True], [None]])
    assert "| 1 pair |" in next(line for line in lines if "negatives" in line)
    assert "| 1 pair |" in next(line for line in lines if "kappa" in line)
    assert "| 2 votes |" in next(line for line in lines if "gold first" in line)
    assert "| 0 votes |" in next(line for line in lines if "answer first" in line)


def test_nothing_decided_is_no_kappa() -> None:
    assert kappa(judged((True, None, 4))) is None
    assert ci95_kappa(judged((True, None, 4))) is None


def test_the_subset_is_balanced_fixed_and_leaves_out_what_needs_no_judge(tmp_path) -> None:
    rows = [
        {"gold": f"{i}", "answer": f"{i}.0", "question": None, "label": "equal"} for i in range(9)
    ]
    rows += [
        {"gold": f"{i}", "answer": f"{i + 1}", "question": None, "label": "not_equal"}
        for i in range(20)
    ]
    rows += [
        {"gold": "1", "answer": " 1", "question": None, "label": "equal"},
        {"gold": "1", "answer": "one-ish", "question": None, "label": "debatable"},
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pairs = read_pairs(file)
    assert len(pairs) == 29
    some = balanced(pairs, 10)
    assert some == balanced(pairs, 10)
    assert [pair.equal for pair in some] == [True] * 5 + [False] * 5
    assert len(balanced(pairs, 100)) == 18
    assert by_rules(some) == 10
