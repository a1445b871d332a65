"""Sampling until an interval is narrow does not bend the mean."""

import numpy as np
import pytest

from benchmarks.adaptive import simulate
from evals.adaptive import (
    Halves,
    Round,
    _shares,
    half_width,
    halves_estimate,
    next_round,
    pass_at_1,
)
from evals.metrics import pass_estimate

CHANCES = np.array([0.0, 0.0, 0.03, 0.1, 0.3, 0.5, 0.8, 1.0])


def test_the_mean_is_unbiased_and_its_interval_holds_the_truth():
    draw = np.random.default_rng(0)
    runs = [simulate(CHANCES, 8, 0.05, draw)[0] for _ in range(400)]
    figures = [pass_at_1(list(now.values())) for now in runs]
    assert all(half_width(one) <= 0.05 for one in figures)
    errors = np.array([one.value for one in figures]) - CHANCES.mean()
    assert abs(errors.mean()) < 3 * errors.std() / 20
    held = [one.ci95_seeds[0] <= CHANCES.mean() <= one.ci95_seeds[1] for one in figures]
    assert np.mean(held) >= 0.91


def test_samples_go_where_they_tell_most():
    draw = np.random.default_rng(1)
    counts = np.mean(
        [
            [sum(halves.usable) for halves in simulate(CHANCES, 16, 0.02, draw)[0].values()]
            for _ in range(30)
        ],
        axis=0,
    )
    assert counts[5] > 1.8 * counts[0]
    assert counts[4] > 1.5 * counts[7]


def test_a_half_is_drawn_as_often_as_the_other_half_says():
    pilot = {"a": Halves((8, 8), (8, 4)), "b": Halves((8, 8), (4, 8))}
    before = Round(8.0, {"a": (8, 8), "b": (8, 8)})
    after = next_round(pilot, pilot, before, 0.01, 4096)
    (even_a, odd_a), (even_b, odd_b) = after.asked["a"], after.asked["b"]
    assert even_a > odd_a
    assert odd_b > even_b
    for correct in (0, 2, 8):
        other = {"a": Halves((8, 8), (correct, 4)), "b": pilot["b"]}
        assert _shares(other)["a"][0] == _shares(pilot)["a"][0]
        assert _shares(other)["b"] == _shares(pilot)["b"]


def test_it_ends_when_narrow_or_when_no_more_may_be_asked():
    sure = {"a": Halves((64, 64), (64, 64))}
    assert next_round(sure, sure, Round(64.0, {"a": (64, 64)}), 0.05, 4096) is None
    open_ = {"a": Halves((8, 8), (4, 4))}
    asked = Round(8.0, {"a": (8, 8)})
    assert next_round(open_, open_, asked, 0.001, 16) is None
    assert next_round(open_, open_, asked, 0.001, 18).asked == {"a": (9, 9)}


def test_a_problem_counts_by_the_mean_of_its_halves():
    one = halves_estimate(Halves((2, 8), (1, 8)))
    assert one.value == 0.75
    assert one.variance == pytest.approx(pass_estimate(2, 1, 1).variance / 4)
    assert halves_estimate(Halves((2, 0), (1, 0))) is None
