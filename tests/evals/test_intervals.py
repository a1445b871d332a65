"""Both intervals: known cases, exact coverage by enumeration, coverage by simulation."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, binomtest

from benchmarks.coverage import REGIMES, simulate, simulate_pairs
from evals.intervals import ci95, ci95_difference, ci95_seeds, share_interval
from evals.metrics import figure, pass_estimate

fractions = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize("trials", [1, 2, 30, 240])
def test_where_nothing_or_everything_succeeds_the_interval_is_clopper_and_pearsons(trials):
    for successes in (0, trials):
        exact = binomtest(successes, trials).proportion_ci(method="exact")
        assert share_interval(successes / trials, trials) == pytest.approx(exact)


def test_between_them_it_is_jeffreys():
    assert share_interval(0.4, 30) == pytest.approx(beta.ppf([0.025, 0.975], 12.5, 18.5))


@given(fractions, st.floats(1, 1e6))
def test_an_interval_holds_its_share_and_is_never_empty(x, trials):
    low, high = share_interval(x, trials)
    assert 0 <= low <= x + 1e-9
    assert x - 1e-9 <= high <= 1
    assert low < high


@pytest.mark.parametrize("trials", [5, 30, 240])
def test_coverage_of_a_share_averages_95_per_cent_over_all_chances(trials):
    """Exact: every number of successes, along a grid of true chances."""
    ends = [share_interval(c / trials, trials) for c in range(trials + 1)]
    chances = (np.arange(400) + 0.5) / 400
    held = [
        sum(binom.pmf(c, trials, p) for c, (low, high) in enumerate(ends) if low <= p <= high)
        for p in chances
    ]
    assert 0.945 <= np.mean(held) <= 0.975
    assert min(held) >= 0.88


@pytest.mark.parametrize("k", [1, 4])
def test_coverage_of_new_samples_by_enumeration(k):
    """Exact: every pair of counts of two problems × 8 samples, over a grid of true chances."""
    n = 8
    tables = {
        (a, b): figure([pass_estimate(n, a, k), pass_estimate(n, b, k)]).ci95_seeds
        for a, b in itertools.product(range(n + 1), repeat=2)
    }
    held = []
    for p, q in itertools.product(np.linspace(0.02, 0.98, 17), repeat=2):
        truth = 1 - ((1 - p) ** k + (1 - q) ** k) / 2
        held.append(
            sum(
                binom.pmf(a, n, p) * binom.pmf(b, n, q)
                for (a, b), (low, high) in tables.items()
                if low <= truth <= high
            )
        )
    assert np.mean(held) >= 0.94
    assert min(held) >= 0.80


def test_one_problem_says_nothing_about_others():
    assert ci95([0.5]) is None
    assert ci95_difference([0.5]) is None


def test_ci95_does_not_depend_on_how_the_samples_fell_within_problems():
    """Only each problem's figure enters, so more samples with the same figures change nothing."""
    few = figure([pass_estimate(4, c, 1) for c in (0, 1, 2, 4)])
    many = figure([pass_estimate(400, 100 * c, 1) for c in (0, 1, 2, 4)])
    assert few.ci95 == pytest.approx(many.ci95)
    assert few.ci95_seeds[1] - few.ci95_seeds[0] > 5 * (many.ci95_seeds[1] - many.ci95_seeds[0])


@pytest.mark.parametrize("solved", [0.0, 1.0])
def test_an_all_or_nothing_task_has_no_empty_interval(solved):
    low, high = ci95([solved] * 30)
    assert high - low == pytest.approx(1 - 0.025 ** (1 / 30))
    low, high = ci95_seeds([solved] * 30, [0.0] * 30, trials=240)
    assert high - low == pytest.approx(1 - 0.025 ** (1 / 240))


def test_problems_always_and_never_solved_leave_room_for_a_new_sample_to_differ():
    low, high = ci95_seeds([1.0] * 10 + [0.0] * 20, [0.0] * 30, trials=240)
    assert low < 1 / 3 < high
    assert high - low > 1 / 240


def test_a_problem_without_a_variance_widens_the_interval():
    known = ci95_seeds([0.5] * 10, [0.01] * 10, trials=100)
    unknown = ci95_seeds([0.5] * 10, [0.01] * 9 + [None], trials=100)
    assert unknown[0] < known[0]
    assert known[1] < unknown[1]
    assert ci95_seeds([0.5] * 10, [None] * 10, trials=10) is None


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30))
def test_the_interval_of_a_difference_holds_it_and_turns_with_it(differences):
    low, high = ci95_difference(differences)
    assert -1 <= low < high <= 1
    assert low - 1e-9 <= np.mean(differences) <= high + 1e-9
    turned = ci95_difference([-difference for difference in differences])
    assert turned == pytest.approx((-high, -low), abs=1e-9)


@given(st.lists(fractions, min_size=2, max_size=30))
def test_ci95_turns_with_the_figures(values):
    low, high = ci95(values)
    assert ci95([1 - value for value in values]) == pytest.approx((1 - high, 1 - low), abs=1e-6)


@pytest.mark.parametrize("regime", ["AIME-like", "hard", "easy"])
@pytest.mark.parametrize(("samples", "metric"), [(8, "pass@1"), (8, "pass@4"), (64, "pass@8")])
def test_simulated_coverage_is_honest(regime, samples, metric):
    """400 repeats: a true 95 % shows as 95 ± 2.2. The whole table: docs/results/coverage.md."""
    row = simulate(REGIMES[regime], 30, samples, metric, repeats=400, seed=7)
    assert row.ci95.held >= 0.915 * row.ci95.intervals
    assert row.ci95_seeds.held >= 0.915 * row.ci95_seeds.intervals


def test_simulated_coverage_of_votes_is_honest():
    row = simulate(REGIMES["middling"], 30, 8, "cons@4", repeats=300, seed=7)
    assert row.ci95.held >= 0.91 * row.ci95.intervals
    assert row.ci95_seeds.held >= 0.91 * row.ci95_seeds.intervals


def test_simulated_coverage_of_a_difference_is_honest():
    _, coverage = simulate_pairs(REGIMES["AIME-like"], 30, 8, "pass@1", repeats=400, seed=7)
    assert coverage.held / coverage.intervals >= 0.915
