"""Words of reflection: whole words of any case, however close the marks stand."""

import pytest

from tasks.reflection import WORDS, reflections


@pytest.mark.parametrize(
    ("thought", "number"),
    [
        ("Wait, WAIT... wait", 3),
        ("=449;wait582+867:2+7=09;wait", 2),
        ("等等wait一下", 1),
        ("awaiting butter, checked errors, mistaken", 0),
        ("", 0),
        (" ".join(WORDS), 10),
    ],
)
def test_whole_words_are_counted(thought, number):
    assert reflections(thought) == number
