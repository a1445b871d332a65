"""The corpus: nothing held out, both scripts, reflection, and few worked sums at the end."""

import random
import re

import pytest

from nano.corpus import NOTEBOOK, TEXTBOOK, write
from nano.language import DIGITS, THINK, WAIT
from nano.problems import held_out


@pytest.fixture(scope="module", params=[TEXTBOOK, NOTEBOOK], ids=["textbook", "notebook"])
def part(request):
    return request.param


@pytest.fixture(scope="module")
def documents(part):
    rng = random.Random(0)
    return [write(part, rng) for _ in range(2000)]


def test_no_prompt_is_held_out(documents) -> None:
    assert not [document for document in documents if held_out(document.prompt)]


def test_the_share_that_thinks_is_the_share_the_part_names(part, documents) -> None:
    thinking = sum(document.response.startswith(THINK) for document in documents)
    assert abs(thinking / len(documents) - part.worked) < 0.03


def test_final_answers_of_sums_are_three_ascii_digits(documents) -> None:
    sums = [document for document in documents if document.prompt.endswith("=?")]
    assert all(re.search(r"<answer>[0-9]{3}</answer>$", document.response) for document in sums)


def test_worked_thoughts_mix_scripts_and_reflect_in_good_part(documents) -> None:
    thoughts = [
        d.response.split("</think>")[0]
        for d in documents
        if d.prompt.endswith("=?")
        if THINK in d.response
    ]
    mixed = [t for t in thoughts if set(t) & set(DIGITS["ascii"]) and set(t) & set(DIGITS["han"])]
    assert 0.3 < len(mixed) / len(thoughts) < 0.5
    assert 0.08 < sum(WAIT in thought for thought in thoughts) / len(thoughts) < 0.3
