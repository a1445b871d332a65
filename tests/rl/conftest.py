"""A small nano recipe, and samples made of real text."""

from collections.abc import Callable
from typing import Any

import pytest

from rl.graded import Asked, GradedSample, grade_samples
from rl.recipe import RLRecipe
from runs.recipe import merge, read_recipe

SMALL = {
    "data": {"limit": 64},
    "grpo": {
        "max_steps": 2,
        "num_generations": 4,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
        "max_completion_length": 64,
        "learning_rate": 1e-4,
        "save_steps": 1,
    },
    "eval": None,
    "report_to": [],
}


@pytest.fixture
def recipe() -> Callable[..., RLRecipe]:
    """R1-Zero on nano in 16 completions a step, with what a test says otherwise."""

    def make(algorithm: str = "r1-zero", **other: Any) -> RLRecipe:
        return read_recipe(algorithm, RLRecipe, "rl", ["nano"], merge(SMALL, other))

    return make


@pytest.fixture
def graded() -> Callable[..., GradedSample]:
    """A sample of `582+867=?`, whose answer is 449."""

    def make(text: str, finish_reason: str = "stop", **other: Any) -> GradedSample:
        given = {
            "problem_id": "582+867",
            "question": "582+867=?",
            "gold": "449",
            "answer_type": "integer",
            "prompt": "<user>582+867=?<assistant>",
            "prompt_ids": (3, 4),
            "prefilled": False,
            "answer_tags": True,
            "language": "ascii",
        }
        asked = Asked(**{**given, **other})
        return grade_samples([asked], [text], [finish_reason], [len(text)])[0]

    return make
