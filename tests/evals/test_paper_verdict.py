"""Runs and papers drawn from models of known accuracy get the right verdict at the stated rates."""

import numpy as np
import pytest

from evals.paper.verdict import compare_with_paper, paper_variance

DRAWS, PROBLEMS, SAMPLES = 400, 30, 64


def verdicts(gap: float, spread: float, seed: int, problems: int = PROBLEMS):
    """The paper measured chances around 0.55; the run a model that is ``gap`` better on each."""
    rng = np.random.default_rng(seed)
    for _ in range(DRAWS):
        chances = np.clip(rng.normal(0.55, spread, problems), 0.02, 0.9)
        printed = rng.binomial(SAMPLES, chances).mean() / SAMPLES
        measured = rng.binomial(SAMPLES, chances + gap) / SAMPLES
        variance = (measured * (1 - measured) / (SAMPLES - 1)).sum() / problems**2
        noise = paper_variance(printed, problems, SAMPLES)
        yield compare_with_paper(measured.mean(), variance, SAMPLES, printed, noise)


@pytest.mark.parametrize("spread", [0.0, 0.2, 0.5])
def test_the_same_model_differs_in_at_most_five_percent(spread):
    assert np.mean([c.differs for c in verdicts(0.0, spread, 1)]) <= 0.05 + 3 * 0.011


def test_a_model_three_points_off_agrees_in_at_most_five_percent():
    assert np.mean([c.agrees for c in verdicts(0.03, 0.0, 2)]) <= 0.05 + 3 * 0.011


def test_a_model_ten_points_off_differs():
    assert np.mean([c.differs for c in verdicts(0.1, 0.2, 3)]) > 0.95


def test_five_hundred_problems_show_that_the_same_model_agrees():
    assert np.mean([c.agrees for c in verdicts(0.0, 0.2, 4, problems=500)]) > 0.95


def test_the_samples_asked_for_settle_it():
    noise = paper_variance(0.5, 500, 64)
    before = compare_with_paper(0.5, 0.02**2, 8, 0.5, noise)
    assert before.verdict == "inconclusive"
    total = 8 + before.more_samples
    assert compare_with_paper(0.5, 0.02**2 * 8 / total, total, 0.5, noise).agrees
    assert not compare_with_paper(0.5, 0.02**2 * 8 / (total - 1), total - 1, 0.5, noise).agrees


def test_no_number_of_samples_outdoes_the_papers_own_noise():
    assert compare_with_paper(0.52, 0.02**2, 8, 0.5, 0.02**2).more_samples is None
