"""What distillation and RL cost, from what they leave behind."""

import json

import pytest

from distill.compute import Cost, of_rl, of_run, total
from r1eval.running import run_and_print
from rl.load import load_recipe
from rl.recipe import RLRecipe
from rl.record import begin
from rl.train import train
from runs.recipe import read_recipe
from runs.settings import RunSettings
from runs.store import Store
from tasks.errors import UserError

SMALL = {
    "data": {"limit": 64},
    "grpo": {
        "max_steps": 2,
        "num_generations": 4,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
        "max_completion_length": 48,
    },
    "eval": None,
    "report_to": [],
}


def test_a_runs_tokens_all_count(tmp_path):
    asked = RunSettings(model="nano", tasks=("nano",), out=tmp_path / "run", limit=3, samples=2)
    run_and_print(asked)
    with Store(tmp_path / "run") as store:
        samples = list(store.samples())
    tokens = sum(s.prompt_tokens + s.thinking_tokens + s.answer_tokens for s in samples)
    assert of_run(tmp_path / "run", 10).operations == 2 * 10 * tokens


@pytest.mark.parametrize(
    ("beta", "skips", "least", "most"),
    [(0.0, False, 8, 8), (0.01, False, 10, 10), (0.01, True, 4, 10)],
)
def test_a_training_draws_scores_and_trains(tmp_path, beta, skips, least, most):
    """2 to draw, 2 for the reference, 6 to train, of which skipped groups need none."""
    changes = {**SMALL, "rollouts": {"skip_signalless": skips}}
    grpo = {**SMALL["grpo"], "beta": beta, "sync_ref_model": False}
    recipe = read_recipe("r1-zero", RLRecipe, "rl", ["nano"], {**changes, "grpo": grpo})
    begin(tmp_path, recipe, "sha256:1")
    train(load_recipe(recipe), tmp_path)
    tokens = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])["num_tokens"]
    cost = total(of_rl(tmp_path, 10))
    assert least * 10 * tokens <= cost <= most * 10 * tokens


def test_no_training_is_said(tmp_path):
    with pytest.raises(UserError, match="holds no training"):
        of_rl(tmp_path, 1)
    assert Cost("nothing", 5, 0, 0).operations == 0
