"""Problems and tasks as plain data: what passes between the catalogue, the runs and the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

AnswerType = Literal["integer", "number", "math", "choice"]
ANSWER_TYPES: tuple[str, ...] = get_args(AnswerType)


@dataclass(frozen=True)
class Problem:
    """One question with its gold answer.

    ``prompt`` is the problem as it is put to a model (choices listed where there are any), without
    the task's instruction; ``question`` is the bare text, which graders may read and ``tasks
    lint`` checks. ``turns`` are (role, text) pairs that a chat template gets in place of
    ``prompt``, and ``prefill`` opens the reply: where a task brings its own conversation.
    """

    id: str
    question: str
    gold: str
    prompt: str
    turns: tuple[tuple[Literal["system", "user", "assistant"], str], ...] = ()
    prefill: str = ""


@dataclass(frozen=True)
class PaperProtocol:
    """How the paper sampled this task. ``samples`` is its k; ``source`` says where that is
    written.
    """

    samples: int | None
    temperature: float
    top_p: float
    max_tokens: int
    source: str


@dataclass(frozen=True)
class Task:
    """A named set of problems with a prompt and a grader.

    ``instruction`` is the directive that says how to answer ("put your final answer within
    \\boxed{}"); a template decides whether it is shown. ``origin`` names the copy of the data that
    was read (a hub revision, a file, a function), ``language`` is ``"nano"`` for the miniature
    world's own language. A reply ends at the first of ``until`` that its answer holds.
    """

    name: str
    problems: Sequence[Problem]
    instruction: str
    answer_type: AnswerType
    max_tokens: int
    origin: str
    language: Literal["natural", "nano"] = "natural"
    paper: PaperProtocol | None = None
    until: tuple[str, ...] = ()
