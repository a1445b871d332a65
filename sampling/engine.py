"""What every engine is given and hands back. An engine answers prompts; it knows no task.

The flow, for two samples of one prompt::

    request = Request(("demo", 0), Prompt.chat("582+867=?"), seed=17)   # and ("demo", 1), seed=99
    engine.sample([request, ...], Sampling(temperature=0.6, top_p=0.95, max_tokens=64), on_finish)
    # on_finish(request, Completion(text="<think>…", finish_reason="stop", …)) once per request
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, Protocol

TINY = 20_000_000
"""Parameters below which a step is bound by dispatch: 16 bits and more threads gain nothing."""


class ModelError(Exception):
    """The model cannot be loaded or used; the message is one line that says what to do."""


class OutOfMemory(Exception):
    """So many rows of this length do not fit; fewer may."""


class Unanswered(ModelError):
    """Some requests were given up: ``reasons`` has (key, reason) of each. `on_finish` was called
    for all others.
    """

    def __init__(self, reasons: Sequence[tuple[Hashable, str]]) -> None:
        counts = Counter(reason for _, reason in reasons)
        told = "; ".join(f"{reason} ({count})" for reason, count in counts.items())
        super().__init__(f"{len(reasons)} requests got no answer: {told}")
        self.reasons = reasons


FinishReason = Literal["stop", "length"]
"""``stop``: at its own end, or where the request's ``until`` said so."""
TokenSource = Literal["ids", "usage", "retokenized", "unknown"]


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Prompt:
    """Either a conversation for the model's own chat template, or plain text.

    ``prefill`` opens the reply (R1's forced ``<think>\\n``); a template that already ends with it
    does not get it twice.
    """

    messages: tuple[Message, ...] = ()
    text: str | None = None
    prefill: str = ""

    @classmethod
    def chat(cls, content: str, prefill: str = "") -> Prompt:
        """One user turn, no system prompt."""
        return cls(messages=(Message("user", content),), prefill=prefill)


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. ``temperature`` 0 is greedy; ``max_tokens`` counts generated tokens.

    ``top_k`` 0, ``top_p`` 1 and ``min_p`` 0 cut nothing off. ``logprobs`` asks for the
    log-probability of each token drawn. Raises ValueError on what no token can be drawn by.

    >>> Sampling(top_p=0)
    Traceback (most recent call last):
    ValueError: top_p is above 0 and at most 1, not 0
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 256
    top_k: int = 0
    min_p: float = 0.0
    logprobs: bool = False

    def __post_init__(self) -> None:
        _check("temperature", self.temperature, "0 or above", 0 <= self.temperature < inf)
        _check("top_p", self.top_p, "above 0 and at most 1", 0 < self.top_p <= 1)
        _check("top_k", self.top_k, "0 or above", self.top_k >= 0)
        _check("min_p", self.min_p, "between 0 and 1", 0 <= self.min_p <= 1)
        _check("max_tokens", self.max_tokens, "1 or above", self.max_tokens >= 1)


@dataclass(frozen=True)
class Request:
    """One completion to draw. ``key`` comes back untouched; ``seed`` starts this sample's own
    stream, of which the first ``drawn`` numbers are left out. ``given`` are ids that the reply
    begins with: they are read, not drawn. ``max_tokens`` stands for the sampling's, and is as it 1
    or above, else ValueError; the reply ends sooner as soon as ``until`` says so of its text, which
    takes a decoding at every token.
    """

    key: Hashable
    prompt: Prompt
    seed: int
    given: tuple[int, ...] = ()
    drawn: int = 0
    max_tokens: int | None = None
    until: Callable[[str], bool] | None = None

    def __post_init__(self) -> None:
        if self.max_tokens is not None:
            _check("max_tokens", self.max_tokens, "1 or above", self.max_tokens >= 1)


def _check(name: str, value: float, what: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"{name} is {what}, not {value}")


@dataclass(frozen=True)
class Completion:
    """One finished completion, without its end-of-sequence token in ``text``.

    ``token_ids`` holds every generated id, the end-of-sequence token included, or ``None`` on an
    engine that does not tell; what the request gave is not among them. ``logprobs`` holds one
    number for each of them when asked for. ``prompt_tokens`` and ``completion_tokens`` are ``None``
    when unknown; ``thinking_tokens`` is there where an engine without ids was told how many of them
    were thought.
    """

    text: str
    finish_reason: FinishReason
    token_ids: tuple[int, ...] | None
    prompt_tokens: int | None
    completion_tokens: int | None
    token_source: TokenSource
    logprobs: tuple[float, ...] | None = None
    thinking_tokens: int | None = None


OnFinish = Callable[[Request, Completion], Request | None]
"""May return a request to go on with, as soon as can be: one that begins with the prompt of the
finished one, and with what that was given and drew as far as the two agree, is not read again."""
OnTokens = Callable[[int], None]


@dataclass(frozen=True)
class EngineFacts:
    """What a run writes down about the engine, so that a resumed run can ask for the same.

    ``tells_ids``: completions come with their token ids. ``begins_replies``: requests may give ids
    that the reply begins with, and prompts a prefill.
    """

    engine: str
    model: str
    revision: str
    device: str
    dtype: str
    threads: int | None
    parameters: int | None
    context_length: int | None
    closed_groups: bool  # text depends on what shares a batch: groups are fixed and redone whole
    sampler: str | None = None  # what drives an embedded model: "loop" or "generate"
    notices: tuple[str, ...] = ()
    tells_ids: bool = True
    begins_replies: bool = True


class Engine(Protocol):
    """An engine. ``sample`` blocks until every request, and every one that ``on_finish`` returned,
    was handed to ``on_finish`` exactly once.
    """

    facts: EngineFacts

    @property
    def prompt_language(self) -> str:
        """``nano`` for models that read the miniature's language, else ``natural``."""
        ...

    def render(self, prompt: Prompt) -> str:
        """The prompt's text as the model reads it."""
        ...

    def count_prompt_tokens(self, prompt: Prompt) -> int: ...

    def unknown_share(self, prompt: Prompt) -> float:
        """Share of the prompt's tokens that the tokenizer does not know, in [0, 1]."""
        ...

    def has_token(self, text: str) -> bool:
        """Whether the tokenizer has this text as one token."""
        ...

    def decode(self, token_ids: Sequence[int]) -> str: ...

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of text that stands within a reply."""
        ...

    def rows_that_fit(self, prompt_tokens: int, max_tokens: int) -> int:
        """How many sequences of this length fit into the memory that is free now."""
        ...

    def sample(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        on_finish: OnFinish,
        on_tokens: OnTokens | None = None,
        rows: int | None = None,
    ) -> None:
        """``rows`` go at once at most, all of them when ``None``. The same requests with the same
        ``rows`` give the same text on an engine of closed groups.

        Raises OutOfMemory when so many do not fit; `on_finish` may have been called for some.
        Raises Unanswered when some requests were given up, at the end of all others.
        """
        ...

    def score(
        self, requests: Sequence[Request], temperature: float = 1.0
    ) -> list[tuple[float, ...]]:
        """For each request the log-probability of every id that it gives, drawn at a temperature
        after its prompt and the ids before. Nothing is drawn. Temperature 0 is told as 1, as it is
        of what was drawn greedily. Raises OutOfMemory.
        """
        ...
