"""The demo whole, some seven minutes: what of the paper's shape has appeared in every seed that was
run (docs/results/demo.md). `R1EVAL_DEMO_DIR` names a demo that was made before.
"""

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from r1eval.main import main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    out = Path(os.environ.get("R1EVAL_DEMO_DIR") or tmp_path_factory.mktemp("demo"))
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--out", str(out)])
    assert ended.value.code == 0
    return json.loads((out / "summary.json").read_text())


def test_rl_alone_multiplies_accuracy_and_length(summary):
    base, zero = summary["models"]["base"], summary["models"]["r1-zero"]
    assert zero["pass@1"] > 4 * base["pass@1"]  # the paper: 15.6 to 71.0
    assert zero["mean_tokens"] > 3 * base["mean_tokens"]


def test_votes_are_above_single_samples(summary):
    for name in ("base", "r1-zero", "r1"):
        of = summary["models"][name]
        assert of["cons@16"] > of["pass@1"]


def test_r1_is_at_least_as_accurate_as_r1_zero_and_hardly_mixes(summary):
    models, mixing = summary["models"], summary["language_mixing"]
    assert models["r1"]["pass@1"] >= models["r1-zero"]["pass@1"]
    assert mixing["r1-zero"] > 0.3
    assert mixing["r1"] < 0.2


def test_r1_does_not_think_where_no_thought_is_needed(summary):
    thinks = summary["thinks_when_not_needed"]
    assert thinks["r1-zero"] > 0.5
    assert thinks["r1"] < 0.1


def test_distillation_is_above_rl_on_the_small_student_at_no_more_compute(summary):
    models, compute = summary["models"], summary["compute"]
    assert compute["student-distilled"] <= compute["student-rl"]
    assert models["student-distilled"]["pass@1"] > models["student-rl"]["pass@1"]


@pytest.mark.parametrize("name", ["r1-zero", "r1", "student-distilled", "student-rl"])
def test_accuracy_rises_with_the_budget_of_thought(summary, name):
    accuracies = [accuracy for budget, accuracy in summary["budgets"][name] if budget >= 32]
    assert all(less < more for less, more in pairwise(accuracies))
