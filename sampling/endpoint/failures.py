"""How an attempt at a request fails: for now, or for good."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Again(Exception):
    """This attempt failed and another may not. ``after``: seconds that the server asked for.
    ``slower``: it has too much to do.
    """

    reason: str
    after: float | None = None
    slower: bool = False


@dataclass
class Refused(Exception):
    """The server will not answer this request however often it is asked. ``stops``: nor any other
    (a wrong key, an unknown model). ``told`` is all that it said, for `Parameters.learn`.
    ``lasting``: not though it has answered others (a key that is refused, no money left).
    ``spent``: it was not refused, but no attempt of many came to anything. ``url``: of the server.
    """

    reason: str
    stops: bool = False
    told: str = ""
    spent: bool = False
    url: str = ""
    lasting: bool = False
