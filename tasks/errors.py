"""The one error a user is meant to see."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 5


class UserError(Exception):
    """Something the user can mend. Its message is one line that says what to do.

    The command line prints it without a traceback and ends with exit code 2.
    """


def in_one(broken: Sequence[tuple[str, UserError]]) -> UserError:
    """The first error of several rows, and where the next are. A place is "line 7 of FILE".

    >>> faults = [(f"line {i} of a.jsonl", UserError(f"line {i} of a.jsonl: …")) for i in range(8)]
    >>> print(in_one(faults))
    line 0 of a.jsonl: … (broken too: line 1, line 2, line 3, line 4 and 3 more)
    >>> print(in_one(faults[:1]))
    line 0 of a.jsonl: …
    """
    (_, first), *others = broken
    if not others:
        return first
    named = ", ".join(place.partition(" of ")[0] for place, _ in others[: _NAMED - 1])
    more = len(broken) - _NAMED
    return UserError(f"{first} (broken too: {named}{f' and {more} more' if more > 0 else ''})")
