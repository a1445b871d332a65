"""Words of a thought and the language they are in: what counts, and what counts for none."""

import pytest

from tasks.errors import UserError
from tasks.language import consistency, mixes


@pytest.mark.parametrize(
    ("thought", "language"),
    [
        ("设x为整数，则n是偶数", "zh"),
        ("The area is πr squared, in ΔABC", "en"),
        ("그 수는 두 배", "ko"),
        ("Пусть x чётное", "ru"),
        ("über naïve café, don't", "en"),
    ],
)
def test_a_variable_beside_a_word_mixes_nothing(thought, language):
    assert consistency(thought, language) == 1
    assert not mixes(thought, language)


@pytest.mark.parametrize(
    ("thought", "language", "share"),
    [
        ("so x然后继续 we go", "en", 3 / 7),
        ("한국어然后继续", "ko", 1 / 5),
        ("Привет然后", "ru", 1 / 3),
        ("then مرحبا then", "en", 2 / 3),
        ("then λόγος then", "en", 2 / 3),
    ],
)
def test_scripts_that_touch_are_counted_apart(thought, language, share):
    assert consistency(thought, language) == pytest.approx(share)


@pytest.mark.parametrize(
    "thought",
    [
        "",
        "x = 2y + 3",
        "$\\text{若}x$",
        "`然后`",
        "```\n然后\n```",
        "\\[ 然 \\]",
        "<answer>3</answer>",
    ],
)
def test_formulas_code_and_tags_hold_no_words(thought):
    assert consistency(thought, "en") is None
    assert not mixes(thought, "en")


def test_prices_hide_no_words_between_them():
    assert mixes("It costs $5 然后 pay $3", "en")


def test_numerals_of_the_miniature_are_its_words():
    assert consistency("582+867:2+7=九;wait", "ascii") == pytest.approx(8 / 9)
    assert consistency("+=;", "han") is None


def test_a_language_that_is_not_known_is_said():
    with pytest.raises(UserError, match="unknown language 'eng'"):
        consistency("a", "eng")
