"""The curves as files, from logs of any kind of training."""

import pytest

from rl.plots import draw_pass_at_k, draw_training
from tasks.errors import UserError

LOG = [
    {"step": n, "reward": n / 10, "accuracy": n / 20, "kl": None, "truncated": 0.1, "signalless": 0}
    for n in range(1, 9)
]


def drawn(tmp_path, *asked):
    draw_training(*asked[:1], tmp_path / "t.svg", *asked[1:])
    return (tmp_path / "t.svg").read_text()


def test_seeds_of_unlike_length_and_several_runs_are_drawn(tmp_path):
    draw_training({"a": [LOG, LOG[:4]], "b": [LOG, []]}, tmp_path / "t.png", {"base": 0.1})
    assert (tmp_path / "t.png").stat().st_size > 5000


def test_held_out_figures_carry_their_intervals(tmp_path):
    text = drawn(tmp_path, {"a": [LOG]}, {"base": {"value": 0.1, "ci95": [0.05, 0.2]}})
    assert "held out: base 10% [5%, 20%]" in text


def test_what_held_out_problems_gave_between_is_drawn(tmp_path):
    between = [
        {"step": 0, "pass@1": {"value": 0.1, "ci95": [0.05, 0.2]}},
        {"step": 4, "pass@1": {"value": 0.3, "ci95": None}},
        {"step": 8, "pass@1": {"value": None, "ci95": None}},
    ]
    assert "held out, between" in drawn(tmp_path, {"a": [LOG]}, {"base": 0.1}, between)
    assert "held out, between" not in drawn(tmp_path, {"a": [LOG]}, {"base": 0.1}, [])


def test_the_parts_of_the_reward_are_named(tmp_path):
    rows = [{**row, "rewards/right/mean": 0.1, "rewards/format/mean": 0.5} for row in LOG]
    text = drawn(tmp_path, {"a": [rows]})
    assert "<!-- right -->" in text
    assert "<!-- format -->" in text


def test_pass_at_k_is_drawn_where_it_has_a_value(tmp_path):
    metrics = {f"pass@{k}": {"value": 0.1 * k, "ci95": [0.05 * k, 0.12 * k]} for k in (1, 2, 4)}
    metrics |= {"cons@4": None, "pass@8": {"value": None, "ci95": None}}
    metrics["pass@16"] = {"value": 0.9, "ci95": None}
    draw_pass_at_k({"base": metrics}, tmp_path / "k.png")
    assert (tmp_path / "k.png").stat().st_size > 5000


def test_what_cannot_be_drawn_is_said(tmp_path):
    with pytest.raises(UserError, match=r"\.png or an \.svg"):
        draw_training({"a": [LOG]}, tmp_path / "t.pdf")
    with pytest.raises(UserError, match="nothing to draw"):
        draw_training({"a": [[]]}, tmp_path / "t.png")
    with pytest.raises(UserError, match="nothing to draw"):
        draw_pass_at_k({"base": {}}, tmp_path / "k.png")
