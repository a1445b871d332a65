"""What replies cost, and when to stop asking for more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from sampling.endpoint.reply import Usage

_TABLE = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens of prompt and of reply; ``source`` says whose word that is."""

    prompt: float
    reply: float
    source: str

    def of(self, prompt_tokens: int, reply_tokens: int) -> float:
        """US dollars.

        >>> Price(0.5, 2.0, "").of(1_000_000, 100_000)
        0.7
        """
        return (self.prompt * prompt_tokens + self.reply * reply_tokens) / 1e6


def known_price(provider: str, model: str) -> Price | None:
    """The table's; nothing is to be paid for a server of one's own (``ollama``).

    >>> known_price("deepseek", "deepseek-reasoner").source
    'api-docs.deepseek.com/quick_start/pricing (V3.1, thinking), 2025-09'
    >>> known_price("deepseek", "another")
    """
    if provider == "ollama":
        return Price(0.0, 0.0, "a server of one's own")
    for row in yaml.safe_load(_TABLE.read_text(encoding="utf-8")):
        if (row["provider"], row["model"]) == (provider, model):
            return Price(float(row["in"]), float(row["out"]), f"{row['source']}, {row['date']}")
    return None


@dataclass
class Bill:
    """Tokens that were paid for. ``uncounted`` replies came without a count, so ``dollars`` is then
    a lower bound; it is ``None`` where no price is known.

    >>> bill = Bill(Price(1.0, 2.0, "mine"), limit=0.003)
    >>> bill.add(Usage(prompt=1000, completion=500)); bill.dollars, bill.reached
    (0.002, False)
    >>> bill.add(Usage(prompt=0, completion=500)); bill.dollars, bill.reached
    (0.003, True)
    """

    price: Price | None = None
    limit: float | None = None
    on_change: Callable[[], None] | None = None
    prompt_tokens: int = field(default=0, init=False)
    reply_tokens: int = field(default=0, init=False)
    replies: int = field(default=0, init=False)
    uncounted: int = field(default=0, init=False)
    carried: bool = field(default=False, init=False)

    def add(self, usage: Usage) -> None:
        self.replies += 1
        self.prompt_tokens += usage.prompt or 0
        self.reply_tokens += usage.completion or 0
        self.uncounted += usage.completion is None
        if self.on_change is not None:
            self.on_change()

    def carry(self, prompt_tokens: int, reply_tokens: int, replies: int, uncounted: int) -> None:
        """What earlier sessions of the run have cost, on top of what this one has by now; told
        once.
        """
        if self.carried:
            return
        self.carried = True
        self.prompt_tokens += prompt_tokens
        self.reply_tokens += reply_tokens
        self.replies += replies
        self.uncounted += uncounted

    @property
    def dollars(self) -> float | None:
        if self.price is None:
            return None
        return self.price.of(self.prompt_tokens, self.reply_tokens)

    @property
    def reached(self) -> bool:
        return self.limit is not None and self.dollars is not None and self.dollars >= self.limit
