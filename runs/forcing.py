"""Budgets of thinking: which, and what happens to a thought that does not end within one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from tasks.errors import UserError

Mode = Literal["truncate", "force", "extend"]
MODES: tuple[Mode, ...] = get_args(Mode)
BOX = "\\boxed{"
END = "{end}"
"""Stands in an answer cue for the tag that closes the thought."""


@dataclass(frozen=True)
class Forcing:
    """How thoughts meet their budgets (in tokens, rising).

    ``truncate``: a thought that does not end within a budget counts as truncated. ``force``: it is
    cut there, closed with ``cue`` and answered in ``forced_tokens`` at most (budget forcing, arXiv
    2501.19393). ``extend``: a thought that ended before the largest budget loses its end, ``wait``
    is appended and it goes on, up to ``waits`` times; then as in ``force``.
    """

    mode: Mode
    budgets: tuple[int, ...]
    cue: str
    forced_tokens: int
    wait: str
    waits: int

    @property
    def asks(self) -> bool:
        """Whether the model is asked for anything."""
        return self.mode != "truncate"

    def closing(self, tag: str) -> str:
        """What ends a thought and begins its answer; ``tag`` is empty where a model has none, and
        then the line of its own that it may have is left out.
        """
        return (
            self.cue.replace(END, tag) if tag else self.cue.replace(f"\n{END}", "").replace(END, "")
        )

    @property
    def until(self) -> Callable[[str], bool] | None:
        """Says of a forced answer that it is whole; ``None`` where it ends by itself."""
        return box_closed if self.cue.endswith(BOX) else None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "budgets": list(self.budgets)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Forcing:
        return cls(**{**stored, "budgets": tuple(stored["budgets"])})


NANO: dict[str, Any] = {
    "answer_tokens": 32,
    "answer_cue": END + "<answer>",
    "forced_tokens": 16,
    "wait": "wait",
    "waits": 1,
}
"""The miniature's own, in place of what any protocol says."""


def box_closed(text: str) -> bool:
    """Whether text that began inside a brace has left it.

    >>> [box_closed(text) for text in ("42", "42} so", "{1}{2}", "{1}{2}}", "\\\\}")]
    [False, True, False, True, False]
    """
    depth = 1
    for brace in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth == 0:
            return True
    return False


def read_budgets(text: str) -> tuple[int, ...]:
    """Budgets as a user writes them, rising; ``1k`` is 1024. Raises UserError.

    >>> read_budgets("2k, 512,1k")
    (512, 1024, 2048)
    """
    budgets = []
    for word in filter(None, (part.strip().lower() for part in text.split(","))):
        if not re.fullmatch(r"[0-9]{1,9}k?", word) or not int(word.removesuffix("k")):
            raise UserError(f"--budgets {word}: give numbers of tokens, like 512,1k,2k")
        budgets.append(int(word.removesuffix("k")) * (1024 if word.endswith("k") else 1))
    if not budgets:
        raise UserError("--budgets: give numbers of tokens, like 512,1k,2k")
    if len(set(budgets)) < len(budgets):
        raise UserError(f"--budgets {text}: name each budget once")
    return tuple(sorted(budgets))
