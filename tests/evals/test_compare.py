"""Two runs paired by problem: differences, the sign-flip test, what is refused."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from evals.compare import compare
from evals.flips import sign_flip_p
from evals.outcomes import ProblemOutcome
from tasks.errors import UserError
from tasks.grading.verdict import Verdict as V


def problem(name, correct, n=4, missing=0):
    verdicts = (V.CORRECT,) * correct + (V.WRONG,) * (n - correct - missing) + (None,) * missing
    votes = tuple({V.CORRECT: 0, V.WRONG: 1}.get(verdict) for verdict in verdicts)
    return ProblemOutcome(name, verdicts, votes)


def run(*correct, task="t", n=4):
    return {task: [problem(f"p{i}", c, n) for i, c in enumerate(correct)]}


def rows(a, b, **options):
    return {(row.task, row.metric): row for row in compare(a, b, **options)}


def test_a_difference_is_the_second_run_minus_the_first():
    row = rows(run(0, 2, 4), run(1, 2, 3))["t", "pass@1"]
    assert (row.a, row.b) == (pytest.approx(0.5), pytest.approx(0.5))
    row = rows(run(0, 2, 4), run(2, 4, 4))["t", "pass@1"]
    assert row.difference == pytest.approx(1 / 3)
    assert (row.a_better, row.b_better, row.equal) == (0, 2, 1)


def test_pairing_narrows_the_interval_where_problems_differ_more_than_runs():
    """Every problem gains one sample in four; problems range from never to nearly always solved."""
    row = rows(run(*[0, 1, 2, 3] * 8), run(*[1, 2, 3, 4] * 8))["t", "pass@1"]
    assert row.difference == pytest.approx(0.25)
    assert row.ci95[0] > 0.1
    assert row.ci95[1] < 0.4
    assert row.p_value < 1e-4


def test_every_k_that_both_runs_report_is_compared():
    metrics = [metric for _, metric in rows(run(1, 2, n=4), run(1, 2, n=16))]
    assert metrics == ["pass@1", "pass@2", "pass@4", "cons@1", "cons@2", "cons@4"]


def test_problems_are_paired_by_id_not_by_place():
    a, b = run(0, 4), run(0, 4)
    b["t"].reverse()
    row = rows(a, b)["t", "pass@1"]
    assert (row.equal, row.p_value) == (2, 1.0)


def test_a_problem_with_too_few_samples_in_either_run_is_left_out_and_counted():
    a = {"t": [problem("p0", 1, missing=2), problem("p1", 2)]}
    row = rows(a, run(2, 3))["t", "pass@4"]
    assert (row.problems, row.excluded) == (1, 1)
    a = {"t": [problem("p0", 0, missing=4)]}
    row = rows(a, run(2))["t", "pass@1"]
    assert (row.difference, row.p_value, row.excluded) == (None, None, 1)


def test_runs_over_different_problems_are_refused_with_a_way_out():
    with pytest.raises(UserError, match=r"1 of t only in the first run \(p2, …\).*--common"):
        compare(run(1, 2, 3), run(1, 2))
    with pytest.raises(UserError, match="only in the second run"):
        compare(run(1), run(1) | run(1, task="other"))


def test_told_to_it_compares_what_both_runs_hold():
    row = rows(run(1, 2, 3), run(1, 4) | run(1, task="other"), allow_partial=True)
    assert {task for task, _ in row} == {"t"}
    assert row["t", "pass@1"].problems == 2


def test_runs_with_nothing_in_common_are_refused_even_then():
    with pytest.raises(UserError, match="no problem in common"):
        compare(run(1), run(1, task="other"), allow_partial=True)


def test_problems_of_one_id_but_another_content_are_not_the_same():
    a, b = run(1, 2, 3), run(1, 4, 4)
    b["t"][1:] = [replace(outcome, content="another") for outcome in b["t"][1:]]
    with pytest.raises(UserError, match=r"2 of t have the same id but .* \(p1 first\).*--common"):
        compare(a, b)
    row = rows(a, b, allow_partial=True)["t", "pass@1"]
    assert (row.problems, row.equal) == (1, 1)


def test_comparing_the_other_way_round_turns_the_signs():
    a, b = run(0, 1, 2, 4, 1), run(3, 1, 4, 4, 0)
    for key, row in rows(a, b).items():
        turned = rows(b, a)[key]
        assert turned.difference == pytest.approx(-row.difference)
        assert turned.ci95 == pytest.approx((-row.ci95[1], -row.ci95[0]))
        assert turned.p_value == row.p_value
        assert (turned.a_better, turned.b_better) == (row.b_better, row.a_better)


@given(st.lists(st.integers(-6, 6).map(lambda sixths: sixths / 6), min_size=1, max_size=10))
def test_the_p_value_is_the_share_of_sign_flips_as_extreme(differences):
    flips = itertools.product([1, -1], repeat=len(differences))
    sums = np.array([abs(np.dot(signs, differences)) for signs in flips])
    share = np.mean(sums >= abs(sum(differences)) - 1e-9)
    assert sign_flip_p(differences) == pytest.approx(share)


def test_the_p_value_agrees_with_scipys_permutation_test():
    differences = np.random.default_rng(3).normal(0.2, 0.5, 12).clip(-1, 1)
    theirs = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip_p(differences) == pytest.approx(theirs.pvalue)


def test_many_different_differences_are_flipped_at_random_and_near_the_exact_p():
    """60 sizes, all but equal: by symmetry p is close to that of 60 equal ones, which is exact."""
    signs = np.array([1] * 38 + [-1] * 22)
    nearly_equal = signs * (1 + 1e-4 * np.arange(60) / 60)
    exact = sign_flip_p(list(signs.astype(float)))
    assert sign_flip_p(list(nearly_equal)) == pytest.approx(exact, rel=0.25)
    assert sign_flip_p(list(nearly_equal)) == sign_flip_p(list(nearly_equal))


def test_a_random_p_value_is_never_zero():
    assert sign_flip_p(list(1 + np.arange(40) / 100)) == pytest.approx(1e-5, rel=0.01)
