"""What a plan must be told: how much there will be of what is not here yet.

In a pipeline's recipe by stage, or on the command line (``--expect sft.traces=800000``)::

    expected:
      reasoning: {completion_tokens: 8000}
      sft: {traces: 804745, trace_tokens: 5355}
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from tasks.errors import UserError
from tasks.schema import Strict, nearest

PROMPT_TOKENS = 200.0
"""Of a prompt, where nothing else is said: a contest problem with its instruction."""


class Expected(Strict):
    """Of one stage. ``completion_tokens`` is the mean of what is drawn, ``trace_tokens`` of what is
    trained on, prompt included; ``traces`` are also the rows of a reward model's data.
    """

    problems: PositiveInt | None = None
    prompt_tokens: NonNegativeFloat = PROMPT_TOKENS
    completion_tokens: PositiveFloat | None = None
    traces: PositiveInt | None = None
    trace_tokens: PositiveFloat | None = None


def check_expected(given: Iterable[str], stages: Collection[str]) -> None:
    """Raises UserError on a name that is no stage's, which pydantic does not catch.

    >>> check_expected(["sfd"], ["sft", "rl"])
    Traceback (most recent call last):
    tasks.errors.UserError: expected: 'sfd' is no stage: did you mean sft?
    """
    for name in given:
        if name not in stages:
            near = nearest(name, stages)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(stages)}"
            raise UserError(f"expected: {name!r} is no stage: {hint}")
