"""One sample on its way: what it reads, and what it has drawn so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sampling.draw import Drawn, Stream
from sampling.engine import FinishReason, OnTokens, Sampling


@dataclass
class Row:
    """``read`` are the ids of prompt and given text, at least one; ``ids`` those drawn, the end of
    the sequence included, with a log-probability each when the sampling asks for it. It ends with
    the sequence or as soon as ``until(ids)`` (``stop``), or at ``max_tokens`` drawn ids
    (``length``); ``until`` is asked once after each id.
    """

    read: Sequence[int]
    stream: Stream
    max_tokens: int
    until: Callable[[Sequence[int]], bool] | None = None
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: FinishReason | None = None

    @property
    def finished(self) -> bool:
        return self.finish_reason is not None

    def add(self, token: int, end_ids: frozenset[int]) -> None:
        """The next id drawn, which may be the last."""
        self.ids.append(token)
        if token in end_ids or (self.until is not None and self.until(self.ids)):
            self.finish_reason = "stop"
        elif len(self.ids) >= self.max_tokens:
            self.finish_reason = "length"


OnRow = Callable[[Row], Row | None]
"""Is told of a finished row, and may return one to go on with in its place: one whose ``read``
begins like what the finished one read and drew, which is then not read again."""


class Sampler(Protocol):
    """What drives a model."""

    def run(
        self,
        rows: Sequence[Row],
        sampling: Sampling,
        places: int,
        on_finish: OnRow,
        on_tokens: OnTokens | None = None,
    ) -> None:
        """Draw until every row has ended, and those that follow; each is reported at once."""
        ...

    def bytes_per_row(self, prompt_tokens: int, max_tokens: int) -> int:
        """The most memory that one of many rows takes, its prompt shared with none."""
        ...

    def score(
        self,
        reads: Sequence[Sequence[int]],
        given: Sequence[Sequence[int]],
        temperature: float,
        places: int,
    ) -> list[list[float]]:
        """The log-probability of each id in ``given`` after what was read before it, at 1 where
        the temperature is 0. At most ``places`` texts go at once.
        """
        ...


def logit_bytes(model: Any) -> int:
    """One row's scores in float32, the same at the temperature, and two more while summing."""
    vocabulary: int = model.config.get_text_config().vocab_size
    return 4 * 4 * vocabulary


def take(
    rows: Sequence[Row | None],
    drawn: Drawn,
    end_ids: frozenset[int],
    on_finish: OnRow,
) -> dict[int, Row]:
    """Give every row the token drawn in its place; ``None`` stands where nothing was drawn. Returns
    the rows that follow finished ones, by place.
    """
    tokens = drawn.tokens.tolist()
    logprobs = None if drawn.logprobs is None else drawn.logprobs.tolist()
    following = {}
    for place, row in enumerate(rows):
        if row is None:
            continue
        row.add(tokens[place], end_ids)
        if logprobs is not None:
            row.logprobs.append(logprobs[place])
        if row.finished and (follower := on_finish(row)) is not None:
            following[place] = follower
    return following
