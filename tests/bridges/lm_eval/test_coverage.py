"""How many of lm-eval's generative tasks load: the floor under docs/results/lm_eval_coverage.md."""

import logging
import random

import pytest

from bridges.lm_eval.coverage import generative, loads


@pytest.mark.parametrize("name", ["gsm8k", "aime24", "drop", "wmt16-de-en"])
def test_well_known_tasks_load(name):
    assert loads(name).cause == ""


def test_code_that_a_model_wrote_is_not_run():
    cause = loads("humaneval").cause
    assert "outside a sandbox" in cause or "code_eval" in cause


@pytest.mark.slow
def test_four_of_five_load():
    logging.disable(logging.CRITICAL)
    drawn = random.Random(0).sample(generative(), 200)
    tried = [load for load in map(loads, drawn) if load is not None]
    assert sum(not load.cause for load in tried) >= 0.8 * len(tried)
