"""Sorting rows, cutting padding and skipping groups leave the optimiser steps of plain TRL."""

from types import SimpleNamespace

import pytest
import torch
from trl import GRPOTrainer

from rl.load import load_recipe
from rl.train import config_of, make_trainer
from rl.trainer import Trainer

PRESETS = ("r1-zero", "r1-reasoning", "dr-grpo", "dapo", "gspo", "cispo")
LOSSES = ("grpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo")
"""All that `skip_signalless` goes with."""
LENGTHS = (3, 9, 5, 12, 7, 2, 11, 6, 4, 8, 10, 3, 6, 5, 9, 7)
REWARDS = (1, 0, 0, 1, 0.5, 0.25, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0)
"""Of sixteen completions, four questions of four; the third has no signal."""
TWO_STEPS = {
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 2,
    "generation_batch_size": 16,
    "max_completion_length": 16,
    "sync_ref_model": False,
}


class Told:
    """Draws what it was told, as TRL's own sampler returns it."""

    drawn: list[list[int]]

    def _generate_single_turn(self, *_, **__):
        return self.drawn, None


class Plain(Told, GRPOTrainer):
    pass


class Ours(Told, Trainer):
    pass


def fixed(**_):
    return list(REWARDS)


@pytest.fixture
def both(recipe, tmp_path, monkeypatch):
    """Our trainer and TRL's own after the same rollout of two optimiser steps of two batches.

    Policy, older policy and reference differ, and are alike in both.
    """
    monkeypatch.setattr("rl.train.Trainer", Ours)
    monkeypatch.setattr("rl.train.find_rewards", lambda *_: [fixed])

    def make(algorithm="r1-zero", grpo=None, cut_off=(), **rollouts):
        made = recipe(
            algorithm,
            rewards=[{"use": "accuracy"}],
            grpo={**TWO_STEPS, **(grpo or {})},
            rollouts={"dynamic_sampling": 0, "sampler": "trl", **rollouts},
        )
        ours = make_trainer(load_recipe(made), config_of(made, tmp_path))
        loaded = load_recipe(made)
        plain = Plain(
            model=loaded.model,
            reward_funcs=[fixed],
            args=config_of(made, tmp_path),
            train_dataset=ours.train_dataset,
            processing_class=loaded.tokenizer,
        )
        draw = torch.Generator().manual_seed(7)
        end = min(loaded.end_ids)
        texts = [torch.randint(9, 30, (n,), generator=draw).tolist() for n in LENGTHS]
        Told.drawn = [t if n in cut_off else [*t[:-1], end] for n, t in enumerate(texts)]
        for trainer in (ours, plain):
            trainer.current_gradient_accumulation_steps = 2
            if trainer.beta:
                _disturb(trainer.ref_model, 1, 0.02)
            trainer.model.train()
            torch.manual_seed(5)  # the order of rows
            trainer._prepare_inputs([dict(trainer.train_dataset[n // 4]) for n in range(16)])
            _disturb(trainer.model, 2, 0.05)  # the ratio is no longer 1
        return SimpleNamespace(ours=ours, plain=plain)

    return make


def _disturb(model, seed, by):
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight += by * weight.std() * torch.randn(weight.shape, generator=draw)


def step(trainer, number):
    """Loss and gradient of one optimiser step: the sum over its two batches."""
    trainer.model.zero_grad()
    loss = 0.0
    for batch in trainer._buffered_inputs[2 * number : 2 * number + 2]:
        part = trainer.compute_loss(trainer.model, dict(batch))
        part.backward()
        loss += part.item()
    return loss, torch.cat([weight.grad.flatten() for weight in trainer.model.parameters()])


def agree(made):
    """To 1e-5; VESPO's loss is 2 and weighs by powers of a sequence's ratio, which makes more of
    what rounding parts in its log-probabilities: 4e-5 was seen.
    """
    rounding = 5e-5 if made.plain.loss_type == "vespo" else 0.0
    for number in (0, 1):
        (loss, gradient), (expected, theirs) = step(made.ours, number), step(made.plain, number)
        assert theirs.norm() > 0
        assert loss == pytest.approx(expected, abs=1e-5, rel=rounding)
        assert (gradient - theirs).norm() < 1e-4 * theirs.norm()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_takes_the_steps_of_plain_trl(both, preset):
    agree(both(preset))


@pytest.mark.parametrize("loss", [*LOSSES, "bnpo"])
def test_every_loss_takes_the_steps_of_plain_trl(both, loss):
    agree(both(grpo={"loss_type": loss, "beta": 0.04, "epsilon": 0.2, "epsilon_high": 0.3}))


@pytest.mark.parametrize("level", ["token", "sequence"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_skipped_group_is_one_whose_kl_is_nothing(both, loss, level):
    grpo = {"loss_type": loss, "importance_sampling_level": level, "beta": 0.04, "epsilon": 0.2}
    made = both(grpo=grpo, skip_signalless=True)
    for batch in made.plain._buffered_inputs:
        _as_own_reference(made.plain, batch)
    agree(made)


def _as_own_reference(plain, batch):
    """Rows without signal are their own reference: k3 and its gradient are 0."""
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    width = batch["completion_ids"].shape[1]
    with torch.no_grad():
        own = plain._get_per_token_logps_and_entropies(plain.model, ids, mask, width)[0]
    silent = batch["advantages"] == 0
    batch["ref_per_token_logps"][silent] = own[silent]


@pytest.mark.parametrize("loss", ["grpo", "dr_grpo", "dapo"])
def test_completions_masked_for_their_length_take_the_steps_of_plain_trl(both, loss):
    grpo = {"loss_type": loss, "mask_truncated_completions": True}
    made = both(grpo=grpo, cut_off=(0, 3, 6, 13))
    shown = sum(int(b["completion_mask"].any(dim=1).sum()) for b in made.ours._buffered_inputs)
    assert shown == 12
    agree(made)
