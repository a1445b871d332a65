"""Rewards: plain functions over graded samples, with TRL's signature.

TRL calls a reward with ``prompts``, ``completions``, ``completion_ids`` and the columns of the data
set, each a list as long as the batch. Here it is also given ``samples``, the same completions
graded (`rl.graded.GradedSample`). A reward returns a number for each, or ``None`` where it has
none. Where the grader could not decide, no reward counts, whatever it returned.
"""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trl.rewards import get_repetition_penalty_reward, get_soft_overlong_punishment

from rl.graded import GradedSample
from rl.recipe import Reward
from rl.reward_model import preference
from runs.seeds import sample_seed
from tasks.errors import UserError
from tasks.grading import Verdict
from tasks.language import consistency
from tasks.schema import nearest
from tasks.thinking import DEFAULT as TAGS
from tasks.usercode import load_function

RewardFunction = Callable[..., list[float | None]]


def accuracy(samples: Sequence[GradedSample], **_: Any) -> list[float | None]:
    """1 for a correct answer, else 0 (arXiv 2501.12948v2, section 2.2); none where there is no
    gold.
    """
    return [
        float(sample.grade.verdict is Verdict.CORRECT) if sample.asked.gold else None
        for sample in samples
    ]


def thought_format(samples: Sequence[GradedSample], **_: Any) -> list[float | None]:
    """1 for one thought in its tags and an answer behind it, else 0 (section 2.2).

    Where the prompt opens the thought already, the reply does not have to: TRL's own format reward
    wants the tag all the same, and is then always 0 (open-r1 #560). The tags are of a kind that the
    prompt names, or of any kind where it names none. Where the prompt asks for ``<answer>`` tags,
    or the model speaks the miniature's language, the answer stands in them.
    """
    return [float(_is_formed(sample)) for sample in samples]


def _is_formed(sample: GradedSample) -> bool:
    asked, text, split = sample.asked, sample.text, sample.split
    if sample.finish_reason != "stop" or not (split.thought.strip() and split.answer.strip()):
        return False
    named = [tags for tags in TAGS if tags.opening in asked.prompt] or TAGS
    opened = [tags for tags in TAGS for _ in range(text.count(tags.opening))]
    closed = [tags for tags in TAGS for _ in range(text.count(tags.closing))]
    if len(closed) != 1 or closed[0] not in named or opened != ([] if asked.prefilled else closed):
        return False
    if not asked.prefilled and not text.lstrip().startswith(closed[0].opening):
        return False
    if not asked.answer_tags:
        return True
    answer = split.answer.strip()
    inside = answer.removeprefix("<answer>").removesuffix("</answer>")
    return len(inside) == len(answer) - 17 and bool(inside.strip()) and "answer>" not in inside


def language(samples: Sequence[GradedSample], **_: Any) -> list[float | None]:
    """Share of the thought's words that are in the target language (section 3.2.1). A thought
    without words mixes nothing and gets 1; a reply without a thought 0, lest not thinking pay.
    """
    return [
        share
        if (share := consistency(sample.split.thought, sample.asked.language)) is not None
        else float(sample.split.opened)
        for sample in samples
    ]


def chance(p: float = 0.5, seed: int = 0) -> RewardFunction:
    """1 with probability ``p``, whatever the answer: the control of "Spurious Rewards" (arXiv
    2506.10947). The same completions in the same places get the same.
    """
    if not 0 <= p <= 1:
        raise UserError(f"the reward random has p {p}: give a probability")

    def drawn(samples: Sequence[GradedSample], **_: Any) -> list[float | None]:
        return [
            float(random.Random(sample_seed(seed, s.asked.prompt + s.text, n)).random() < p)
            for n, s in enumerate(samples)
        ]

    return drawn


_PLAIN: Mapping[str, RewardFunction] = {
    "accuracy": accuracy,
    "format": thought_format,
    "language": language,
}
_MADE: Mapping[str, Callable[..., Any]] = {
    "random": chance,
    "preference": preference,
    "repetition": get_repetition_penalty_reward,
    "overlong": get_soft_overlong_punishment,
}
"""Those that take arguments; the last two are TRL's own."""


