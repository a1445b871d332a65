"""What counts as a collapse, on noisy curves with a known onset; and what does not."""

import numpy as np
import pytest

from rl.collapse import find_collapses

STEPS = 80


def healthy(seed, **other):
    """As on nano: reward up, entropy down to a tenth, longer thoughts, groups without signal."""
    draw = np.random.default_rng(seed)
    x = np.arange(1, STEPS + 1)
    rise = 1 / (1 + np.exp(-(x - 20) / 5))
    curves = {
        "reward": 0.07 + 0.88 * rise,
        "accuracy": 0.07 + 0.88 * rise,
        "entropy": 0.7 * (1 - 0.93 * rise),
        "completions/mean_length": 20 + 110 * rise,
        "completions/clipped_ratio": 0.03 + 0 * x,
        "kl": 0.2 * rise,
        "signalless": 0.3 + 0.5 * rise,
        "repetition": 0.05 + 0.1 * rise,
        "loss": 0.01 + 0 * x,
        **other,
    }
    noise = {k: draw.normal(0, 0.06 * np.abs(v).max(), STEPS) for k, v in curves.items()}
    return [
        {"step": int(n), **{k: float(max(0, curves[k][n - 1] + noise[k][n - 1])) for k in curves}}
        for n in x
    ]


def falls(at, before, after):
    return np.where(np.arange(1, STEPS + 1) < at, before, after)


@pytest.mark.parametrize("seed", range(100))
def test_a_healthy_training_is_left_alone_at_every_step(seed):
    rows = healthy(seed)
    assert not [f for end in range(1, STEPS + 1) for f in find_collapses(rows[:end])]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("reward", {"reward": falls(50, 0.8, 0.05)}),
        ("entropy", {"entropy": falls(50, 0.7, 0.01), "reward": falls(50, 0.3, 0.22)}),
        ("length", {"completions/clipped_ratio": falls(50, 0.05, 0.9)}),
        (
            "shortness",
            {"completions/mean_length": falls(50, 120, 8), "reward": falls(50, 0.6, 0.35)},
        ),
        ("kl", {"kl": falls(50, 0.2, 9.0)}),
        ("repetition", {"repetition": falls(50, 0.05, 0.8)}),
        ("signal", {"signalless": falls(50, 0.3, 1.3), "accuracy": falls(50, 0.3, 0.0)}),
    ],
)
def test_each_kind_is_named_with_its_step(kind, other, seed):
    found = {f.kind: f for f in find_collapses(healthy(seed, **other))}
    assert kind in found
    assert abs(found[kind].step - 50) <= 2
    assert found[kind].cause


def test_numbers_that_are_none_are_said_at_once():
    (found,) = find_collapses([{"step": 1, "loss": 0.1}, {"step": 2, "loss": None}])
    assert (found.kind, found.step) == ("numbers", 2)


def test_having_learnt_everything_is_no_collapse():
    full = falls(40, 0.5, 1.3)
    assert not find_collapses(healthy(1, signalless=full, accuracy=falls(40, 0.5, 0.99)))
