"""What a user asked for: the arguments of one `r1eval eval`, kept in run.json so that it can be
done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runs.forcing import Mode
from tasks.errors import UserError

IMPORTED = "imported"
"""The engine of samples that were drawn elsewhere."""


@dataclass(frozen=True)
class RunSettings:
    """``None`` means: not said. What was not said is settled when the run starts, and a resumed
    run takes over what was settled then.
    """

    model: str
    tasks: tuple[str, ...]
    out: Path
    samples: int = 1
    protocol: str = "chat"
    limit: int | None = None
    seed: int = 0
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    max_tokens: int | None = None
    budgets: tuple[int, ...] = ()
    budget_mode: Mode = "truncate"
    wait: str | None = None
    waits: int | None = None
    until_ci: float | None = None
    max_samples: int | None = None
    engine: str = "auto"
    concurrency: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    engine_args: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None
    adapter: str | None = None
    needs_gold: bool = True
    include_path: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything but ``out``, which is where this is written."""
        stored = {
            **self.__dict__,
            "tasks": list(self.tasks),
            "budgets": list(self.budgets),
            "engine_args": dict(self.engine_args),
        }
        del stored["out"]
        return stored

    def check_model(self) -> None:
        """Raises UserError where there is no model to ask."""
        if self.engine == IMPORTED:
            raise UserError(
                f"the samples of {self.model} were imported: there is no model to ask for more"
            )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], out: Path) -> RunSettings:
        lists = {name: tuple(stored.get(name, ())) for name in ("tasks", "budgets")}
        return cls(**{**stored, **lists, "out": out})
