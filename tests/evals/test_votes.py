"""cons@k, against a vote over every subset, and against an enumeration of what k draws can hold."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial, multivariate_hypergeom

from evals.metrics import task_metrics
from evals.outcomes import ProblemOutcome
from evals.votes import Ballots, ballots, cons_at_k, vote_variance
from tasks.grading.verdict import Verdict as V


def result(votes, credits):
    """A majority vote: the winner's credit, shared in a tie, 0 where nobody votes."""
    counts = Counter(vote for vote in votes if vote is not None)
    tied = [answer for answer in counts if counts[answer] == max(counts.values())]
    return sum(credits[answer] for answer in tied) / len(tied) if tied else 0.0


def over_every_subset(cast, k):
    pool = [answer for answer, (votes, _) in enumerate(cast.groups) for _ in range(votes)]
    pool += [None] * cast.silent
    credits = [credit for _, credit in cast.groups]
    return float(np.mean([result(held, credits) for held in itertools.combinations(pool, k)]))


@st.composite
def small_ballots(draw, most=10):
    groups = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0.0, 1.0])), max_size=6))
    kept = [g for i, g in enumerate(groups) if sum(v for v, _ in groups[: i + 1]) <= most - 1]
    return Ballots(tuple(sorted(kept)), draw(st.integers(0 if kept else 1, 2)))


@given(small_ballots())
def test_cons_at_k_is_the_mean_of_the_vote_over_every_subset(cast):
    for k in range(1, cast.drawn_from + 1):
        assert cons_at_k(cast, k) == pytest.approx(over_every_subset(cast, k), abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 7, 16, 31, 39, 40])
def test_cons_at_k_agrees_with_the_multivariate_hypergeometric(k):
    sizes, credits, silent = (14, 12, 5, 1), (0.0, 1.0, 0.0, 0.0), 8
    drawn = itertools.product(*(range(min(size, k) + 1) for size in sizes))
    expected = 0.0
    for counts in drawn:
        if 0 <= k - sum(counts) <= silent:
            most = max(counts)
            tied = [c for n, c in zip(counts, credits, strict=True) if n == most and most]
            chance = multivariate_hypergeom.pmf([*counts, k - sum(counts)], [*sizes, silent], k)
            expected += chance * (sum(tied) / len(tied) if tied else 0.0)
    cast = Ballots(tuple(sorted(zip(sizes, credits, strict=True))), silent)
    assert cons_at_k(cast, k) == pytest.approx(expected, abs=1e-10)


def test_ten_thousand_different_answers_tie_all_ways():
    cast = Ballots(((1, 0.0),) * 9_999 + ((1, 1.0),), silent=0)
    assert cons_at_k(cast, 5_000) == pytest.approx(1e-4, rel=1e-9)


def test_a_large_vote_agrees_with_simulation():
    sizes, right = np.array([900, 850, 820, 300, 40, 40, 1, 1]), 1
    silent = 10_000 - sizes.sum()
    cast = Ballots(
        tuple(sorted((int(n), float(i == right)) for i, n in enumerate(sizes))), int(silent)
    )
    rng = np.random.default_rng(5)
    drawn = rng.multivariate_hypergeometric([*sizes, silent], 500, size=40_000)[:, :-1]
    level = drawn == drawn.max(axis=1, keepdims=True)
    simulated = (level[:, right] / level.sum(axis=1)).mean()
    assert cons_at_k(cast, 500) == pytest.approx(simulated, abs=4 * 0.5 / 200)


@given(small_ballots())
def test_cons_at_1_is_the_share_of_right_votes(cast):
    right = sum(votes * credit for votes, credit in cast.groups)
    assert cons_at_k(cast, 1) == pytest.approx(right / cast.drawn_from)


def test_unfinished_samples_abstain():
    """Three unfinished samples do not outvote one answer."""
    problem = ProblemOutcome("p", (V.CORRECT, *[V.TRUNCATED] * 3), (0, None, None, None))
    assert cons_at_k(ballots(problem), 4) == 1.0
    assert cons_at_k(ballots(problem), 2) == pytest.approx(1 / 2)


def test_a_vote_nobody_casts_scores_zero():
    problem = ProblemOutcome("p", (V.TRUNCATED, V.NO_ANSWER), (None, None))
    assert task_metrics([problem])["cons@2"].value == 0.0
    assert task_metrics([problem])["cons@1"].value == 0.0


def test_a_tie_is_split_among_the_tied_answers():
    problem = ProblemOutcome("p", (V.CORRECT, V.WRONG, V.WRONG), (0, 1, 2))
    assert cons_at_k(ballots(problem), 3) == pytest.approx(1 / 3)


def test_undecided_and_missing_samples_leave_the_pool():
    problem = ProblemOutcome("p", (V.CORRECT, V.UNSURE, V.UNSURE, None), (0, 1, 1, None))
    assert ballots(problem) == Ballots(groups=((1, 1.0),), silent=0)


def test_votes_follow_answers_not_their_order():
    one = ProblemOutcome("p", (V.CORRECT, V.WRONG, V.WRONG), (5, 9, 9))
    two = ProblemOutcome("p", (V.WRONG, V.CORRECT, V.WRONG), (0, 3, 0))
    assert ballots(one) == ballots(two)


@pytest.mark.parametrize("k", [0, 4])
def test_a_vote_of_more_samples_than_there_are_is_refused(k):
    with pytest.raises(ValueError, match="of 3 samples"):
        cons_at_k(Ballots(((2, 1.0),), silent=1), k)


@given(small_ballots())
def test_the_variance_is_what_leaving_out_each_sample_gives(cast):
    n = cast.drawn_from
    for k in range(1, n):
        whole = cons_at_k(cast, k)
        without = [cons_at_k(Ballots(cast.groups, cast.silent - 1), k)] * cast.silent
        for i, (votes, credit) in enumerate(cast.groups):
            fewer = [(votes - 1, credit)] if votes > 1 else []
            rest = (*cast.groups[:i], *fewer, *cast.groups[i + 1 :])
            without += [cons_at_k(Ballots(tuple(sorted(rest)), cast.silent), k)] * votes
        jackknife = (n - 1) / n * sum((value - whole) ** 2 for value in without)
        assert vote_variance(cast, k) == pytest.approx(jackknife, abs=1e-10)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_variance_is_not_too_small_on_average(k):
    """Enumerates every outcome of 8 samples: right, one of two wrong answers, or silent."""
    n, chances = 8, (0.4, 0.25, 0.15, 0.2)
    values, variances, weights = [], [], []
    for counts in itertools.product(range(n + 1), repeat=4):
        if sum(counts) == n:
            *votes, silent = counts
            groups = zip(votes, (1.0, 0.0, 0.0), strict=True)
            cast = Ballots(tuple(sorted(group for group in groups if group[0])), silent)
            values.append(cons_at_k(cast, k))
            variances.append(vote_variance(cast, k))
            weights.append(multinomial.pmf(counts, n, chances))
    weights, values = np.array(weights), np.array(values)
    true_variance = weights @ values**2 - (weights @ values) ** 2
    assert true_variance * (1 - 1e-9) <= weights @ variances <= 2 * true_variance
