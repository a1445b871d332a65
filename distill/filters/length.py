"""Neither too short nor too long.

>>> from distill.traces import Trace
>>> def said(text, **meta): return Trace([], [{"role": "assistant", "content": text}], meta)
>>> Length().reason(said("4", tokens=40_000)), Length().reason(said("4", tokens=40))
('40000 tokens', None)
>>> Length().reason(said("4"))
'its tokens were not counted (bound characters instead)'
>>> Length(unit="characters", at_least=2).reason(said("4"))
'1 characters'
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.schema import Strict


class Length(Strict):
    """From ``at_least`` to ``at_most``, in the tokens of ``meta`` or in characters. 32,768 tokens
    are the paper's longest in training (arXiv 2501.12948v2, settings of SFT).
    """

    unit: Literal["tokens", "characters"] = "tokens"
    at_least: NonNegativeInt = 1
    at_most: PositiveInt | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.at_least > self._most:
            raise ValueError(f"at_least {self.at_least} is more than at_most {self._most:g}")
        return self

    @property
    def _most(self) -> float:
        if self.at_most is not None:
            return self.at_most
        return 32768 if self.unit == "tokens" else float("inf")

    def reason(self, trace: Trace) -> Reason | None:
        length = len(trace.text) if self.unit == "characters" else trace.meta.get("tokens")
        if not isinstance(length, int):
            return "its tokens were not counted (bound characters instead)"
        return None if self.at_least <= length <= self._most else f"{length} {self.unit}"
