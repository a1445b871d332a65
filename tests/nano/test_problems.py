"""Problems: seeded, of mixed depth, and divided by a rule that can be read off a prompt."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nano.problems import DEPTHS, Problem, draw, generate, held_out

ADDENDS = st.lists(st.integers(0, 999), min_size=2, max_size=7).map(tuple)


@settings(deadline=None)
@given(ADDENDS)
def test_question_and_answer_agree_with_plain_arithmetic(addends: tuple[int, ...]) -> None:
    problem = Problem(addends)
    assert [int(part) for part in problem.question.removesuffix("=?").split("+")] == list(addends)
    assert int(problem.answer) == sum(addends) % 1000
    assert len(problem.answer) == 3
    assert problem.depth == len(addends) - 1


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_generated_problems_are_of_their_split_all_different_and_reproducible(split) -> None:
    problems = generate(split, 100, seed=7)
    assert {held_out(problem.question) for problem in problems} == {split == "heldout"}
    assert len({problem.id for problem in problems}) == 100
    assert problems == generate(split, 100, seed=7)
    assert problems != generate(split, 100, seed=8)


def test_depths_take_turns_and_fewer_problems_are_a_prefix_of_more() -> None:
    problems = generate("heldout", 50)
    assert [problem.depth for problem in problems[:12]] == [*DEPTHS, *DEPTHS]
    assert problems[:20] == generate("heldout", 20)
    assert {problem.depth for problem in generate("train", 9, depths=[2, 5])} == {2, 5}


def test_every_answer_occurs_among_the_held_out_sums_of_every_depth() -> None:
    squares = [sum(int(digit) ** 2 for digit in f"{n:03d}") for n in range(1000)]
    shallow = {
        (a + b) % 1000
        for a, b in itertools.product(range(1000), repeat=2)
        if (squares[a] + squares[b]) % 7 == 3
    }
    assert len(shallow) == 1000
    rng = random.Random(0)
    for depth in (2, 6):
        assert len({draw(rng, depth, "heldout").answer for _ in range(12_000)}) == 1000


@settings(deadline=None)
@given(ADDENDS, st.randoms())
def test_reordering_the_addends_never_moves_a_sum_across_the_split(addends, rng) -> None:
    shuffled = list(addends)
    rng.shuffle(shuffled)
    assert held_out(Problem(tuple(shuffled)).question) == held_out(Problem(addends).question)


def test_about_one_problem_in_seven_is_held_out() -> None:
    rng = random.Random(0)
    sums = [Problem(tuple(rng.randrange(1000) for _ in range(3))) for _ in range(7000)]
    assert 900 < sum(held_out(problem.question) for problem in sums) < 1100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "test", "count": 1}, "unknown split 'test': one of train, heldout"),
        ({"split": "train", "count": -1}, "must not be negative"),
        ({"split": "train", "count": 1, "depths": []}, "depths must be positive"),
        ({"split": "train", "count": 1, "depths": [0]}, "depths must be positive"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        generate(**arguments)