def _limited(function: RewardFunction, reward: Reward) -> RewardFunction:
    """Paid to those samples alone that the recipe names, and from its part of the training on."""
    if reward.problems == "all" and not reward.begin:
        return function

    def rewarded(**given: Any) -> list[float | None]:
        samples: Sequence[GradedSample] = given["samples"]
        state = given.get("trainer_state")  # none outside training
        if state is not None and state.global_step < reward.begin * state.max_steps:
            return [None] * len(samples)
        wanted = [
            reward.problems == "all" or bool(s.asked.gold) == (reward.problems == "gold")
            for s in samples
        ]
        values = function(**given)
        return [value if is_one else None for value, is_one in zip(values, wanted, strict=True)]

    return _named(rewarded, function.__name__)


def find_rewards(rewards: Sequence[Reward], most_tokens: int) -> list[RewardFunction]:
    """A function for each, named as TRL logs it. ``overlong`` begins to punish at four fifths of
    ``most_tokens``, as DAPO does, unless its arguments say otherwise. Raises UserError on what is
    not there, and on two of one name.
    """
    overlong = {"max_completion_len": most_tokens, "soft_punish_cache": most_tokens // 5}
    found = [
        _limited(
            find_reward(
                reward.model_copy(update={"args": {**overlong, **reward.args}})
                if reward.use == "overlong"
                else reward
            ),
            reward,
        )
        for reward in rewards
    ]
    for function, reward in zip(found, rewards, strict=True):
        function.__name__ = reward.name or function.__name__
    names = [function.__name__ for function in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UserError(f"two rewards are called {', '.join(sorted(twice))}: give one a name")
    return found


def find_reward(reward: Reward) -> RewardFunction:
    """Raises UserError when there is none of this name, or it does not take these arguments."""
    use, args = reward.use, dict(reward.args)
    if ".py:" in use:
        return _own(use, args)
    if use in _PLAIN:
        if args:
            raise UserError(f"the reward {use} takes no arguments, and args has {', '.join(args)}")
        return _named(_PLAIN[use], use)
    if use not in _MADE:
        known = [*_PLAIN, *_MADE]
        near = nearest(use, known)
        hint = f"did you mean {near[0]!r}?" if near else f"{', '.join(known)} or file.py:function"
        raise UserError(f"unknown reward {use!r}: {hint}")
    make = _MADE[use]
    takes = inspect.signature(make).parameters
    if unknown := [name for name in args if name not in takes]:
        raise UserError(f"the reward {use} takes {', '.join(takes)}, not {unknown[0]!r}")
    try:
        made = make(**args)
        made(completion_ids=[[0] * 8], samples=[])  # TRL's read their arguments only when called
    except (TypeError, ValueError, ZeroDivisionError) as error:
        given = ", ".join(f"{name} {value!r}" for name, value in args.items())
        raise UserError(f"the reward {use} cannot work with {given}: {error}") from error
    return _named(made, use)


def _named(function: Callable[..., Any], name: str) -> RewardFunction:
    def rewarded(**given: Any) -> list[float | None]:
        values: list[float | None] = function(**given)
        return values

    rewarded.__name__ = name
    return rewarded


def _own(spec: str, args: Mapping[str, Any]) -> RewardFunction:
    function = load_function(spec)
    name = spec.rpartition(":")[2]

    def rewarded(**given: Any) -> list[float | None]:
        try:
            values = list(function(**given, **args))
        except Exception as error:  # anything may be wrong with code that is not ours
            text = " ".join(f"{type(error).__name__}: {error}".split())
            raise UserError(f"{spec} failed: {text}") from error
        number = len(given["completions"])
        if len(values) != number:
            raise UserError(f"{spec} returned {len(values)} rewards for {number} completions")
        return [_number(value, spec) for value in values]

    rewarded.__name__ = name
    return rewarded


def _number(value: Any, spec: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"{spec} returned {value!r}: a reward is a number or None") from error
    if not math.isfinite(number):
        raise UserError(f"{spec} returned {number}: a reward is a finite number or None")
    return number
