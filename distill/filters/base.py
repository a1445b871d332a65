"""What a filter is. It gives a reason for each trace that it drops; nothing is deleted.

A filter is its arguments, as a recipe gives them, and one of three ways to judge. Whatever reads
the text is done in any process, in any order; what compares traces is done in one, in order, from
the notes that were taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from distill.traces import Trace

Reason = str
"""Why a trace is dropped, in a few words with the figure or the text that decided."""


@runtime_checkable
class Filter(Protocol):
    """Judges a trace by itself."""

    def reason(self, trace: Trace) -> Reason | None:
        """Why ``trace`` is dropped, ``None`` where it is kept."""
        ...


@runtime_checkable
class Memory(Protocol):
    """Judges a trace by those before it."""

    def note(self, trace: Trace) -> Any:
        """What it wants to know of a trace; small, and sent between processes."""
        ...

    def seen(self, note: Any) -> Reason | None:
        """Why the trace of this note is dropped; where it is kept it is remembered."""
        ...


@runtime_checkable
class GroupFilter(Protocol):
    """Judges all traces of one problem together."""

    counts_all: ClassVar[bool]
    """Whether it is shown every trace that was given, also those dropped before it."""

    def note(self, trace: Trace) -> Any: ...

    def reasons(self, notes: Sequence[Any]) -> Sequence[Reason | None]:
        """For each trace why it is dropped, ``None`` where it is kept."""
        ...


@runtime_checkable
class Notices(Protocol):
    """A filter that has something to say about itself."""

    def notices(self) -> Sequence[str]: ...


AnyFilter = Filter | Memory | GroupFilter
