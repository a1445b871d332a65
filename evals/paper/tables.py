"""The tables as printed, a YAML file each in ``printed/``: figures in percent, with their sources.

A cell holds what most printings say; other printings of it stand under ``variants``, and what
contradicts what under ``notes``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import model_validator

from tasks.errors import UserError
from tasks.schema import Paper, Strict, nearest, read_spec, read_yaml

FOLDER = Path(__file__).parent / "printed"
REMEASURED = Path(__file__).parent / "remeasured"


class Variant(Strict):
    """Another printing of a cell: its ``value`` in percent, and ``where`` that stands."""

    row: str
    column: str
    value: float
    where: str


class PaperTable(Strict):
    """One table. ``rows`` holds for each model one value per column, ``None`` where none is given;
    ``sampling`` is how its figures were drawn, where not as DeepSeek drew those of a task.

    >>> distilled = read_table("distilled")
    >>> distilled.value("DeepSeek-R1-Distill-Qwen-7B", "aime24 pass@1")
    55.5
    """

    title: str
    sources: tuple[str, ...]
    columns: tuple[str, ...]
    rows: dict[str, tuple[float | None, ...]]
    sampling: Paper | None = None
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for row, values in self.rows.items():
            if len(values) != len(self.columns):
                raise ValueError(f"row {row!r}: {len(values)} values, {len(self.columns)} columns")
        for variant in self.variants:
            if variant.row not in self.rows or variant.column not in self.columns:
                raise ValueError(f"variant of {variant.row!r}, {variant.column!r}: no such cell")
        return self

    def value(self, row: str, column: str) -> float | None:
        """The cell in percent. Raises KeyError or ValueError where there is no such cell."""
        return self.rows[row][self.columns.index(column)]

    def drawn(self, task: str) -> Paper | None:
        """How its figures of a task of the catalogue were drawn.

        >>> [read_table(name).drawn("aime24").samples for name in ("distilled", "s1")]
        [64, 1]
        """
        return self.sampling or read_spec(task).paper


class Remeasured(PaperTable):
    """What others measured of the same models: ``by`` whom, with ``samples`` of each problem by
    task; ``spreads``: standard deviations over these in percent, laid out as ``rows``, where told.
    """

    by: str
    samples: dict[str, int]
    spreads: dict[str, tuple[float, ...]]

    def spread(self, row: str, column: str) -> float | None:
        of_row = self.spreads.get(row)
        return None if of_row is None else of_row[self.columns.index(column)]


def read_remeasured() -> list[Remeasured]:
    return [read_yaml(path, Remeasured) for path in sorted(REMEASURED.glob("*.yaml"))]


def table_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_table(name: str) -> PaperTable:
    """A table by name. Raises UserError naming the nearest when there is none.

    >>> read_table("distiled")
    Traceback (most recent call last):
    tasks.errors.UserError: no table 'distiled' of the paper: did you mean 'distilled'?
    """
    names: Iterable[str] = table_names()
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        raise UserError(f"no table {name!r} of the paper: {hint}")
    return read_yaml(FOLDER / f"{name}.yaml", PaperTable)


def row_of(table: PaperTable, model: str) -> str | None:
    """The row that a model's name means: the last part of it, whatever its case.

    >>> row_of(read_table("distilled"), "deepseek-ai/deepseek-r1-distill-qwen-7b")
    'DeepSeek-R1-Distill-Qwen-7B'
    """
    name = model.rpartition("#")[2].rstrip("/").rpartition("/")[2].casefold()
    return next((row for row in table.rows if row.casefold() == name), None)


def named_row(table: PaperTable, name: str) -> str:
    """A row by its name. Raises UserError naming the nearest when there is none."""
    if (found := row_of(table, name)) is not None:
        return found
    near = nearest(name, table.rows)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(table.rows)}"
    raise UserError(f"no row {name!r} in that table: {hint}")
