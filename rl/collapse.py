"""Recognises a training that goes wrong, and names the step and the likely cause.

What users meet without being told: open-r1 #255, #257, #436, #474. Only what lasts counts, beyond
the noise of the steps; a training that has learnt all there is to learn (few groups with signal,
low entropy, high reward) is not one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rl.series import FALLEN, WINDOW, is_number, series

_FALL = 0.5  # of the way from its best to its floor: less is within what a healthy training wavers
_ENTROPY = 0.1  # of its start: healthy ones on nano end at 8 to 60 %, with the reward risen
_CUT = 0.6  # share of completions that are cut off: most of what is drawn earns nothing
_CUT_MORE = 0.3  # and so much above the start: a cap that was always too short is no collapse
_KL = 5.0  # nats a token: the reference no longer says anything about the policy
_KLFALLEN = 1.0  # nats a token, where the reward fell; healthy ones on nano stay below 0.3
_REPEATS = 0.5  # share of the text that says again what was said
_REPEATS_MORE = 0.25  # and so much above the start: some models repeat themselves from birth
_SIGNALLESS = 0.95  # share of groups; healthy ones reach 0.8 at an accuracy of 0.95
_SHORT = 0.2  # of the longest mean length
_LEARNT = 0.9  # accuracy from which groups without signal are success


@dataclass(frozen=True)
class Collapse:
    """``step``: where it began."""

    kind: str
    step: int
    evidence: str
    cause: str


def find_collapses(rows: Sequence[Mapping[str, Any]]) -> list[Collapse]:
    """What the log of a training shows at its end, by kind. Keys that are missing say nothing; but
    for numbers that are none, nothing is said before two windows of steps.

    >>> rows = [{"step": n, "reward": 0.8 if n < 30 else 0.02} for n in range(1, 50)]
    >>> [(found.kind, found.step) for found in find_collapses(rows)]
    [('reward', 30)]
    """
    kinds = (_numbers, _reward, _entropy, _length, _short, _kl, _repetition, _signal, _hacking)
    return [found for kind in kinds if (found := kind(rows)) is not None]


def _numbers(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    """A gradient must be none twice: 16-bit training skips a step now and then, to rescale."""
    before = False
    for row in rows:
        gradient = "grad_norm" in row and not is_number(row["grad_norm"])
        if ("loss" in row and not is_number(row["loss"])) or (gradient and before):
            return Collapse(
                "numbers",
                row["step"],
                "loss or gradient is not a number",
                "too high a learning rate, or 16-bit overflow: lower it, or train in bfloat16",
            )
        before = gradient
    return None


def _reward(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    reward = series(rows, "reward")
    if reward is None:
        return None
    since = reward.since(reward.values < reward.fallen_below(_FALL))
    return (
        None
        if since is None
        else Collapse(
            "reward",
            since,
            f"reward {reward.now:.3f} after {reward.best:.3f}",
            "the steps are too large: lower learning_rate, let it decay, or keep beta above 0",
        )
    )


def _entropy(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    """Low entropy with a reward that rose and stayed is what learning looks like."""
    entropy, reward = series(rows, "entropy"), series(rows, "reward")
    if entropy is None or reward is None or entropy.start <= 0:
        return None
    accuracy = series(rows, "accuracy")
    learnt = reward.gained or (accuracy is not None and accuracy.now > _LEARNT)
    if learnt and not reward.fell:
        return None
    since = entropy.since(entropy.values < _ENTROPY * entropy.start)
    return (
        None
        if since is None
        else Collapse(
            "entropy",
            since,
            f"entropy {entropy.now:.3f} nats a token after {entropy.start:.3f}, reward "
            f"{reward.now:.3f} after {reward.best:.3f}",
            "completions are all alike before they are right: a higher upper clip (epsilon_high), "
            "a lower learning_rate, or a higher beta",
        )
    )


def _length(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    cut = series(rows, "completions/clipped_ratio") or series(rows, "truncated")
    if cut is None:
        return None
    since = cut.since(cut.values >= max(_CUT, cut.start + _CUT_MORE))
    tokens = series(rows, "completions/mean_length")
    return (
        None
        if since is None
        else Collapse(
            "length",
            since,
            f"{cut.now:.0%} of the completions are cut off after {cut.start:.0%}"
            + (f", at {tokens.now:.0f} tokens in the mean" if tokens is not None else ""),
            "no end is found any more: is the end of the sequence trained on? give more "
            "max_completion_length, or the overlong reward",
        )
    )


def _short(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    """Shorter and as good is welcome: the reward, or the accuracy behind it, must have fallen."""
    tokens = series(rows, "completions/mean_length")
    pay = [one for key in ("reward", "accuracy") if (one := series(rows, key)) is not None]
    fallen = [one for one in pay if one.fell]
    if tokens is None or not fallen:
        return None
    since = tokens.since(tokens.values < _SHORT * tokens.best)
    what = "reward" if fallen[0] is pay[0] else "accuracy"
    return (
        None
        if since is None
        else Collapse(
            "shortness",
            since,
            f"{tokens.now:.0f} tokens a completion after {tokens.best:.0f}, {what} "
            f"{fallen[0].now:.3f} after {fallen[0].best:.3f}",
            "a short guess pays as much as a thought: does the reward pay for form alone?",
        )
    )


def _kl(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    kl, reward = series(rows, "kl"), series(rows, "reward")
    if kl is None:
        return None
    since = kl.since(kl.values >= (_KLFALLEN if reward is not None and reward.fell else _KL))
    return (
        None
        if since is None
        else Collapse(
            "kl",
            since,
            f"KL {kl.now:.1f} nats a token after {kl.start:.3f}",
            "the policy has left its reference: lower learning_rate, raise beta, or refresh the "
            "reference more often",
        )
    )


def _repetition(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    repeated = series(rows, "repetition")
    if repeated is None:
        return None
    since = repeated.since(repeated.values >= max(_REPEATS, repeated.start + _REPEATS_MORE))
    return (
        None
        if since is None
        else Collapse(
            "repetition",
            since,
            f"{repeated.now:.0%} of the text repeats itself after {repeated.start:.0%}",
            "length or form is paid without the answer: add the repetition reward, look at samples",
        )
    )


def _signal(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    """All wrong, or all right from the start; all right after learning is success."""
    signalless, accuracy = series(rows, "signalless"), series(rows, "accuracy")
    if signalless is None:
        return None
    right = accuracy is not None and accuracy.now > _LEARNT
    if right and accuracy is not None and (accuracy.gained or accuracy.start <= _LEARNT):
        return None
    since = signalless.since(signalless.values >= _SIGNALLESS, 2 * WINDOW)
    return (
        None
        if since is None
        else Collapse(
            "signal",
            since,
            f"{signalless.now:.0%} of the groups have equal rewards"
            + (f", accuracy {accuracy.now:.1%}" if accuracy is not None else ""),
            "the problems are too easy: take harder ones"
            if right
            else "the problems are too hard, or no answer can be read: easier ones, more "
            "num_generations, dynamic_sampling",
        )
    )


def _hacking(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    """The reward rises and what it stands for falls; ``rewards/NAME/mean`` tells what rose."""
    reward, accuracy = series(rows, "reward"), series(rows, "accuracy")
    if reward is None or accuracy is None or not reward.gained or not accuracy.fell:
        return None
    since = accuracy.since(accuracy.values < accuracy.fallen_below(FALLEN))
    parts = {key.split("/")[1] for row in rows for key in row if key.startswith("rewards/")}
    rises = {
        name: part.now - part.start
        for name in sorted(parts)
        if (part := series(rows, f"rewards/{name}/mean")) is not None and part.gained
    }
    most = max(rises, key=lambda name: rises[name], default=None)
    return (
        None
        if since is None
        else Collapse(
            "hacking",
            since,
            f"reward {reward.now:.3f} after {reward.start:.3f}"
            + (f", {most} {rises[most]:+.3f}" if most is not None else "")
            + f"; accuracy {accuracy.now:.3f} after {accuracy.best:.3f}",
            "what is paid is not what is wanted: look at samples, lower the weight of "
            f"{most or 'what rose'}, or give it in the last part of the training alone (begin)",
        )
    )
