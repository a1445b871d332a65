"""Recognises a training that goes wrong, and names the step and the likely cause.

Only lasting changes count: every test looks at medians over some steps, and a training that has
learnt all there is to learn (few groups with signal, low entropy, high reward) is not one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

WINDOW = 8
"""Steps that a median is taken over."""

_FALL = 0.5  # of its best, a reward that stays below has collapsed
_NOTICEABLE = 0.1  # a best reward below it is noise
_ENTROPY = 0.1  # of its start
_REPEATS = 0.5  # share of the text that says again what was said
_CUT = 0.6  # share of completions that are cut off
_KL = 5.0  # nats a token: the reference no longer says anything about the policy
_SIGNALLESS = 0.95  # share of groups
_SHORT = 0.2  # of the longest mean length
_STAYS = 0.8  # of its best: a reward that did not fall


@dataclass(frozen=True)
class Collapse:
    """``step``: where it began."""

    kind: str
    step: int
    evidence: str
    cause: str


def find_collapses(rows: Sequence[Mapping[str, Any]]) -> list[Collapse]:
    """What the log of a training shows, by kind; nothing before two windows of steps.

    >>> rows = [{"step": n, "reward": 0.8 if n < 30 else 0.02} for n in range(1, 50)]
    >>> [(found.kind, found.step) for found in find_collapses(rows)]
    [('reward', 30)]
    """
    if found := _not_a_number(rows):
        return [found]
    if len(rows) < 2 * WINDOW:
        return []
    kinds = (_reward, _entropy, _length, _short, _kl, _repetition, _signal)
    return [found for kind in kinds if (found := kind(rows)) is not None]


def _not_a_number(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    for row in rows:
        if any(key in row and row[key] is None for key in ("loss", "grad_norm")):
            return Collapse(
                "numbers",
                row["step"],
                "loss or gradient is not a number",
                "too high a learning rate, or 16-bit overflow: lower it, or train in bfloat16",
            )
    return None


def _reward(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    best = max(_medians(rows, "reward"), default=0.0)
    now = _last(rows, "reward")
    if best < _NOTICEABLE or now is None or now >= _FALL * best:
        return None
    return Collapse(
        "reward",
        _since(rows, "reward", lambda value: value < _FALL * best),
        f"reward {now:.3f} after {best:.3f}",
        "the steps are too large: lower learning_rate, let it decay, or keep beta above 0",
    )


def _entropy(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    values = _values(rows, "entropy")
    best, reward = max(_medians(rows, "reward"), default=0.0), _last(rows, "reward")
    if len(values) < 2 * WINDOW or reward is None:
        return None
    start, now = median(values[:WINDOW]), median(values[-WINDOW:])
    learnt = (
        reward > _STAYS * best and reward > median(_values(rows, "reward")[:WINDOW]) + _NOTICEABLE
    )
    if start <= 0 or now >= _ENTROPY * start or learnt:
        return None
    return Collapse(
        "entropy",
        _since(rows, "entropy", lambda value: value < _ENTROPY * start),
        f"entropy {now:.3f} nats a token after {start:.3f}, reward {reward:.3f}",
        "completions are all alike before they are right: a higher upper clip (epsilon_high), a "
        "lower learning_rate, or a higher beta",
    )


def _length(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    cut = _last(rows, "completions/clipped_ratio")
    values = _values(rows, "completions/clipped_ratio")
    if cut is None or cut < _CUT or median(values[:WINDOW]) > _CUT / 2:
        return None
    return Collapse(
        "length",
        _since(rows, "completions/clipped_ratio", lambda value: value >= _CUT),
        f"{cut:.0%} of the completions are cut off",
        "no end is found any more: is the end of the sequence trained on? give more "
        "max_completion_length, or the overlong reward",
    )


def _short(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    best = max(_medians(rows, "completions/mean_length"), default=0.0)
    now, reward = _last(rows, "completions/mean_length"), _last(rows, "reward")
    top = max(_medians(rows, "reward"), default=0.0)
    if now is None or reward is None or now >= _SHORT * best or reward > _STAYS * top:
        return None
    return Collapse(
        "shortness",
        _since(rows, "completions/mean_length", lambda value: value < _SHORT * best),
        f"{now:.0f} tokens a completion after {best:.0f}, reward {reward:.3f}",
        "a short guess pays as much as a thought: does the reward pay for form alone?",
    )


def _kl(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    now = _last(rows, "kl")
    if now is None or now < _KL:
        return None
    return Collapse(
        "kl",
        _since(rows, "kl", lambda value: value >= _KL),
        f"KL {now:.1f} nats a token",
        "the policy has left its reference: lower learning_rate, raise beta, or refresh the "
        "reference more often",
    )


def _repetition(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    values, now = _values(rows, "repetition"), _last(rows, "repetition")
    if now is None or now < _REPEATS or median(values[:WINDOW]) > _REPEATS / 2:
        return None
    return Collapse(
        "repetition",
        _since(rows, "repetition", lambda value: value >= _REPEATS),
        f"{now:.0%} of the text repeats itself",
        "length or form is paid without the answer: add the repetition reward, look at samples",
    )


def _signal(rows: Sequence[Mapping[str, Any]]) -> Collapse | None:
    now, accuracy = _last(rows, "signalless"), _last(rows, "accuracy")
    if now is None or now < _SIGNALLESS:
        return None
    if accuracy is not None and accuracy > 0.9:
        return None  # it has learnt what there is to learn
    return Collapse(
        "signal",
        _since(rows, "signalless", lambda value: value >= _SIGNALLESS),
        f"{now:.0%} of the groups have equal rewards, accuracy {accuracy or 0:.1%}",
        "the problems are too hard, or no answer can be read: easier ones, more num_generations, "
        "dynamic_sampling",
    )


def _values(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [float(row[key]) for row in rows if row.get(key) is not None]


def _medians(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    values = _values(rows, key)
    return [median(values[n : n + WINDOW]) for n in range(len(values) - WINDOW + 1)]


def _last(rows: Sequence[Mapping[str, Any]], key: str) -> float | None:
    medians = _medians(rows, key)
    return medians[-1] if medians else None


def _since(rows: Sequence[Mapping[str, Any]], key: str, bad: Any) -> int:
    """The first step of those at the end that are nearly all bad: of any ``WINDOW`` of them at most
    a quarter is not.
    """
    known = [row for row in rows if row.get(key) is not None]
    first = len(known)
    good = 0
    for place in range(len(known) - 1, -1, -1):
        if bad(float(known[place][key])):
            first, good = place, 0
        else:
            good += 1
            if good > WINDOW // 4:
                break
    step: int = known[min(first, len(known) - 1)]["step"]
    return step
