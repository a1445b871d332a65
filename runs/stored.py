"""What a run's database holds, as a reader gets it."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.grading.verdict import Grade

SampleKey = tuple[str, str, int]
"""Task, problem id, index."""


@dataclass(frozen=True)
class StoredProblem:
    """A problem as it was asked: ``prompt`` is the text that the model read."""

    task: str
    problem_id: str
    position: int
    question: str
    gold: str
    answer_type: str
    prompt: str
    thought_prefilled: bool


@dataclass(frozen=True)
class Sample:
    """One completion. ``thinking_tokens`` + ``answer_tokens`` are all that were generated; where a
    server told how many that are, and not how many of them were thought, ``generated_tokens`` is.

    ``token_ids`` is ``None`` where the engine gave none, and where a reader did not ask for them.
    """

    task: str
    problem_id: str
    index: int
    seed: int
    text: str
    finish_reason: str
    prompt_tokens: int | None
    thinking_tokens: int | None
    answer_tokens: int | None
    token_source: str
    token_ids: tuple[int, ...] | None
    finished_at: float
    generated_tokens: int | None = None

    @property
    def generated(self) -> int | None:
        """How many tokens were generated; ``None`` where nobody counted them."""
        if self.thinking_tokens is None or self.answer_tokens is None:
            return self.generated_tokens
        return self.thinking_tokens + self.answer_tokens

    @property
    def key(self) -> SampleKey:
        return self.task, self.problem_id, self.index


@dataclass(frozen=True)
class StoredBill:
    """Tokens that a run's endpoint was paid for, in all sessions; ``uncounted`` of its ``replies``
    came without a count.
    """

    prompt_tokens: int
    reply_tokens: int
    replies: int
    uncounted: int


@dataclass(frozen=True)
class StoredExtended:
    """A sample's trajectory after it was told to wait: all of its tokens, ``waits`` included."""

    task: str
    problem_id: str
    index: int
    waits: int
    finish_reason: str
    token_ids: tuple[int, ...]


@dataclass(frozen=True)
class StoredForced:
    """The answer to a thought that was cut at a budget: ``text`` and ``token_ids`` are what the
    model wrote after the thought's first ``budget`` tokens and ``closing``.
    """

    task: str
    problem_id: str
    index: int
    mode: str
    budget: int
    closing: tuple[int, ...]
    text: str
    finish_reason: str
    token_ids: tuple[int, ...]


@dataclass(frozen=True)
class BudgetGrade:
    """What a sample is worth at a budget. ``finished``: it came to its own end there. ``tokens``
    of the sample count there, the forced answer's apart.
    """

    grade: Grade
    finished: bool
    tokens: int
    forced_tokens: int
