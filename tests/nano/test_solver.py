"""Worked thoughts: right when nothing slips, honest about what follows from a slip."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from nano.language import DIGITS, WAIT, spell
from nano.solver import Habits, conclusion, work

ADDENDS = st.lists(st.integers(0, 999), min_size=2, max_size=7).map(tuple)
SCRIPTS = st.sampled_from(["ascii", "han", "mixed"])


def columns(thought: str) -> list[tuple[int, int, int, int]]:
    """(digit, digit, carry, what is written behind `=`) of each column."""
    found = re.findall(r"(\d)\+(\d)\+(\d)=(\d\d);", spell(thought, "ascii"))
    return [tuple(map(int, column)) for column in found]


@settings(deadline=None)
@given(ADDENDS, SCRIPTS, st.integers())
def test_a_thought_without_slips_ends_in_the_sum(addends, script, seed) -> None:
    thought = work(addends, Habits(script, check=0.2), random.Random(seed))
    assert conclusion(thought) == f"{sum(addends) % 1000:03d}"
    assert all(a + b + carry == value for a, b, carry, value in columns(thought))


@settings(deadline=None)
@given(ADDENDS, SCRIPTS, st.integers())
def test_slips_that_are_noticed_change_nothing_in_the_end(addends, script, seed) -> None:
    thought = work(addends, Habits(script, slip=0.5, notice=1.0), random.Random(seed))
    assert conclusion(thought) == f"{sum(addends) % 1000:03d}"


def test_a_slip_that_is_not_noticed_is_carried_on() -> None:
    thoughts = [work((582, 867), Habits(slip=0.2), random.Random(i)) for i in range(200)]
    assert len({conclusion(thought) for thought in thoughts}) > 20
    assert not any(WAIT in thought for thought in thoughts)


@settings(deadline=None)
@given(ADDENDS)
def test_a_plain_thought_costs_forty_tokens_an_addition(addends) -> None:
    assert len(work(addends, Habits(), random.Random(0))) == 40 * (len(addends) - 1)


@settings(deadline=None)
@given(ADDENDS, st.sampled_from(["ascii", "han"]))
def test_a_thought_in_one_script_holds_no_digit_of_the_other(addends, script) -> None:
    thought = work(addends, Habits(script), random.Random(0))
    other = "han" if script == "ascii" else "ascii"
    assert not set(thought) & set(DIGITS[other])


def test_a_mixed_thought_changes_its_script_between_clauses_and_not_within() -> None:
    thought = work((582, 867, 4, 31), Habits("mixed"), random.Random(1))
    clauses = re.split("[:;]", thought)
    scripts = [{c in DIGITS["han"] for c in clause if c.isalnum()} for clause in clauses if clause]
    assert {len(found) for found in scripts} == {1}
    assert scripts.count({True}) > 0 < scripts.count({False})
