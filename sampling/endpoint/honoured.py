"""What a server made of what was asked, counted over all replies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sampling.endpoint.finish import known
from sampling.endpoint.reply import Reply

_MOST = 50  # of a kind are written down; a server may word every failure anew


@dataclass
class Honoured:
    """``models``: what the replies say answered them. ``over``: replies longer than was asked for.
    ``retries``: why requests were sent again.

    >>> from sampling.endpoint.reply import Usage
    >>> honoured = Honoured("r1")
    >>> honoured.add(Reply("4", None, "stop", "r1-turbo", None, Usage(9, 80)), max_tokens=64)
    >>> for finding in honoured.findings(): print(finding)
    1 of 1 replies are longer than the tokens asked for
    1 of 1 replies came from r1-turbo, not r1
    """

    asked: str
    replies: int = 0
    models: Counter[str] = field(default_factory=Counter)
    fingerprints: Counter[str] = field(default_factory=Counter)
    finishes: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    over: int = 0
    short: int = 0
    longest_cut: int = 0
    uncounted: int = 0

    def add(self, reply: Reply, max_tokens: int) -> None:
        self.replies += 1
        self.finishes[reply.finish or "none"] += 1
        if reply.model is not None:
            self.models[reply.model] += 1
        if reply.fingerprint is not None:
            self.fingerprints[reply.fingerprint] += 1
        self.over += (reply.usage.completion or 0) > max_tokens
        if reply.finish == "length" and 0 < (reply.usage.completion or 0) < max_tokens:
            self.short += 1
            self.longest_cut = max(self.longest_cut, reply.usage.completion or 0)
        self.uncounted += reply.usage.completion is None

    def findings(self) -> list[str]:
        """Where the server did otherwise than asked, a sentence each."""
        counts = {
            "are longer than the tokens asked for": self.over,
            f"were cut off at fewer tokens than asked for ({self.longest_cut} at most)": self.short,
            "came without a count of tokens": self.uncounted,
        }
        counts |= {
            f"came from {model}, not {self.asked}": count
            for model, count in self.models.items()
            if model != self.asked
        }
        counts |= {
            f"do not say how they ended, but {word!r}: the text was gone by": count
            for word, count in self.finishes.items()
            if not known(word)
        }
        if len(self.fingerprints) > 1:
            several = f"{len(self.fingerprints)} builds of the model (system_fingerprint) answered"
        else:
            several = ""
        found = [f"{n} of {self.replies} replies {what}" for what, n in counts.items() if n]
        return [*found, several] if several else found

    def as_json(self) -> dict[str, Any]:
        return {
            "replies": self.replies,
            "models": dict(self.models.most_common(_MOST)),
            "fingerprints": dict(self.fingerprints.most_common(_MOST)),
            "finish_reasons": dict(self.finishes.most_common(_MOST)),
            "longer_than_asked": self.over,
            "without_a_count": self.uncounted,
            "retries": dict(self.retries.most_common(_MOST)),
        }
