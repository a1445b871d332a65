"""Several servers of one model: each request goes to the one that has most to spare."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sampling.endpoint.window import Window


@dataclass
class Server:
    """One server. No request goes to it before ``closed_until`` (seconds of `time.monotonic`), and
    none at all once it is ``left_out``; ``failures`` in a row; ``answered``: it has, at least once.
    """

    url: str
    window: Window
    under_way: int = 0
    closed_until: float = 0.0
    failures: int = 0
    answered: bool = False
    left_out: bool = False

    @property
    def load(self) -> float:
        return self.under_way / self.window.size

    def close(self, seconds: float) -> None:
        """Leave it alone for so long."""
        self.closed_until = max(self.closed_until, time.monotonic() + seconds)


class Servers:
    """Never more than ``most`` requests at once, over all of them. ``most_seen`` is how many there
    were. To be used within one event loop.
    """

    def __init__(self, servers: Sequence[Server], most: int) -> None:
        self._servers = servers
        self._most = most
        self._changed = asyncio.Event()
        self.most_seen = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Server]:
        """A server for one request, as soon as one has room."""
        while (server := self._freest()) is None:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_one_opens()):
                    await self._changed.wait()
        server.under_way += 1
        self.most_seen = max(self.most_seen, self._under_way())
        try:
            yield server
        finally:
            server.under_way -= 1
            self._changed.set()

    @property
    def several(self) -> bool:
        return len(self._asked) > 1

    @property
    def open(self) -> bool:
        """Whether any could be asked now, had it room."""
        now = time.monotonic()
        return any(server.closed_until <= now for server in self._asked)

    @property
    def _asked(self) -> list[Server]:
        return [server for server in self._servers if not server.left_out]

    def _under_way(self) -> int:
        return sum(server.under_way for server in self._servers)

    def _freest(self) -> Server | None:
        if self._under_way() >= self._most:
            return None
        now = time.monotonic()
        free = [s for s in self._asked if s.under_way < s.window.size and s.closed_until <= now]
        return min(free, key=lambda server: server.load, default=None)

    def _until_one_opens(self) -> float | None:
        """Seconds; ``None`` when only the end of a request makes room."""
        now = time.monotonic()
        waits = [s.closed_until - now for s in self._asked if s.closed_until > now]
        return min(waits, default=None)
