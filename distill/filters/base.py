"""What a filter is. It gives a reason for each trace that it drops; nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from distill.traces import Trace

Reason = str
"""Why a trace is dropped, in a few words with the figure or the text that decided."""


@runtime_checkable
class Filter(Protocol):
    """Judges one trace at a time, in the order of the file; it may remember those before."""

    def reason(self, trace: Trace) -> Reason | None:
        """Why ``trace`` is dropped, ``None`` where it is kept."""
        ...


@runtime_checkable
class GroupFilter(Protocol):
    """Judges all traces of one problem together."""

    def reasons(self, traces: Sequence[Trace]) -> Sequence[Reason | None]:
        """For each trace why it is dropped, ``None`` where it is kept."""
        ...
