"""One request until it is answered or given up: tried again, slowed down, put otherwise."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import httpx2

from sampling.endpoint.client import Client
from sampling.endpoint.failures import Again, Refused
from sampling.endpoint.finish import finish_reason
from sampling.endpoint.honoured import Honoured
from sampling.endpoint.parameters import Parameters, PrefixMode
from sampling.endpoint.prices import Bill
from sampling.endpoint.reply import Reply
from sampling.endpoint.retry import backoff
from sampling.endpoint.servers import Server, Servers
from sampling.engine import OnTokens, Request, Sampling


@dataclass(frozen=True)
class Options:
    """``concurrency``: requests at once at most. A request is tried ``attempts`` times within
    ``deadline`` seconds; an attempt is given up after ``timeout`` seconds without a byte.
    ``prefix`` unset is settled by what the server is; ``tokenizer`` is a folder or a hub id.
    """

    concurrency: int = 64
    attempts: int = 8
    timeout: float = 600.0
    deadline: float = 7200.0
    stream: bool = True
    prefix: PrefixMode | None = None
    tokenizer: str | None = None


class Batch:
    """What the requests of one call of `sample` have in common; for one event loop."""

    def __init__(
        self,
        servers: Sequence[Server],
        at_once: int,
        sampling: Sampling,
        on_tokens: OnTokens | None = None,
    ) -> None:
        self.servers = Servers(servers, at_once)
        self.at_once = at_once
        self.sampling = sampling
        self.on_tokens = on_tokens

    def max_tokens(self, request: Request) -> int:
        return self.sampling.max_tokens if request.max_tokens is None else request.max_tokens

    def piece(self) -> None:
        if self.on_tokens is not None:
            self.on_tokens(1)


class Asker:
    """``stopped`` says why nothing more is asked, once that is so."""

    def __init__(
        self,
        client: Client,
        parameters: Parameters,
        options: Options,
        bill: Bill,
        honoured: Honoured,
    ) -> None:
        self._client = client
        self._parameters = parameters
        self._options = options
        self._bill = bill
        self._honoured = honoured
        self._between = random.Random()
        self.stopped: str | None = None

    @property
    def why_stopped(self) -> str | None:
        if self._bill.reached:
            return f"the cost limit of ${self._bill.limit:g} was reached"
        return self.stopped

    async def reply(
        self, http: httpx2.AsyncClient, batch: Batch, request: Request, begun: str
    ) -> Reply:
        """The reply, going on from ``begun``. Raises Refused, also where no attempt of many came to
        anything.
        """
        loop = asyncio.get_running_loop()
        until = None
        for attempt in count(1):
            async with batch.servers.place() as server:
                if (reason := self.why_stopped) is not None:
                    raise Refused(reason)
                until = until or loop.time() + self._options.deadline
                try:
                    async with asyncio.timeout_at(until):
                        return await self._attempt(http, batch, server, request, begun)
                except TimeoutError:
                    failure = Again("the reply is too slow", slower=True)
                except Again as error:
                    failure = error
            wait = max(failure.after or 0.0, backoff(attempt, self._between))
            if attempt >= self._options.attempts:
                raise Refused(f"{failure.reason} (tried {attempt} times)", spent=True)
            if loop.time() + wait >= until:
                within = f"not within {self._options.deadline:g} s"
                raise Refused(f"{failure.reason} ({within})", spent=True)
            self._honoured.retries[failure.reason] += 1
            if failure.slower:  # for others too, though not as long as for what failed often
                server.close(failure.after or backoff(1, self._between))
            elif batch.servers.several:  # who fails at once is always the freest
                server.close(backoff(server.failures, self._between))
            if not (batch.servers.several and batch.servers.open):
                await asyncio.sleep(wait)
        raise AssertionError("attempts are counted")

    async def _attempt(
        self, http: httpx2.AsyncClient, batch: Batch, server: Server, request: Request, begun: str
    ) -> Reply:
        epoch = server.window.epoch
        try:
            reply = await self._post(http, batch, server, request, begun)
        except Again as error:
            server.failures += 1
            if error.slower:
                server.window.overloaded(epoch)
            raise
        except Refused as error:
            error.url = server.url
            if error.stops:
                self._stay(batch, server, error)
            raise
        server.failures = 0
        server.answered = True
        server.window.succeeded()
        return reply

    def _stay(self, batch: Batch, server: Server, error: Refused) -> None:
        """Raises Again where one refusal is not the end: of a path or a model that were there
        before, or of one server among others, which is left out then.
        """
        if server.answered and not error.lasting:
            server.failures += 1
            raise Again(error.reason) from error
        if server.left_out or batch.servers.several:
            server.left_out = True
            self._parameters.note(f"{server.url} is left out: {error.reason}")
            raise Again(error.reason) from error

    async def _post(
        self, http: httpx2.AsyncClient, batch: Batch, server: Server, request: Request, begun: str
    ) -> Reply:
        """One attempt, said otherwise as often as the server asks for that."""
        most = batch.max_tokens(request)
        while True:
            body = self._parameters.body(request.prompt, begun, batch.sampling, most, request.seed)
            url = server.url + self._parameters.path(request.prompt)
            try:
                reply = await self._client.post(http, url, body, batch.piece)
            except Refused as error:
                if not self._parameters.learn(error.told, body):
                    raise
                continue
            self._bill.add(reply.usage)
            finish_reason(reply, most)  # raises where it was cut off or withheld
            if not self._parameters.stream and batch.on_tokens is not None:
                batch.on_tokens(reply.usage.completion or 0)
            return reply
