"""Students are trained on whole traces, by the loss that TRL writes, and go on after a kill."""

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from trl import SFTTrainer

from distill.recipe import DistilRecipe
from distill.sft import config_of, load_student, make_trainer, train
from rl.checkpoints import MODEL
from tasks.errors import UserError

SMALL = {
    "max_steps": 2,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 3,
    "learning_rate": 1e-3,
    "gradient_checkpointing": False,
    "logging_steps": 1,
    "save_steps": 1,
    "seed": 0,
}


@pytest.fixture
def recipe(solved_file):
    def make(**other):
        sft = {**SMALL, **other.pop("sft", {})}
        given = {"model": "nano:student-base", "traces": [solved_file], "report_to": [], **other}
        return DistilRecipe.model_validate({**given, "sft": sft})

    return make


def weights(folder):
    return load_file(folder / MODEL / "model.safetensors")


def losses(trainer):
    return [row["loss"] for row in trainer.state.log_history if "loss" in row]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("lora", [None, {"r": 4}])
def test_loss_and_steps_are_those_of_plain_trl(recipe, tmp_path, smoothing, lora):
    """The same rows padded in the order of the data; with smoothing ours are padded too."""
    sgd = {"optim": "sgd", "learning_rate": 0.1, "label_smoothing_factor": smoothing}
    made = recipe(sft=sgd, lora=lora)
    student = load_student(made)
    ours = make_trainer(student, config_of(made, tmp_path / "ours"))
    assert ours.packs == (not smoothing)
    rows = [
        {
            "input_ids": [*row.prompt, *row.completion],
            "labels": [-100] * len(row.prompt) + list(row.completion),
        }
        for row in student.rows
    ]
    plain = SFTTrainer(
        model=load_student(made).model,
        args=config_of(made, tmp_path / "plain"),
        train_dataset=Dataset.from_list(rows),
        processing_class=student.tokenizer,
    )
    for trainer in (ours, plain):
        trainer.train()
    assert losses(ours) == pytest.approx(losses(plain), abs=1e-5)
    other = dict(plain.model.named_parameters())
    for name, one in ours.model.named_parameters():
        assert torch.allclose(one, other[name], atol=1e-5), name


def test_no_example_sees_another(recipe, tmp_path):
    """A row's gradient is the same alone and in a batch: the mean of rows' sums is the batch's."""
    from distill.sft import collate

    made = recipe()
    student = load_student(made)
    model = student.model.train()
    rows = [{"prompt": list(r.prompt), "completion": list(r.completion)} for r in student.rows[:6]]

    def gradient(*batches):
        model.zero_grad()
        for batch in batches:
            batch = collate(batch, 0)
            scores = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
            loss = torch.nn.functional.cross_entropy(
                scores.logits[:, :-1].flatten(0, 1),
                batch["labels"][:, 1:].flatten(),
                reduction="sum",
            )
            loss.backward()
        return [p.grad.clone() for p in model.parameters()]

    together, alone = gradient(rows), gradient(*([row] for row in rows))
    for a, b in zip(together, alone, strict=True):
        assert torch.allclose(a, b, atol=1e-4, rtol=1e-4)


def test_the_end_is_trained_on_though_it_pads(recipe):
    from distill.sft import collate

    student = load_student(recipe())
    end = student.rows[0].completion[-1]
    rows = [{"prompt": list(r.prompt), "completion": list(r.completion)} for r in student.rows[:4]]
    labels = collate(rows, end)["labels"]
    assert (labels == end).sum() == 4


def test_traces_that_are_too_long_are_left_out_whole_or_refused(recipe):
    rows = load_student(recipe()).rows
    most = min(map(len, rows))  # one addition, not two
    longer = sum(len(row) > most for row in rows)
    over = {"tokens": most, "refuse_above": 0.9}
    student = load_student(recipe(over_long=over))
    assert student.too_long == longer > 0
    assert max(map(len, student.rows)) == most
    with pytest.raises(UserError, match="none is cut"):
        load_student(recipe(over_long={"tokens": 20}))


def test_a_student_learns_and_can_be_evaluated(recipe, tmp_path):
    from sampling.loading import ModelPlace, load

    made = recipe(sft={"max_steps": 20})
    student = load_student(made)
    trainer = make_trainer(student, config_of(made, tmp_path))
    trainer.train()
    first, *_, last = losses(trainer)
    assert last < first / 1.5
    train(load_student(recipe()), tmp_path / "whole")
    assert load(ModelPlace(str(tmp_path / "whole" / MODEL))).parameters == student.parameters


def test_a_training_that_was_cut_off_goes_on_the_same(recipe, tmp_path):
    made = recipe(sft={"max_steps": 4})
    train(load_student(made), tmp_path / "whole")
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "checkpoint-3").symlink_to(tmp_path / "whole" / "checkpoint-3")
    train(load_student(made), cut)
    whole = weights(tmp_path / "whole")
    assert all(torch.equal(a, whole[name]) for name, a in weights(cut).items())


@pytest.mark.parametrize(
    ("sft", "text"),
    [
        ({"learning_rat": 1}, "did you mean 'learning_rate'"),
        ({"max_length": 512}, "over_long says what is too long"),
        ({"packing": True}, "none sees another"),
        ({"learning_rate": "fast"}, "is no number"),
    ],
)
def test_a_wrong_key_is_said(recipe, sft, text):
    with pytest.raises(ValueError, match=text):
        recipe(sft=sft)


def test_no_traces_are_said(recipe, tmp_path):
    with pytest.raises(UserError, match="names no traces"):
        load_student(recipe(traces=[]))
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(UserError, match="no trace to train on"):
        load_student(recipe(traces=[tmp_path / "empty.jsonl"]))


def test_examples_that_share_a_row_do_not_see_each_other(recipe, tmp_path):
    """What the first one says changes nothing in the second, to the bit."""
    from distill.packing import SCORED, pack

    made = recipe()
    student = load_student(made)
    trainer = make_trainer(student, config_of(made, tmp_path))
    assert trainer.packs
    row = {"prompt": list(student.rows[0].prompt), "completion": list(student.rows[0].completion)}
    other = {**row, "completion": row["completion"][::-1]}

    def second(first):
        batch = pack([first, row])
        given = {k: v for k, v in batch.items() if k not in ("labels", "shift_labels", SCORED)}
        length = len(row["prompt"]) + len(row["completion"])
        return student.model.eval()(**given, use_cache=False).logits[0, length:]

    assert torch.equal(second(row), second(other))


def test_a_model_that_cannot_share_rows_is_given_padded_ones(recipe):
    from distill.packing import learn_packing

    model = load_student(recipe()).model
    before = model.config._attn_implementation
    for layer in model.base_model.layers:  # as one that keeps a state of what it has read
        layer.register_forward_hook(lambda *given: given[-1] + given[-1].cumsum(1))
    assert not learn_packing(model, 100)
    assert model.config._attn_implementation == before


def test_examples_longer_than_a_window_do_not_share_rows():
    from transformers import AutoModelForCausalLM, MistralConfig

    from distill.packing import learn_packing

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "vocab_size": 64}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    config = MistralConfig(sliding_window=50, **sizes, **heads)
    model = AutoModelForCausalLM.from_config(config)
    assert not learn_packing(model, 51)
    assert learn_packing(model, 50)
