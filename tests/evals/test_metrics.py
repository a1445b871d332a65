"""pass@k, against enumeration, the Codex paper's estimator and the hypergeometric distribution."""

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from evals.metrics import pass_at_k, pass_estimate, reported_ks, task_metrics
from evals.outcomes import ProblemOutcome, outcome_counts
from tasks.grading.verdict import Verdict as V


def outcome(name, *verdicts):
    """Correct samples vote 0, wrong ones each for an answer of its own, the others not at all."""
    answers = itertools.count(1)
    votes = [0 if v is V.CORRECT else next(answers) if v is V.WRONG else None for v in verdicts]
    return ProblemOutcome(name, verdicts, tuple(votes))


@st.composite
def tallies(draw, most=60):
    n = draw(st.integers(1, most))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


def test_pass_at_k_is_the_share_of_subsets_with_a_correct_sample():
    for n in range(1, 9):
        for c, k in itertools.product(range(n + 1), range(1, n + 1)):
            subsets = list(itertools.combinations([True] * c + [False] * (n - c), k))
            share = sum(map(any, subsets)) / len(subsets)
            assert pass_at_k(n, c, k) == pytest.approx(share, abs=1e-14)


@given(tallies())
def test_pass_at_k_agrees_with_the_codex_estimator_and_the_hypergeometric(tally):
    n, c, k = tally
    codex = 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))
    assert pass_at_k(n, c, k) == pytest.approx(codex, abs=1e-12)
    assert pass_at_k(n, c, k) == pytest.approx(1 - hypergeom.pmf(0, n, c, k), abs=1e-9)


@pytest.mark.parametrize(
    ("c", "k"), [(1, 1), (1, 5000), (3, 9997), (5000, 2), (37, 64), (9999, 1), (250, 8192)]
)
def test_pass_at_k_is_exact_at_ten_thousand_samples(c, k):
    n = 10_000
    exact = 1 - comb(n - c, k) / comb(n, k)  # integers of thousands of digits
    assert pass_at_k(n, c, k) == pytest.approx(exact, rel=1e-12)


@given(tallies())
def test_pass_at_k_grows_with_k_and_with_c_and_stays_a_fraction(tally):
    n, c, k = tally
    assert 0.0 <= pass_at_k(n, c, k) <= 1.0
    if k < n:
        assert pass_at_k(n, c, k) <= pass_at_k(n, c, k + 1)
    if c < n:
        assert pass_at_k(n, c, k) <= pass_at_k(n, c + 1, k)


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, -1, 1), (4, 1, 0), (4, 1, 5), (0, 0, 1)])
def test_pass_at_k_refuses_impossible_counts(n, c, k):
    with pytest.raises(ValueError, match="samples"):
        pass_at_k(n, c, k)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.9])
def test_the_variance_of_pass_at_k_is_estimated_without_bias(k, p):
    """Enumerates every number of correct samples among 8."""
    n = 8
    chances = binom.pmf(range(n + 1), n, p)
    estimates = [pass_estimate(n, c, k) for c in range(n + 1)]
    values = np.array([e.value for e in estimates])
    assert chances @ values == pytest.approx(1 - (1 - p) ** k)
    true_variance = chances @ values**2 - (chances @ values) ** 2
    assert chances @ [e.variance for e in estimates] == pytest.approx(true_variance)


def test_reported_ks_are_the_powers_of_two_and_n():
    assert reported_ks(64) == (1, 2, 4, 8, 16, 32, 64)
    assert reported_ks(10) == (1, 2, 4, 8, 10)


def test_cut_off_and_unanswered_samples_count_as_not_correct():
    figures = task_metrics([outcome("p", V.CORRECT, V.NO_ANSWER, V.TRUNCATED, V.WRONG)])
    assert figures["pass@1"].value == 0.25


def test_unsure_and_missing_samples_leave_the_denominator():
    """lighteval #771: with 8 samples of 64 there, pass@1 is 0.4375, not 0.0547."""
    samples = [V.CORRECT] * 3 + [V.WRONG] * 5 + [None] * 55 + [V.UNSURE]
    figures = task_metrics([outcome("p", *samples)])
    assert figures["pass@1"].value == 3 / 8
    assert list(figures)[:7] == [f"pass@{k}" for k in (1, 2, 4, 8, 16, 32, 64)]
    assert figures["pass@8"].problems == 1
    assert figures["pass@16"] == figures["cons@16"]
    assert figures["pass@16"].value is None
    assert figures["pass@16"].excluded == 1


def test_a_problem_with_fewer_than_k_usable_samples_leaves_pass_at_k_and_is_counted():
    whole = outcome("whole", V.CORRECT, V.WRONG)
    torn = outcome("torn", V.CORRECT, V.UNSURE)
    figures = task_metrics([whole, torn])
    assert (figures["pass@1"].value, figures["pass@1"].problems) == (0.75, 2)
    for name in ("pass@2", "cons@2"):
        assert (figures[name].problems, figures[name].excluded) == (1, 1)
    assert figures["pass@2"].value == 1.0


def test_outcome_counts_add_up_to_the_samples_asked_for():
    counts = outcome_counts([outcome("a", V.CORRECT, None), outcome("b", V.TRUNCATED, V.UNSURE)])
    assert counts == {
        "correct": 1, "wrong": 0, "no_answer": 0, "truncated": 1, "unsure": 1, "missing": 1
    }  # fmt: skip


@given(
    st.lists(st.lists(st.sampled_from([*V, None]), min_size=4, max_size=4), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_order_of_samples_and_problems_does_not_matter(problems, random):
    before = task_metrics([outcome(str(i), *verdicts) for i, verdicts in enumerate(problems)])
    for verdicts in problems:
        random.shuffle(verdicts)
    random.shuffle(problems)
    after = task_metrics([outcome(str(i), *verdicts) for i, verdicts in enumerate(problems)])
    for name, figure in before.items():
        assert after[name].value == pytest.approx(figure.value)
        assert after[name].problems == figure.problems
        if figure.ci95 is not None:
            assert after[name].ci95 == pytest.approx(figure.ci95)


def test_every_figure_lies_inside_its_intervals():
    rng = np.random.default_rng(0)
    problems = [
        outcome(str(i), *(V.CORRECT if hit else V.WRONG for hit in rng.random(16) < p))
        for i, p in enumerate(rng.beta(0.4, 0.4, 30))
    ]
    for figure in task_metrics(problems).values():
        assert figure.ci95[0] <= figure.value <= figure.ci95[1]
        if figure.ci95_seeds is not None:
            assert figure.ci95_seeds[0] <= figure.value <= figure.ci95_seeds[1]


def test_intervals_that_cannot_be_estimated_are_none():
    figures = task_metrics([outcome("only", V.CORRECT, V.WRONG)])
    assert all(figure.ci95 is None for figure in figures.values())
    assert figures["pass@1"].ci95_seeds is not None
    assert figures["pass@2"].ci95_seeds is None
    assert figures["cons@2"].ci95_seeds is None


def test_no_problems_no_figures():
    assert task_metrics([]) == {}


def test_verdicts_and_votes_must_match():
    with pytest.raises(ValueError, match="2 verdicts, 1 votes"):
        ProblemOutcome("p", (V.CORRECT, V.WRONG), (0,))
