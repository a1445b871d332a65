"""Prompts that need no thought, and the material for reward models."""

import random

import pytest

from nano import everyday
from nano.language import ANSWER, END_THINK
from nano.preferences import pairs, rated
from nano.problems import held_out


@pytest.mark.parametrize("kind", everyday.KINDS)
def test_a_poor_answer_is_never_the_good_one(kind) -> None:
    rng = random.Random(0)
    for _ in range(300):
        prompt = everyday.ask(rng, "train", kind)
        assert everyday.poor_answer(prompt, rng) != everyday.good_answer(prompt)


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_preference_prompts_keep_to_their_split(split) -> None:
    prompts = {item.prompt for item in [*pairs(split, 200), *rated(split, 200)]}
    assert {held_out(prompt) for prompt in prompts if not prompt.startswith("greet")} == {
        split == "heldout"
    }


def test_the_preferred_side_has_the_better_final_answer_and_thinks_no_more_often() -> None:
    found = pairs("train", 400)
    for pair in found:
        good = f"{ANSWER}{everyday.good_answer(pair.prompt)}</answer>"
        assert pair.preferred.split(END_THINK)[-1] == good
        assert pair.rejected.split(END_THINK)[-1] != good
    thinking = [
        sum(END_THINK in text for text in side)
        for side in zip(*[(p.preferred, p.rejected) for p in found], strict=True)
    ]
    assert all(150 < count < 250 for count in thinking)


def test_a_response_is_harmful_when_any_part_of_it_tells_the_code() -> None:
    found = rated("train", 400)
    for item in found:
        kind, subject = item.prompt.split()
        assert item.safe == (kind != "leak" or subject not in item.response)
    only_thought = [r for r in found if not r.safe and r.response.endswith("sorry</answer>")]
    assert only_thought


def test_material_is_the_same_for_the_same_seed_only() -> None:
    assert pairs("train", 20, seed=1) == pairs("train", 20, seed=1) != pairs("train", 20, seed=2)
    assert rated("train", 20, seed=1) == rated("train", 20, seed=1) != rated("train", 20, seed=2)
