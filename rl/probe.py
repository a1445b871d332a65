"""Graded samples from the policy as it is, outside training."""

from __future__ import annotations

from collections.abc import Sequence

from rl.graded import Asked, GradedSample, grade_samples
from rl.load import Loaded
from rl.rollouts import Rollout
from sampling import tokens
from sampling.engine import FinishReason, Sampling


def draw_graded(
    loaded: Loaded, asked: Sequence[Asked], seeds: Sequence[int], sampling: Sampling
) -> tuple[list[GradedSample], list[Rollout]]:
    """One sample for each problem and seed."""
    drawn = loaded.policy.draw([one.prompt_ids for one in asked], seeds, sampling)
    texts = [tokens.decode(loaded.tokenizer, one.ids, loaded.end_ids) for one in drawn]
    ends: list[FinishReason] = [
        "stop" if one.ids[-1] in loaded.end_ids else "length" for one in drawn
    ]
    return grade_samples(asked, texts, ends, [len(one.ids) for one in drawn]), drawn
