"""Real trainings on nano, small ones: what is written, and that a killed one goes on the same."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from rl import record
from rl.checkpoints import ADAPTER, MODEL, REFERENCE, checkpoints
from rl.journal import HELDOUT, LOG, SAMPLES, read_lines
from rl.load import load_recipe
from rl.recipe import RLRecipe
from rl.train import config_of, make_trainer, train
from runs.models import find_model
from runs.recipe import read_recipe
from sampling.loading import ModelPlace, load
from tasks.errors import UserError

COUNTED = ("reward", "accuracy", "completions/mean_length", "loss", "grad_norm", "kl", "entropy")


def figures(folder):
    return [{key: row[key] for key in ("step", *COUNTED)} for row in read_lines(folder / LOG)]


def weights(folder):
    return load_file(folder / MODEL / "model.safetensors")


@pytest.fixture
def trained(recipe, tmp_path):
    def make(name, **other):
        out = tmp_path / name
        out.mkdir(exist_ok=True)
        train(load_recipe(recipe(**other)), out)
        return out

    return make


def test_a_training_leaves_its_log_its_samples_and_a_model(trained):
    out = trained("run", samples_every=1)
    assert [row["step"] for row in read_lines(out / LOG)] == [1, 2]
    samples = read_lines(out / SAMPLES)
    assert {row["step"] for row in samples} == {1, 2}
    assert set(samples[0]["rewards"]) == {"accuracy", "format"}
    from sampling.loading import ModelPlace, load

    assert load(ModelPlace(str(out / MODEL))).parameters == 859008


def test_held_out_problems_are_asked_between_and_change_nothing(trained):
    asked = {"task": "nano", "limit": 8, "max_tokens": 64, "every": 1, "every_samples": 2}
    out = trained("run", eval=asked)
    rows = read_lines(out / HELDOUT)
    assert [row["step"] for row in rows] == [0, 1, 2]
    assert all(row["samples"] == 2 and row["pass@1"]["problems"] == 8 for row in rows)
    assert figures(out) == figures(trained("plain"))


@pytest.mark.parametrize("algorithm", ["r1-reasoning", "dr-grpo", "dapo", "gspo", "cispo"])
def test_every_algorithm_trains_on_nano(recipe, tmp_path, algorithm):
    made = recipe(algorithm)
    train(load_recipe(made), tmp_path)
    rows = read_lines(tmp_path / LOG)
    assert [row["step"] for row in rows] == [1, 2]
    for reward in made.rewards:
        assert all(0 <= abs(row[f"rewards/{reward.use}/mean"]) <= 1 for row in rows), reward.use
    assert weights(tmp_path).keys()


def test_it_is_the_same_again(trained):
    assert figures(trained("one")) == figures(trained("two"))


def test_a_training_that_ends_between_goes_on_the_same(recipe, trained, tmp_path):
    grpo = {"max_steps": 4, "sync_ref_model": True, "ref_model_sync_steps": 2}
    whole = trained("whole", grpo=grpo, keep_checkpoints=9)
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in (LOG, SAMPLES):
        (cut / name).write_bytes((whole / name).read_bytes())
    os.symlink(whole / "checkpoint-3", cut / "checkpoint-3")
    (cut / ".writing").mkdir()
    assert (whole / "checkpoint-3" / REFERENCE).is_file()
    train(load_recipe(recipe(grpo=grpo)), cut)
    assert figures(cut) == figures(whole)
    assert all(torch.equal(a, weights(cut)[name]) for name, a in weights(whole).items())


def test_only_the_last_checkpoints_stay(trained):
    out = trained("run", grpo={"max_steps": 4})
    assert [path.name for path in checkpoints(out)] == ["checkpoint-3", "checkpoint-4"]


def test_kill_at_any_step_and_the_same_command(tmp_path):
    """As a user does it, by the command line; 8 problems are two steps, so in a later epoch."""
    ask = ["rl", "r1-zero", "--on", "nano", "--no-preflight", "--set", "eval=null"]
    small = {
        "data.limit": 8, "grpo.max_steps": 6, "grpo.num_generations": 4, "grpo.save_steps": 1,
        "grpo.per_device_train_batch_size": 8, "grpo.gradient_accumulation_steps": 2,
        "grpo.max_completion_length": 48, "report_to": [],
    }  # fmt: skip
    for key, value in small.items():
        ask += ["--set", f"{key}={json.dumps(value)}"]

    def start(name):
        run = "from r1eval.main import main; main()"
        command = [sys.executable, "-c", run, *ask, "--out", str(tmp_path / name)]
        return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)

    whole = start("whole")
    whole.communicate(timeout=200)
    assert whole.returncode == 0
    cut, log = start("cut"), tmp_path / "cut" / LOG
    while not (log.is_file() and len(read_lines(log)) >= 3):
        assert cut.poll() is None
        time.sleep(0.01)
    cut.send_signal(signal.SIGKILL)
    cut.communicate()
    again = start("cut")
    _, said = again.communicate(timeout=200)
    assert again.returncode == 0, said
    assert b"Going on after step" in said
    assert figures(tmp_path / "cut") == figures(tmp_path / "whole")
    assert len(json.loads((tmp_path / "cut" / record.FILE).read_text())["sessions"]) == 2


def test_another_recipe_is_refused_in_a_folder_that_was_begun(recipe, tmp_path):
    record.begin(tmp_path, recipe(), "sha256:1")
    record.begin(tmp_path, recipe(samples_every=3), "sha256:1")
    with pytest.raises(UserError, match=r"learning_rate: 0\.0001 there, 0\.1 now"):
        record.begin(tmp_path, recipe(grpo={"learning_rate": 0.1}), "sha256:1")
    with pytest.raises(UserError, match="weights"):
        record.begin(tmp_path, recipe(), "sha256:2")


def test_our_rollouts_are_drawn_from_the_weights_as_they_are(recipe, tmp_path):
    loaded = load_recipe(recipe())
    trainer = make_trainer(loaded, config_of(loaded.recipe, tmp_path))
    prompts = [loaded.problems[0].prompt_ids] * 4
    before = loaded.policy.draw(prompts, range(4), trainer._sampling())
    with torch.no_grad():
        trainer.model.model.embed_tokens.weight.mul_(0.0)
    after = loaded.policy.draw(prompts, range(4), trainer._sampling())
    assert before != after
    uniform = -torch.tensor(float(trainer.model.config.vocab_size)).log()
    assert after[0].logprobs[0] == pytest.approx(uniform.item(), abs=1e-4)


def test_drawn_log_probabilities_are_the_models(recipe, tmp_path):
    loaded = load_recipe(recipe())
    trainer = make_trainer(loaded, config_of(loaded.recipe, tmp_path))
    prompt = loaded.problems[0].prompt_ids
    (one,) = loaded.policy.draw([prompt], [5], trainer._sampling())
    ids = torch.tensor([[*prompt, *one.ids]])
    scores = trainer.model(input_ids=ids).logits[0].log_softmax(dim=-1)[len(prompt) - 1 : -1]
    told = scores.gather(-1, torch.tensor(one.ids).unsqueeze(-1)).squeeze(-1)
    assert torch.allclose(torch.tensor(one.logprobs), told, atol=1e-4)


def test_groups_without_signal_are_replaced(trained):
    out = trained(
        "run", rewards=[{"use": "accuracy"}], rollouts={"dynamic_sampling": 4}, data={"limit": None}
    )
    plain = trained("plain", rewards=[{"use": "accuracy"}], data={"limit": None})
    for row in read_lines(out / LOG):
        assert row["dynamic_sampling/signalless"] < row["signalless"]
        assert row["dynamic_sampling/drawn"] > 1
    assert figures(out)[0]["reward"] == figures(plain)[0]["reward"]  # the first draw's is logged


def test_what_is_skipped_says_the_kl_that_it_would_have_carried(trained):
    grpo = {"max_steps": 3, "learning_rate": 1e-3}
    skips = {"skip_signalless": True}
    out = trained("run", rewards=[{"use": "accuracy"}], rollouts=skips, grpo=grpo)
    rows = read_lines(out / LOG)
    assert rows[-1]["skipped/kl"] > 0
    assert any(0 < row["skipped/tokens"] < 1 for row in rows)
    assert all((row["skipped/tokens"] == 1) == (row["signalless"] == 1) for row in rows)


def test_lora_trains_the_adapter_alone(recipe, tmp_path):
    lora = {"r": 4, "target_modules": ["q_proj", "v_proj"]}
    made = recipe(grpo={"sync_ref_model": False}, lora=lora)
    loaded = load_recipe(made)
    trained = {name for name, p in loaded.model.named_parameters() if p.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    train(loaded, tmp_path)
    assert (tmp_path / ADAPTER / "adapter_config.json").is_file()
    ids = torch.arange(12).unsqueeze(0)
    said = []
    for place in (
        ModelPlace(find_model("nano").source, adapter=str(tmp_path / ADAPTER)),
        ModelPlace(str(tmp_path / MODEL)),
        ModelPlace(find_model("nano").source),
    ):
        with torch.no_grad():
            said.append(load(place, dtype="float32").model(ids).logits)
    torch.testing.assert_close(said[0], said[1])  # merged into the base
    assert not torch.allclose(said[1], said[2])


def test_an_undecided_answer_gets_no_reward_at_all(recipe, tmp_path, monkeypatch):
    from rl import trainer as module
    from tasks.grading import Grade, Verdict

    loaded = load_recipe(recipe())
    trainer = make_trainer(loaded, config_of(loaded.recipe, tmp_path))
    trainer.model.train()
    inner = module.grade_samples

    def undecided(*given):
        samples = inner(*given)
        grade = Grade(Verdict.UNSURE, None, "out of time")
        object.__setattr__(samples[0], "grade", grade)
        return samples

    monkeypatch.setattr(module, "grade_samples", undecided)
    rows = [dict(trainer.train_dataset[n // 4]) for n in range(16)]
    end = next(iter(loaded.end_ids))
    rewards = trainer._calculate_rewards(rows, [r["prompt"] for r in rows], [""] * 16, [[end]] * 16)
    assert rewards[0].isnan().all()
    assert not rewards[1:].isnan().any()


@pytest.mark.slow
def test_the_reference_of_weights_from_a_gguf_file_is_those_weights(tmp_path):
    try:
        find_model("smollm2")
    except UserError:
        pytest.skip("needs smollm2: make smollm2")
    data = tmp_path / "sums.jsonl"
    row = '{"problem": "1+1=?", "answer": "2"}'
    data.write_text(f"{row}\n" * 8)
    changes = {"data": {"task": str(data)}, "grpo": {"beta": 0.1}}
    loaded = load_recipe(read_recipe("r1-zero", RLRecipe, "rl", ["smollm2"], changes))
    trainer = make_trainer(loaded, config_of(loaded.recipe, tmp_path))
    reference = dict(trainer.ref_model.named_parameters())
    own = dict(trainer.model.named_parameters())
    assert all(torch.equal(reference[name], weight) for name, weight in own.items())
