"""How many samples for ±x: what is planned is what the interval then shows."""

import pytest

from evals.metrics import task_metrics
from evals.outcomes import ProblemOutcome
from evals.plan import plan_samples
from tasks.grading.verdict import Verdict as V


def problem(name, correct, n):
    verdicts = (V.CORRECT,) * correct + (V.WRONG,) * (n - correct)
    return ProblemOutcome(name, verdicts, tuple(int(v is V.WRONG) for v in verdicts))


def run(correct, n, times=1):
    return [problem(f"{t}-{i}", c, n) for t in range(times) for i, c in enumerate(correct)]


def half(interval):
    return (interval[1] - interval[0]) / 2


PILOT = (0, 0, 1, 4, 4, 7, 8, 8)


def test_the_planned_samples_bring_the_seeds_interval_to_the_width():
    plan = plan_samples(run(PILOT, 8), 0.02)
    scale = plan.samples // 8
    longer = task_metrics(run([c * scale for c in PILOT], 8 * scale))["pass@1"]
    assert half(longer.ci95_seeds) == pytest.approx(0.02, rel=0.1)


def test_where_problems_differ_more_samples_do_not_help_and_it_says_so():
    plan = plan_samples(run(PILOT, 8), 0.05)
    endless = task_metrics(run([c * 500 for c in PILOT], 4000))["pass@1"]
    assert plan.floor == pytest.approx(half(endless.ci95), rel=0.05)
    assert "however many samples" in plan.sentence
    assert f"{plan.problems:,} problems" in plan.sentence


def test_the_planned_problems_bring_the_other_interval_to_the_width():
    plan = plan_samples(run(PILOT, 8), 0.05)
    more = task_metrics(run(PILOT, 8, times=plan.problems // len(PILOT)))["pass@1"]
    assert half(more.ci95) == pytest.approx(0.05, rel=0.1)


def test_where_problems_are_alike_samples_are_enough():
    plan = plan_samples(run([4] * 200, 8), 0.05)
    assert plan.floor < 0.05
    assert "samples alone" in plan.sentence


def test_one_problem_plans_samples_only():
    plan = plan_samples(run([4], 8), 0.1)
    assert plan.samples > 8
    assert (plan.floor, plan.problems) == (None, None)


@pytest.mark.parametrize("width", [0, -0.1, 0.5, 2])
def test_an_impossible_width_is_refused(width):
    with pytest.raises(ValueError, match="half-width"):
        plan_samples(run(PILOT, 8), width)


def test_without_usable_samples_there_is_nothing_to_plan_from():
    with pytest.raises(ValueError, match="usable"):
        plan_samples([ProblemOutcome("p", (None, V.UNSURE), (None, None))], 0.1)
