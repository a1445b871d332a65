"""Numbers: what is the same, and that no heavy library is needed to say so."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.grading import grade_answer


@settings(deadline=None)
@given(st.integers(0, 10**12))
def test_an_integer_equals_its_spellings(n: int) -> None:
    commas = f"{n:,}"
    spellings = [f"00{n}", f"{n}.0", commas, commas.replace(",", "{,}"), commas.replace(",", r"\,")]
    spellings += [
        f"${n}$",
        rf"\({n}\)",
        rf"\text{{{n}}}",
        f"x = {n}",
        f"{n}.",
        rf"{n} \text{{ cm}}",
    ]
    for spelling in spellings:
        assert grade_answer(gold=str(n), answer=spelling).verdict == "correct", spelling


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_different_integers_differ(n: int, m: int) -> None:
    assert (grade_answer(gold=str(n), answer=str(m)).verdict == "correct") == (n == m)


@settings(deadline=None)
@given(st.integers(-999, 999), st.integers(1, 999), st.integers(1, 9))
def test_a_fraction_equals_itself_expanded(p: int, q: int, k: int) -> None:
    expanded = rf"\dfrac{{{p * k}}}{{{q * k}}}"
    assert grade_answer(gold=f"{p}/{q}", answer=expanded).verdict == "correct"


def test_numbers_need_neither_sympy_nor_another_process() -> None:
    program = """
import sys
from tasks.grading import grade_answer, grade_completion, group_equivalent
for answer in ("73", "1{,}234", r"\\frac{1}{2}", "2.5e3", "50%", "12 cm", "2^{10}", "1,2"):
    grade_answer(gold="73", answer=answer)
grade_completion(gold="73", completion="So the answer is 73.")
group_equivalent(["1", "2", "1.0"])
import tasks.grading.symbolic as symbolic
heavy = {"sympy", "torch", "numpy", "math_verify", "pydantic"} & set(sys.modules)
assert not heavy, heavy
assert not symbolic._pool.idle
"""
    subprocess.run([sys.executable, "-c", program], check=True)
