"""How long to wait before a request is tried again."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST, _LONGEST = 0.5, 60.0  # seconds


def backoff(attempt: int, between: random.Random) -> float:
    """Seconds before the attempt after number ``attempt`` (from 1): a random share of 0.5, 1, 2, 4
    … 60, at least half, so that requests that failed together do not come back together.

    >>> [round(backoff(attempt, random.Random(7)), 2) for attempt in (1, 2, 3, 20)]
    [0.33, 0.66, 1.32, 39.71]
    """
    full = min(_LONGEST, _FIRST * 2.0 ** min(attempt - 1, 10))
    return full * between.uniform(0.5, 1.0)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a server asks to be left alone for; a number or an HTTP date (RFC 9110, 10.2.3).
    ``None`` where it says nothing that can be read.

    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> retry_after("2", noon), retry_after("Thu, 01 Jan 2026 12:00:30 GMT", noon)
    (2.0, 30.0)
    >>> retry_after("Thu, 01 Jan 2026 11:00:00 GMT", noon), retry_after("soon", noon)
    (0.0, None)
    """
    if header is None:
        return None
    try:
        seconds = float(header)
        return seconds if 0 <= seconds < float("inf") else None
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())
