"""Expressions compared in other processes: what runs away is unsure, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.grading import symbolic


@pytest.mark.parametrize(
    ("tower", "reason"),
    [
        ("2024^{2024^{2024}}", "took more than 2 s"),
        # whoever has the second factorial within 2 s comes to the third, and there too deep
        ("((9!)!)!", "took more than 2 s|nested too deeply"),
    ],
)
def test_what_would_run_for_ever_is_given_up_and_the_next_comparison_works(
    tower: str, reason: str
) -> None:
    with pytest.raises(symbolic.Undecided, match=reason):
        symbolic.equal(tower, "x")
    assert symbolic.equal(r"x\sqrt{8}", r"2x\sqrt2")


def test_any_thread_may_ask() -> None:
    def ask(n: int) -> bool:
        return symbolic.equal(f"{n}u+v", f"v+{n}u") and not symbolic.equal(f"{n}u+v", f"v-{n}u")

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(2, 18)))
    assert len(symbolic._pool.idle) <= (os.cpu_count() or 1)


def test_a_program_without_a_main_guard_may_ask() -> None:
    program = "from tasks.grading import symbolic; print(symbolic.equal('a+b', 'b+a'))"
    told = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True)
    assert (told.stdout.strip(), told.stderr) == ("True", "")
