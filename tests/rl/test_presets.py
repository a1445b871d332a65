"""Every algorithm composes with every scale, and says what it sets."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from trl import GRPOConfig

from rl.plan import plan
from rl.recipe import RLRecipe
from rl.rewards import find_rewards
from rl.train import config_of
from runs.recipe import RECIPES, read_recipe
from tasks.errors import UserError

ALGORITHMS = ("r1-zero", "r1-reasoning", "dr-grpo", "dapo", "gspo", "cispo")
SCALES = ("nano", "smollm2", "1.5b", "7b", "32b", "v3")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_goes_on_every_scale(algorithm, scale, tmp_path):
    recipe = read_recipe(algorithm, RLRecipe, "rl", [scale])
    config = config_of(recipe, tmp_path)
    assert config.generation_batch_size % config.num_generations == 0
    assert (
        config.save_steps % (config.steps_per_generation // config.gradient_accumulation_steps or 1)
        == 0
    )
    assert find_rewards(recipe.rewards, config.max_completion_length)
    assert config.warmup_steps < config.max_steps / 4
    names = [line.what for line in plan(recipe, config, 1e9)]
    assert "FLOPs at most" in names
    assert ("reference" in names) == bool(config.beta)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_an_algorithm_sets_differs_from_trls_default_or_says_that_it_does_not(algorithm):
    text = (RECIPES / "rl" / f"{algorithm}.yaml").read_text()
    given = yaml.safe_load(text).get("grpo", {})
    defaults = {field.name: field.default for field in fields(GRPOConfig)}
    lines = {line.split(":")[0].strip(): line for line in text.splitlines() if ":" in line}
    always = {
        "temperature",
        "top_p",
        "scale_rewards",
        "importance_sampling_level",
        "num_iterations",
    }
    for key, value in given.items():
        if key not in always and defaults[key] == value:
            assert "TRL's default too" in lines[key], key


@pytest.mark.parametrize("scale", ["1.5b", "7b", "32b", "v3"])
def test_on_its_gpus_a_rollout_is_as_many_steps_as_published(scale):
    published = {"r1-zero": 16, "r1-reasoning": 16, "dapo": 16, "gspo": 4}
    for algorithm, steps in published.items():
        recipe = read_recipe(algorithm, RLRecipe, "rl", [scale])
        grpo = recipe.grpo
        on_each = grpo["per_device_train_batch_size"] * grpo["gradient_accumulation_steps"]
        assert on_each * recipe.processes == 512
        assert grpo["generation_batch_size"] == steps * 512


def test_dapos_rewards_are_the_papers_but_for_a_factor():
    """Theirs: ±1 and the punishment; here half of each, and the group's std takes the half away."""
    weights = {r.use: r.weight for r in read_recipe("dapo", RLRecipe, "rl", ["nano"]).rewards}
    assert weights["overlong"] / weights["accuracy"] == 1 / 2


def test_a_misspelt_value_is_named(tmp_path):
    for text, message in [
        ("grpo: {learning_rat: 1}", "did you mean 'learning_rate'"),
        ("grpo: {output_dir: x}", "not set here: --out says it"),
        ("rollouts: {skip: true}", "unknown key 'skip'"),
        ("rewards: []", "rewards"),
        ("rollouts: 3", "rollouts"),
        ("- 1", "holds keys and values"),
        ("extends: nanoo", "did you mean nano"),
        ("extends: mine.yaml", "extends itself"),
    ]:
        path = tmp_path / "mine.yaml"
        path.write_text(
            text if text.startswith(("-", "ext")) else f"extends: [r1-zero, nano]\n{text}"
        )
        with pytest.raises(UserError, match=message):
            read_recipe(str(path), RLRecipe, "rl")


def test_batches_that_do_not_go_together_are_one_line(recipe, tmp_path):
    with pytest.raises(UserError, match="must be divisible"):
        config_of(recipe(grpo={"num_generations": 7}), Path(tmp_path))


def test_skipping_does_not_go_with_a_normaliser_of_what_is_trained_on(recipe):
    with pytest.raises(UserError, match="bnpo"):
        recipe(grpo={"loss_type": "bnpo"}, rollouts={"skip_signalless": True})


def test_hub_problems_are_read_from_a_local_copy(tmp_path, monkeypatch):
    from runs.recipe import where
    from tasks.load import load_task

    rows = '{"problem": "1+1?", "answer": "2", "solution": "2"}\n'
    (tmp_path / "train.jsonl").write_text(rows * 3)
    monkeypatch.setenv("R1EVAL_DEEPSCALER", str(tmp_path))
    task = load_task(where("deepscaler.py:problems"))
    assert [p.gold for p in task.problems] == ["2", "2", "2"]


def test_an_algorithm_alone_asks_for_a_model():
    with pytest.raises(UserError, match="names no model: put it on one"):
        read_recipe("r1-zero", RLRecipe, "rl")


def test_a_number_written_as_a_word_is_said():
    changes = {"grpo": {"learning_rate": "fast"}}
    with pytest.raises(UserError, match="learning_rate: 'fast' is no number"):
        read_recipe("r1-zero", RLRecipe, "rl", ["nano"], changes)
