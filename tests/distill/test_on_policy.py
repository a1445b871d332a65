"""A student taught at every token of its own replies: TRL's loss is the divergence that the recipe
names, on the prompts that evaluation puts.
"""

import pytest
import torch
from safetensors.torch import load_file

from distill.compute import of_on_policy
from distill.on_policy import config_of, load_learner, make_trainer, train
from distill.recipe import DistilRecipe
from rl import record
from rl.checkpoints import MODEL
from tasks.errors import UserError

SMALL = {
    "max_steps": 2,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 2,
    "max_completion_length": 48,
    "learning_rate": 1e-3,
    "gradient_checkpointing": False,
    "logging_steps": 1,
    "save_steps": 1,
    "seed": 0,
}


def recipe(teacher="nano", limit=16, **distillation):
    return DistilRecipe.model_validate(
        {
            "model": "nano:student-base",
            "template": "r1-zero",
            "report_to": [],
            "on_policy": {
                "teacher": teacher,
                "tasks": ["nano-train"],
                "limit": limit,
                "distillation": {**SMALL, **distillation},
            },
        }
    )


def unlike(learner):
    """With a student that has lost some of what it knew."""
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in learner.model.parameters():
            weights += 0.03 * torch.randn(weights.shape, generator=noise)
    return learner


def divergence(beta, student, teacher):
    """Of distributions ``[tokens, vocabulary]``, by their definitions (arXiv 2306.13649, eq. 1)."""

    def kl(p, q):
        return (p * (p.log() - q.log())).sum(-1)

    if beta == 0:
        return kl(teacher, student)
    if beta == 1:
        return kl(student, teacher)
    middle = beta * teacher + (1 - beta) * student
    return beta * kl(teacher, middle) + (1 - beta) * kl(student, middle)


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_loss_is_the_divergence_that_the_recipe_names(tmp_path, beta, temperature):
    made = recipe(beta=beta, temperature=temperature)
    learner = unlike(load_learner(made))
    trainer = make_trainer(learner, config_of(made, tmp_path))
    trainer.model.train()
    rows = trainer._generate_and_score_completions([{"prompt": str(n)} for n in range(4)])
    loss = trainer.compute_loss(trainer.model, dict(rows))

    ids = torch.cat([rows["prompt_ids"], rows["completion_ids"]], dim=1)
    mask = torch.cat([rows["prompt_mask"], rows["completion_mask"]], dim=1)
    first = rows["prompt_ids"].shape[1]
    with torch.no_grad():
        student, teacher = (
            (model(input_ids=ids, attention_mask=mask).logits[:, first - 1 : -1] / temperature)
            .double()
            .softmax(-1)
            for model in (learner.model, learner.teacher)
        )
    kept = rows["completion_mask"].bool()
    by_hand = divergence(beta, student[kept], teacher[kept]).sum() / kept.sum()
    assert by_hand > 0.05
    assert float(loss) == pytest.approx(float(by_hand), rel=1e-4)


def test_it_is_asked_what_evaluation_asks_and_answers_by_our_loop(tmp_path):
    from rl.load import load_recipe
    from rl.recipe import RLRecipe

    made = recipe()
    learner = load_learner(made)
    by_rl = RLRecipe.model_validate(
        {
            "model": made.model,
            "template": made.template,
            "data": {"task": "nano-train", "limit": 16},
            "rewards": [{"use": "accuracy"}],
            "grpo": {"max_completion_length": 48},
        }
    )
    assert learner.prompts == [list(one.prompt_ids) for one in load_recipe(by_rl).problems]
    trainer = make_trainer(learner, config_of(made, tmp_path))
    drawn = trainer._generate_single_turn(learner.prompts[:4], None, {})
    again = trainer._generate_single_turn(learner.prompts[:4], None, {})
    assert drawn == again  # by the step's seed
    assert all(0 < len(ids) <= 48 for ids in drawn)


def test_a_student_comes_nearer_to_its_teacher(tmp_path):
    more = {"per_device_train_batch_size": 16, "max_steps": 12, "save_steps": 100}
    made = recipe("nano:student-base", limit=64, **more)
    trainer = make_trainer(unlike(load_learner(made)), config_of(made, tmp_path))
    trainer.train()
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    assert sum(losses[-4:]) < sum(losses[:4]) * 0.7


def test_a_training_that_was_cut_off_goes_on_the_same(tmp_path):
    """In the second epoch too: 16 problems are two steps."""
    made = recipe(max_steps=4)
    train(load_learner(made), tmp_path / "whole")
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "checkpoint-3").symlink_to(tmp_path / "whole" / "checkpoint-3")
    train(load_learner(made), cut)
    weights = [load_file(f / MODEL / "model.safetensors") for f in (tmp_path / "whole", cut)]
    assert all(torch.equal(one, weights[1][name]) for name, one in weights[0].items())


def test_what_it_cost_counts_the_teacher(tmp_path):
    from distill.watch import Watch

    made = recipe()
    learner = load_learner(made)
    record.begin(tmp_path, made, learner.revision, "sft.json")
    train(learner, tmp_path, callbacks=[Watch(tmp_path)])
    drawn, trained, scored = of_on_policy(tmp_path, learner.parameters, learner.teacher_parameters)
    assert drawn.passed == trained.trained == scored.passed > 16 * 8  # replies, and their prompts
    assert scored.parameters == learner.teacher_parameters > learner.parameters


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sft": {"max_steps": 3}}, "sft does not go with on_policy"),
        ({"traces": ["kept.jsonl"]}, "traces does not go with on_policy"),
        ({"on_policy": {"teacher": "nano"}}, "Field required"),
    ],
)
def test_what_a_recipe_may_not_say(change, text):
    given = recipe().model_dump()
    with pytest.raises(ValueError, match=text):
        DistilRecipe.model_validate({**given, **change})


def test_a_misspelt_value_of_trl_is_named():
    with pytest.raises(ValueError, match="did you mean 'temperature'"):
        recipe(temprature=1.0)


def test_a_teacher_of_other_tokens_is_refused(tmp_path):
    from runs.models import find_model
    from sampling.loading import load

    loaded = load(find_model("nano", None))
    loaded.tokenizer.add_tokens(["<other>"])
    loaded.model.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(UserError, match="reads other tokens"):
        load_learner(recipe(teacher=str(tmp_path)))


def test_problems_without_room_are_refused():
    with pytest.raises(UserError, match="leaves room"):
        load_learner(recipe(max_completion_length=100_000))
