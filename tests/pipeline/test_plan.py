"""What a recipe will take of GPUs, before it runs: beside published costs, and with wrong input."""

import pytest

from pipeline.cost import Assumed
from pipeline.gpus import read_cluster
from pipeline.plan import plan_stages
from pipeline.read import read_any
from r1eval.main import main


def hours(recipe, gpus, *expect, scales=(), change=None):
    stages, expected = read_any(recipe, scales, change or {}, expect)
    made = plan_stages(stages, expected, read_cluster(gpus), Assumed())
    return {one.name: one.hours for one in made}


def call(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code


def test_r1_zero_comes_within_a_third_of_what_was_published():
    """101,000 H800 hours (arXiv 2501.12948v2, table 7); its lengths are not stated."""
    expect = ("completion_tokens=8000", "prompt_tokens=200")
    found = hours("r1-zero", "512xH800", *expect, scales=("v3",))
    assert 101_000 / 1.33 < found["rl"] < 101_000 * 1.33


def test_s1_comes_within_a_half_of_what_was_published():
    """7 H100 hours for 1,000 traces × 5 epochs of a 32 B model (arXiv 2501.19393)."""
    change = {"sft": {"num_train_epochs": 5}}
    found = hours("qwen-32b", "16xH100", "traces=1000", "trace_tokens=5000", change=change)
    assert 7 / 1.5 < found["sft"] < 7 * 1.5


def test_every_stage_of_the_pipeline_is_planned_and_hours_do_not_depend_on_order(capsys):
    assert call("plan", "r1", "--gpus", "512xH800") == 0
    told = capsys.readouterr().out
    for stage in ("cold-start", "reasoning-rl", "samples", "sft", "helpful", "harmless", "r1"):
        assert stage in told
    assert "does not fit" in told  # 80 GB hold no row of 32,768 tokens beside their share


def test_twice_the_traces_take_twice_the_hours():
    one, two = (
        hours("qwen-7b", "8xH100", f"traces={n}", "trace_tokens=5000")["sft"] for n in (1e4, 2e4)
    )
    assert two == pytest.approx(2 * one)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["r1", "--gpus", "8xH10"], "no GPU 'H10' is known: did you mean H100?"),
        (["r1", "--gpus", "0xH100"], "is no number of GPUs"),
        (["r2", "--gpus", "8xH100"], "unknown recipe 'r2'"),
        (["qwen-7b", "--gpus", "8xH100"], "--expect"),
        (["qwen-7b", "--gpus", "8xH100", "--expect", "trace=5"], "trace"),
        (["qwen-7b", "--gpus", "8xH100", "--set", "sft.learning_rat=1"], "learning_rate"),
    ],
)
def test_what_cannot_be_planned_is_one_line(capsys, arguments, told):
    assert call("plan", *arguments) == 2
    err = capsys.readouterr().err
    assert told in err
    assert len(err.splitlines()) == 1
