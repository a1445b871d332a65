"""What the figures mean."""

import pytest
from scipy.stats import binomtest

from nano.measure import Sample, Share, figures
from nano.problems import Problem

SUM = Problem((582, 867))


@pytest.mark.parametrize(("hits", "of"), [(0, 24), (1, 30), (8, 100), (1536, 1536)])
def test_the_interval_is_wilsons(hits, of) -> None:
    theirs = binomtest(hits, of).proportion_ci(method="wilson")
    assert Share(hits, of).interval == pytest.approx((theirs.low, theirs.high), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("<answer>449</answer><eos>", True),
        ("<think>=111;</think><answer>449</answer><eos>", True),
        ("<answer>449</answer>", False),
        ("<answer>450</answer><eos>", False),
        ("<think>=449;", False),
    ],
)
def test_a_sample_is_right_when_it_ends_with_the_right_answer(text, right) -> None:
    assert Sample(SUM, text, tokens=9).right is right


def test_the_table_separates_what_was_thought_through_from_what_was_not() -> None:
    table = figures(
        [
            Sample(SUM, "<answer>000</answer><eos>", 6),
            Sample(SUM, "<think>=四四九;wait=449;</think><answer>449</answer><eos>", 20),
            Sample(SUM, "<think>=449;</think><answer>449</answer><eos>", 13),
            Sample(SUM, "<think>5", 2),
        ]
    )
    assert table["accuracy"].startswith("50.0 %")
    assert table["thinks"].endswith("(3/4)")
    assert table["accuracy when it thinks"].endswith("(2/3)")
    assert table["accuracy when it does not"].endswith("(0/1)")
    assert table["thoughts mixing scripts"].endswith("(1/3)")
    assert table["unfinished"].endswith("(1/4)")
