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


@pytest.mark.parametrize("seed", range(200))
def test_a_healthy_training_is_left_alone_at_every_step(seed):
    rows = healthy(seed)
    if seed % 2:  # as noisy as few completions a step are: 24 of them
        draw = np.random.default_rng(seed)
        for row in rows:
            row["reward"] = row["accuracy"] = draw.binomial(24, min(1, row["reward"])) / 24
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
        (
            "hacking",
            {"accuracy": falls(50, 0.6, 0.2), "rewards/helpful/mean": falls(50, 0.3, 0.9)},
        ),
    ],
)
def test_each_kind_is_named_with_its_step(kind, other, seed):
    found = {f.kind: f for f in find_collapses(healthy(seed, **other))}
    assert kind in found
    assert abs(found[kind].step - 50) <= 2
    assert found[kind].cause


def test_hacking_names_the_reward_that_rose():
    parts = {"rewards/format/mean": falls(9, 0.8, 0.8), "rewards/helpful/mean": falls(50, 0.3, 0.9)}
    (found,) = find_collapses(healthy(0, accuracy=falls(50, 0.6, 0.2), **parts))
    assert found.kind == "hacking"
    assert ", helpful +0." in found.evidence


def test_numbers_that_are_none_are_said_at_once():
    (found,) = find_collapses([{"step": 1, "loss": 0.1}, {"step": 2, "loss": None}])
    assert (found.kind, found.step) == ("numbers", 2)
    (found,) = find_collapses([{"step": n, "grad_norm": float("nan")} for n in (1, 2)])
    assert (found.kind, found.step) == ("numbers", 2)


def test_one_gradient_that_is_none_is_16_bit_training_finding_its_scale():
    assert not find_collapses([{"step": 1, "grad_norm": None}, {"step": 2, "grad_norm": 0.1}])


def test_numbers_that_are_none_hide_no_other_kind():
    rows = [{"step": n, "reward": 0.8 if n < 30 else 0, "loss": None} for n in range(1, 60)]
    assert [found.kind for found in find_collapses(rows)] == ["numbers", "reward"]


def test_having_learnt_everything_is_no_collapse():
    full = falls(40, 0.5, 1.3)
    assert not find_collapses(healthy(1, signalless=full, accuracy=falls(40, 0.5, 0.99)))


def noisy(f, steps=60, seed=0):
    draw = np.random.default_rng(seed)
    return [
        {"step": n, **{k: v + float(draw.normal(0, 0.01)) for k, v in f(n).items()}}
        for n in range(1, steps + 1)
    ]


def test_a_dip_that_passes_is_no_collapse():
    rows = noisy(lambda n: {"reward": 0.2 if 30 <= n < 35 else 0.8})
    assert not [f for end in range(61) for f in find_collapses(rows[:end])]


def test_low_entropy_is_no_collapse_where_the_start_was_good_already():
    def warm(n):
        done = min(1, n / 30)
        return {"reward": 0.85 + 0.1 * done, "entropy": 0.3 * (1 - 0.95 * done) + 0.05}

    assert not find_collapses(noisy(warm))


@pytest.mark.parametrize("seed", range(20))
def test_a_student_whose_steps_are_too_large_is_told_so(seed):
    """Nano's student at lr 5e-4: about 6 % correct, and nothing from step 10 on."""
    draw = np.random.default_rng(seed)
    right = [draw.binomial(256, 0.067) / 256 if n < 10 else 0.0 for n in range(1, 41)]
    rows = [
        {"step": n, "reward": r, "accuracy": r, "signalless": 0.5 if r else 1.0}
        for n, r in enumerate(right, 1)
    ]
    assert ("signal", 10) in [(f.kind, f.step) for f in find_collapses(rows)]


def test_a_slow_decay_after_step_80_is_named_while_it_falls():
    """A constant lr of 1e-3 and beta 0: as good as ever until step 80, lost some steps later."""
    rows = noisy(lambda n: {"reward": 0.9 / (1 + np.exp((n - 85) / 2))}, steps=110)
    (found,) = find_collapses(rows)
    assert found.kind == "reward"
    assert 80 <= found.step <= 90


def test_rewards_may_be_negative():
    (found,) = find_collapses(noisy(lambda n: {"reward": 0 if n < 30 else -1}))
    assert (found.kind, found.step) == ("reward", 30)


def test_problems_that_were_too_easy_from_the_start_are_told_from_learning():
    rows = noisy(lambda n: {"reward": 0.97, "accuracy": 0.97, "signalless": 1.0})
    (found,) = find_collapses(rows)
    assert (found.kind, found.step) == ("signal", 1)
    assert "too easy" in found.cause


def test_the_cap_is_reached_from_a_start_that_was_often_cut_off():
    (found,) = find_collapses(noisy(lambda n: {"truncated": 0.35 if n < 30 else 0.97}))
    assert (found.kind, found.step) == ("length", 30)


def test_a_reward_that_jumps_about_and_rises_has_not_collapsed():
    """SmolLM2 on sums, eight questions a step: it went on to 98 %."""
    reward = [8, 3, 8, 11, 23, 16, 19, 41, 34, 27, 53, 12, 31, 67, 16, 23, 42, 22, 36, 22, 47, 66]
    entropy = [1.6, 1.8, 1.5, 1.5, 0.9, 0.5, 1.1, 0.5, 0.8, 0.8, 0.2, 0.1, 0.1, 0.1, 0.5, 0.2]
    entropy += [0.1] * 6
    rows = [
        {"step": n + 1, "reward": reward[n] / 100, "accuracy": reward[n] / 100, "entropy": e}
        for n, e in enumerate(entropy)
    ]
    for last in range(1, len(rows) + 1):
        assert not find_collapses(rows[:last]), last
