"""Every student's recipe composes, and says what it sets."""

from dataclasses import fields

import pytest
import yaml
from trl import SFTConfig

from distill import on_policy
from distill.recipe import DistilRecipe
from distill.sft import config_of
from runs.recipe import RECIPES, read_recipe, shipped

STUDENTS = [name for name in shipped("distill") if name not in {"r1", "on-policy-nano"}]
PUBLISHED = {  # arXiv 2501.12948v2, Table 7
    "qwen-1.5b": 1e-4, "qwen-7b": 8e-5, "qwen-14b": 7e-5, "qwen-32b": 6e-5,
    "llama-8b": 5e-5, "llama-70b": 2e-5,
}  # fmt: skip


@pytest.mark.parametrize("name", STUDENTS)
def test_a_students_recipe_composes(name, tmp_path):
    recipe = read_recipe(name, DistilRecipe, "distill")
    config = config_of(recipe, tmp_path)
    assert config.lr_scheduler_kwargs == {"min_lr_rate": 0.1}
    assert config.max_length is None
    assert not config.packing


def test_the_recipe_on_policy_composes(tmp_path):
    recipe = read_recipe("on-policy-nano", DistilRecipe, "distill")
    config = on_policy.config_of(recipe, tmp_path)
    assert (config.beta, config.temperature, config.top_p) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_papers_students_are_trained_as_published(name):
    recipe = read_recipe(name, DistilRecipe, "distill")
    sft = recipe.sft
    batch = sft["per_device_train_batch_size"] * sft["gradient_accumulation_steps"]
    assert batch * recipe.processes == 64
    assert sft["learning_rate"] == PUBLISHED[name]
    assert recipe.over_long.tokens == 32768
    assert 2 <= sft["num_train_epochs"] <= 3


def test_what_equals_trls_default_says_so():
    defaults = {field.name: field.default for field in fields(SFTConfig)}
    text = (RECIPES / "distill" / "r1.yaml").read_text()
    lines = {line.split(":")[0].strip(): line for line in text.splitlines() if ":" in line}
    for key, value in yaml.safe_load(text)["sft"].items():
        assert defaults[key] != value or "TRL's default too" in lines[key], key
