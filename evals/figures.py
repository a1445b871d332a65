"""Plots as files: PNG or SVG, whole or not there, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runs.files import written_whole
from tasks.errors import UserError


@contextmanager
def saved(image: Path, inches: tuple[float, float]) -> Iterator[Any]:
    """A matplotlib figure of this size to draw on; it is written when the block ends well.

    Raises UserError on a name that ends in neither .png nor .svg.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if image.suffix not in {".png", ".svg"}:
        raise UserError(f"{image}: give a .png or an .svg file")
    page = Figure(figsize=inches, layout="constrained")
    yield page
    undated = {"Date": None} if image.suffix == ".svg" else {"Software": None}
    with written_whole(image) as file, rc_context({"svg.hashsalt": "r1eval"}):
        page.savefig(file, format=image.suffix[1:], dpi=150, metadata=undated)
