"""The user's own code: run once, and blamed in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.errors import UserError
from tasks.usercode import call, load_function


def test_a_file_is_run_once_for_all_its_functions(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from pathlib import Path\n"
        "with Path(__file__).with_name('runs').open('a') as runs: runs.write('x')\n"
        "def one(): return 1\n"
        "def two(): return 2\n"
    )
    assert [load_function(f"{path}:{name}")() for name in ("one", "two", "one")] == [1, 2, 1]
    assert (tmp_path / "runs").read_text() == "x"


def test_a_file_that_was_changed_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def mine(): return 1\n")
    assert load_function(f"{path}:mine")() == 1
    path.write_text("def mine(): return 12\n")  # of another size, or Python trusts its own cache
    os.utime(path, ns=(0, 10**18))
    assert load_function(f"{path}:mine")() == 12


def test_whatever_a_users_function_raises_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def mine(a, b): raise KeyError(f'no {a}\\n or {b}')\n")
    with pytest.raises(UserError) as error:
        call(load_function(f"{path}:mine"), "mine.py:mine", "x", "y")
    assert str(error.value) == "mine.py:mine failed: KeyError: 'no x\\n or y'"


def test_a_message_of_several_lines_becomes_one() -> None:
    def mine() -> None:
        raise ValueError("first\n  second")

    with pytest.raises(UserError, match=r"^mine.py:mine failed: ValueError: first second$"):
        call(mine, "mine.py:mine")
