"""Each preset's loss is its formula, computed here anew in float64 from probabilities alone."""

from types import SimpleNamespace

import pytest
import torch

from rl.load import load_recipe
from rl.rollouts import Rollout
from rl.train import config_of, make_trainer

PRESETS = ("r1-zero", "r1-reasoning", "dr-grpo", "dapo", "gspo", "cispo")
LENGTHS = (3, 9, 5, 12, 7, 2, 11, 6, 4, 8, 10, 3, 6, 5, 9, 7)
"""Of sixteen completions, four questions of four."""
REWARDS = torch.tensor([1, 0, 0, 1, 0.5, 0.25, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0], dtype=torch.float64)
"""The third question has no signal."""


class Given:
    """A policy that draws what it was given."""

    def __init__(self, end: int) -> None:
        draw = torch.Generator().manual_seed(7)
        self.ids = [
            (*torch.randint(9, 30, (n - 1,), generator=draw).tolist(), end) for n in LENGTHS
        ]

    def draw(self, prompts, seeds, sampling, on_tokens=None):
        return [Rollout(ids, (0.0,) * len(ids)) for ids in self.ids]


@pytest.fixture
def stage(recipe, tmp_path):
    """A trainer, its rollout in batches, and three models that differ: policy, older, reference."""

    def make(algorithm, **rollouts):
        made = recipe(
            algorithm,
            grpo={"num_iterations": 2, "temperature": 1.0, "generation_batch_size": None,
                  "sync_ref_model": False},
            rollouts={"dynamic_sampling": 0, **rollouts},
        )  # fmt: skip
        loaded = load_recipe(made)
        trainer = make_trainer(loaded, config_of(made, tmp_path))
        trainer._policy = Given(next(iter(loaded.end_ids)))
        fixed = iter(REWARDS.tolist())
        trainer.reward_funcs = [lambda **_: [next(fixed) for _ in LENGTHS]]
        trainer.reward_func_names = ["fixed"]
        trainer.reward_weights = torch.ones(1)
        trainer.reward_processing_classes = [None]
        trainer.current_gradient_accumulation_steps = trainer.args.gradient_accumulation_steps
        if trainer.beta:
            _disturb(trainer.ref_model, 1, 0.02)
        trainer.model.train()
        torch.manual_seed(3)
        rows = [trainer.train_dataset[n // 4] for n in range(len(LENGTHS))]
        whole = {}
        inner = trainer._generate_and_score_completions

        def kept(inputs):
            whole.update(inner(inputs))
            return dict(whole)

        trainer._generate_and_score_completions = kept
        trainer._prepare_inputs([dict(row) for row in rows])
        _disturb(trainer.model, 2, 0.05)  # the ratio is no longer 1
        return SimpleNamespace(trainer=trainer, whole=whole, config=trainer.args)

    return make


def _disturb(model, seed, by):
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight += by * weight.std() * torch.randn(weight.shape, generator=draw)


def logps(model, whole):
    """Log-probabilities of every completion's tokens, one at a time without padding: a list."""
    found = []
    for n in range(len(LENGTHS)):
        prompt = whole["prompt_ids"][n][whole["prompt_mask"][n].bool()]
        answer = whole["completion_ids"][n][whole["completion_mask"][n].bool()]
        ids = torch.cat([prompt, answer]).unsqueeze(0)
        scores = model(input_ids=ids).logits[0].double().log_softmax(dim=-1)
        found.append(scores[len(prompt) - 1 : -1].gather(-1, answer.unsqueeze(-1)).squeeze(-1))
    return found


def advantages(config):
    groups = REWARDS.view(-1, 4)
    centred = groups - groups.mean(dim=1, keepdim=True)
    if config.scale_rewards == "group":
        centred = centred / (groups.std(dim=1, keepdim=True) + 1e-4)  # Bessel's correction
    return centred.flatten()


def formula(config, new, old, reference, skipped=()):
    """The loss of the sixteen, as `docs/rl.md` writes it."""
    terms = []
    for n, (p, q, a) in enumerate(zip(new, old, advantages(config), strict=True)):
        ratio = (p - q).exp()
        if config.importance_sampling_level == "sequence":
            ratio = (p - q).mean().exp().expand_as(p)
        low, high = config.epsilon, config.epsilon_high or config.epsilon
        if config.loss_type == "cispo":
            term = -ratio.clamp(max=config.epsilon_high).detach() * a * p
        else:
            term = -torch.minimum(ratio * a, ratio.clamp(1 - low, 1 + high) * a)
        if config.beta:
            gap = reference[n] - p
            term = term + config.beta * (gap.exp() - gap - 1)
        terms.append(term * (n not in skipped))
    if config.loss_type == "grpo":
        return sum(term.mean() for term in terms) / len(terms)
    if config.loss_type == "dr_grpo":
        return sum(term.sum() for term in terms) / (len(terms) * config.max_completion_length)
    return sum(term.sum() for term in terms) / sum(LENGTHS)  # dapo, cispo


def of_trainer(stage):
    """The loss of one optimiser step: TRL's own, summed over its batches."""
    batches = stage.trainer._buffered_inputs
    return sum(stage.trainer.compute_loss(stage.trainer.model, dict(batch)) for batch in batches)


def parts(stage):
    new = logps(stage.trainer.model, stage.whole)
    mask = stage.whole["completion_mask"].bool()

    def told(name):
        rows = stage.whole[name]
        return [row[m].double() for row, m in zip(rows, mask, strict=True)]

    reference = told("ref_per_token_logps") if stage.config.beta else None
    return new, told("old_per_token_logps"), reference


@pytest.mark.parametrize("preset", PRESETS)
def test_the_loss_is_the_formula(stage, preset):
    made = stage(preset)
    new, old, reference = parts(made)
    ratios = torch.cat([(p - q).exp() for p, q in zip(new, old, strict=True)])
    assert ratios.max() > 1.3
    assert ratios.min() < 0.7
    expected = formula(made.config, new, old, reference)
    assert of_trainer(made).item() == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_gradient_is_the_formulas(stage, preset):
    made = stage(preset)
    weight = made.trainer.model.model.layers[1].mlp.up_proj.weight
    expected = torch.autograd.grad(formula(made.config, *parts(made)), weight)[0]
    found = torch.autograd.grad(of_trainer(made), weight)[0]
    assert (found - expected).norm() < 1e-4 * expected.norm()


@pytest.mark.parametrize("preset", PRESETS)
def test_skipping_leaves_out_the_group_without_signal_and_keeps_the_normaliser(stage, preset):
    made = stage(preset, skip_signalless=True)
    rows = sum(len(b["completion_ids"]) * (b["share"] > 0) for b in made.trainer._buffered_inputs)
    assert rows == 12
    expected = formula(made.config, *parts(made), skipped=range(8, 12))
    assert of_trainer(made).item() == pytest.approx(expected.item(), abs=1e-5)


def test_older_and_reference_probabilities_are_those_of_each_text_alone(stage):
    made = stage("r1-zero")
    reference = logps(made.trainer.ref_model, made.whole)
    for told, own in zip(parts(made)[2], reference, strict=True):
        assert torch.allclose(told, own, atol=1e-5)


def test_batches_hold_no_column_that_is_padding_in_all_rows(stage):
    for batch in stage("r1-zero").trainer._buffered_inputs:
        assert batch["completion_mask"].any(dim=0).all()
        assert batch["prompt_mask"].any(dim=0).all()


def test_what_is_logged_is_a_mean_over_the_steps_tokens(stage):
    made = stage("r1-zero")
    made.trainer._metrics["train"].clear()
    of_trainer(made)
    new, _, reference = parts(made)
    gaps = torch.cat(reference) - torch.cat(new)
    logged = made.trainer._metrics["train"]["kl"]
    assert sum(logged) / len(logged) == pytest.approx((gaps.exp() - gaps - 1).mean().item(), 1e-3)
