"""What a recipe will take of GPUs, before it runs: beside published costs, and with wrong input."""

import json

import pytest
from transformers import Qwen3MoeConfig

from benchmarks.plan import PAGE, rows, with_table
from pipeline.cost import Assumed
from pipeline.gpus import read_cluster
from pipeline.plan import plan_stages
from pipeline.read import read_any
from pipeline.sizes import size
from r1eval.main import main
from runs.models import find_model
from sampling.loading import count_parameters


def hours(recipe, gpus, *expect, scales=(), change=None):
    stages, expected = read_any(recipe, scales, change or {}, expect)
    made = plan_stages(stages, expected, read_cluster(gpus), Assumed())
    return {one.name: one.hours for one in made}


def call(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code


@pytest.fixture(scope="module")
def published():
    return {row.what: row.ratio for row in rows()}


@pytest.mark.parametrize("what", ["R1-Zero: 10,400 steps", "s1-32B: 1,000 traces × 5 epochs"])
def test_large_trainings_come_within_a_half_of_what_was_published(published, what):
    assert 1 / 1.5 < published[what] < 1.5


def test_what_is_planned_is_a_lower_bound_of_what_was_spent_but_for_r1s_steps(published):
    assert [what for what, ratio in published.items() if ratio > 1] == ["R1: SFT twice, RL twice"]


def test_the_page_has_the_table_as_it_is_now():
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page


def test_r1s_remaining_stages_leave_its_first_rl_what_the_page_says():
    made = hours("r1", "512xH800")
    rest = sum(made[name] for name in ("cold-start", "sft", "helpful", "harmless", "r1"))
    assert f"planned at {round(rest, -2):,.0f} of the 41,000" in PAGE.read_text(encoding="utf-8")
    assert (41_000 - rest) / (made["reasoning-rl"] / 10_400) == pytest.approx(3_100, abs=100)


@pytest.mark.parametrize(
    ("recipe", "gpus"),
    [
        ("qwen-1.5b", "8xH100"),
        ("qwen-7b", "8xH100"),
        ("qwen-14b", "8xH100"),
        ("qwen-32b", "16xH100"),
        ("llama-8b", "8xH100"),
        ("llama-70b", "64xH100"),
    ],
)
def test_the_papers_students_fit_on_the_gpus_that_their_batches_are_meant_for(recipe, gpus):
    stages, expected = read_any(recipe, expect=["traces=804745", "trace_tokens=5355"])
    assert stages[-1].recipe["processes"] == read_cluster(gpus).count
    (made,) = plan_stages(stages, expected, read_cluster(gpus), Assumed())
    assert made.training.total < read_cluster(gpus).gpu.memory


def test_every_stage_of_the_pipeline_is_planned_and_fits(capsys):
    assert call("plan", "r1", "--gpus", "512xH800") == 0
    told = capsys.readouterr().out
    for stage in ("cold-start", "reasoning-rl", "samples", "sft", "helpful", "harmless", "r1"):
        assert stage in told
    assert "does not fit" not in told


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
        (["qwen-7b", "--gpus", "8xH100", "--expect", "trace=5"], "did you mean 'traces'?"),
        (["r1", "--gpus", "8xH100", "--expect", "traces=5"], "give STAGE.KEY=N"),
        (["r1", "--gpus", "8xH100", "--expect", "sfd.traces=5"], "'sfd' is no stage"),
        (["r1-zero", "--gpus", "1xA100", "--on", "nowhere.yaml"], "no such recipe"),
        (["qwen-7b", "--gpus", "8xH100", "--set", "sft.learning_rat=1"], "learning_rate"),
    ],
)
def test_what_cannot_be_planned_is_one_line(capsys, arguments, told):
    assert call("plan", *arguments) == 2
    err = capsys.readouterr().err
    assert told in err
    assert len(err.splitlines()) == 1


PIPELINE = """
stages:
  - name: drawn
    kind: generate
    model: nano
    tasks: [nano]
    limit: 50
    samples: 4
    max_tokens: 100
  - {name: kept, kind: filter, traces: "@drawn", filters: [{use: verdict}]}
  - name: mixed
    kind: mix
    parts: [{traces: "@kept", share: 1}, {traces: talk.jsonl, share: 1}]
  - {name: taught, kind: sft, model: MODEL, traces: ["@mixed"], sft: {num_train_epochs: 2}}
"""


@pytest.fixture
def pipeline(tmp_path):
    def write(model="nano:student-base"):
        talk = {
            "prompt": [{"role": "user", "content": "a" * 100}],
            "completion": [{"role": "assistant", "content": "b" * 300}],
        }
        (tmp_path / "talk.jsonl").write_text((json.dumps(talk) + "\n") * 120)
        text = PIPELINE.replace("MODEL", model).replace("talk.jsonl", f"{tmp_path}/talk.jsonl")
        (tmp_path / "mine.yaml").write_text(text)
        return str(tmp_path / "mine.yaml")

    return write


def trained(recipe, *expect, parameters=None):
    stages, expected = read_any(recipe, expect=expect)
    made = plan_stages(stages, expected, read_cluster("1xA100"), Assumed(), parameters)
    return made[-1].tokens.trained


def test_what_is_here_is_counted_and_what_is_to_be_made_is_taken_at_most(pipeline):
    """50 × 4 drawn of 200 + 100 tokens, all kept; 120 of 100 tokens; as many of either, twice."""
    assert trained(pipeline()) == 2 * 120 * (300 + 100)


def test_what_is_expected_is_believed(pipeline):
    """60 kept of 500 tokens."""
    expect = ("kept.traces=60", "kept.trace_tokens=500")
    assert trained(pipeline(), *expect) == 2 * 60 * (500 + 100)


def test_a_model_of_unknown_size_is_asked_for(pipeline, capsys):
    recipe = pipeline("out/of/reach")
    assert call("plan", recipe, "--gpus", "1xA100") == 2
    told = capsys.readouterr().err
    assert told.startswith("r1eval: stage taught: the size of out/of/reach is not known")
    assert "--parameters 7e9" in told
    assert len(told.splitlines()) == 1
    assert trained(recipe, parameters=7e9) == trained(pipeline())


def test_a_model_that_is_here_is_measured_by_its_configuration():
    base = size("nano")
    assert base.parameters == count_parameters(find_model("nano"))
    assert (base.layers, base.hidden, base.cached) == (4, 128, 2 * 128)


def test_experts_of_a_configuration_are_told_from_what_every_token_goes_through(tmp_path):
    config = Qwen3MoeConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=8, vocab_size=64, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=16,
    )  # fmt: skip
    config.save_pretrained(tmp_path)
    made = size(str(tmp_path))
    experts = 2 * 8 * 3 * 32 * 16  # layers × experts × three matrices
    assert made.parameters - made.active == experts * 6 / 8
    assert made.cached == 2 * 2 * 8
    assert made.touched(1) == pytest.approx(made.active)
    assert made.touched(1000) == pytest.approx(made.parameters)
