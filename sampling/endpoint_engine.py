"""An engine that asks OpenAI-compatible servers, one request for each sample.

What a server does not tell is not made up: token ids are there only by a tokenizer that the user
names, counts are the server's, and a prompt's text is known only from vLLM or that tokenizer.
"""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import httpx2

from sampling.endpoint.ask import Asker, Batch, Options
from sampling.endpoint.client import Client
from sampling.endpoint.failures import Refused
from sampling.endpoint.finish import finish_reason
from sampling.endpoint.honoured import Honoured
from sampling.endpoint.look import VllmTokens, look
from sampling.endpoint.parameters import Parameters, PrefixMode
from sampling.endpoint.place import PRESETS, Place
from sampling.endpoint.prices import Bill
from sampling.endpoint.reply import OPENING, Reply, Usage
from sampling.endpoint.servers import Server
from sampling.endpoint.tokens import Tokenizer
from sampling.endpoint.window import Window
from sampling.engine import (
    Completion,
    EngineFacts,
    ModelError,
    OnFinish,
    OnTokens,
    Prompt,
    Request,
    Sampling,
    Unanswered,
)

_ANY_NUMBER = 1_000_000
_OLLAMA = (
    "Ollama also samples by its Modelfile's top_k, min_p and repeat_penalty, which requests cannot "
    "set: give them there",
)
_LOST = 8
"""Prompts of which requests were given up one after the other, without an answer between, after
which no more is asked: a server may choke on one prompt, and go on with others.
"""


class EndpointEngine:
    """Samples through HTTP. Loading it asks every server what it serves; nothing is drawn.

    ``bill`` counts what was paid for and stops the run at its limit: what is under way then ends.
    Raises ModelError when a server cannot be reached or does not serve the model.
    """

    def __init__(self, place: Place, label: str, options: Options, bill: Bill) -> None:
        key, key_name = place.key()
        self._place = place
        self._options = options
        self._client = Client(key, key_name, options.timeout, place.local)
        self.served = served = look(self._client, place)
        self._vllm = None
        if served.owner == "vllm":
            vllm = VllmTokens(self._client, place.urls[0], place.model)
            self._vllm = vllm if vllm.is_there() else None
        self._tokenizer = Tokenizer(options.tokenizer) if options.tokenizer else None
        self.prefix: PrefixMode = options.prefix or self._settled_prefix()
        self._parameters = Parameters(place.model, self.prefix, options.stream, served.owner)
        self._servers = [Server(self._base(url), Window(options.concurrency)) for url in place.urls]
        self._answered = 0
        self._lost_in_a_row: set[Prompt] = set()
        self.most_at_once = 0
        self.bill = bill
        self.honoured = Honoured(place.model)
        self._asker = Asker(self._client, self._parameters, options, bill, self.honoured)
        language = self._tokenizer.language if self._tokenizer else "natural"
        self.prompt_language = "nano" if place.reads_nano else language
        self.facts = EngineFacts(
            engine="endpoint",
            model=label,
            revision="as served",
            device="remote",
            dtype="as served",
            threads=None,
            parameters=None,
            context_length=served.context_length,
            closed_groups=False,
            notices=(*place.notices, *_OLLAMA) if served.owner == "library" else place.notices,
            tells_ids=self._tokenizer is not None,
            begins_replies=self.prefix not in {"refuse", "server"},
        )

    def _settled_prefix(self) -> PrefixMode:
        if self._place.preset and PRESETS[self._place.preset].opens_thought:
            return "server"
        return "vllm" if self.served.owner == "vllm" else "refuse"

    def _base(self, url: str) -> str:
        beta = self._place.preset == "deepseek" and self.prefix == "deepseek"
        return url.removesuffix("/v1") + "/beta" if beta else url

    def render(self, prompt: Prompt) -> str:
        """The text that the model reads where it is known, else the messages as JSON. Raises
        ModelError on a prefill that the server cannot be given.
        """
        self._check_prefill(prompt)
        if prompt.text is None and self.prefix == "server":
            prompt = replace(prompt, prefill="")  # a template that opens the thought shows it
        if self._tokenizer is not None:
            return self._tokenizer.render(prompt)
        if prompt.text is not None:
            return prompt.text + prompt.prefill
        if self._vllm is not None:
            return self._vllm.text(self._vllm.of_prompt(prompt))
        messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
        return json.dumps(messages, ensure_ascii=False) + prompt.prefill

    def _check_prefill(self, prompt: Prompt) -> None:
        if not prompt.prefill or prompt.text is not None or self.facts.begins_replies:
            return
        if self.prefix == "server" and prompt.prefill.strip() == OPENING:
            self._parameters.note(
                f"{prompt.prefill!r} was not sent: the server's template is taken to open thoughts"
            )
            return
        raise ModelError(
            f"the protocol begins the reply with {prompt.prefill!r}, and a chat endpoint need not "
            "heed that: use --protocol chat, or say how this one does by --engine-arg "
            "assistant_prefix=vllm|deepseek|plain, or =server if its template opens the thought"
        )

    def count_prompt_tokens(self, prompt: Prompt) -> int:
        """Exact by a tokenizer or vLLM's; else no less than it can be: half as many as bytes."""
        if self._tokenizer is not None:
            return self._tokenizer.count_prompt(prompt)
        if self._vllm is not None:
            return len(self._vllm.of_prompt(prompt))
        text = (prompt.text or "") + "".join(m.content for m in prompt.messages) + prompt.prefill
        return len(text.encode()) // 2 + 16

    def unknown_share(self, prompt: Prompt) -> float:
        return 0.0

    def has_token(self, text: str) -> bool:
        """Where that is not known, reasoning models are supposed: they have thinking tags."""
        if self._tokenizer is not None:
            return self._tokenizer.has(text)
        if self._vllm is not None:
            return len(self._vllm.of_text(text)) == 1
        return True

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._named_tokenizer.decode(token_ids)

    def encode(self, text: str) -> tuple[int, ...]:
        return self._named_tokenizer.encode(text)

    @cached_property
    def _named_tokenizer(self) -> Tokenizer:
        if self._tokenizer is None:
            raise ModelError(
                f"{self.facts.model} tells no token ids: name the model's tokenizer by "
                "--engine-arg tokenizer=FOLDER"
            )
        return self._tokenizer

    def rows_that_fit(self, prompt_tokens: int, max_tokens: int) -> int:
        return _ANY_NUMBER

    def probe(self, prompt: Prompt, sampling: Sampling) -> Usage:
        """Ask for one token as all others will be asked for. Raises ModelError when the server
        will not have it: a wrong key, a model without this kind of prompt, a parameter.
        """
        return asyncio.run(self._probe(prompt, sampling))

    async def _probe(self, prompt: Prompt, sampling: Sampling) -> Usage:
        batch = Batch(self._servers, 1, sampling)
        request = Request("probe", prompt, seed=1, max_tokens=1)
        async with self._client.http() as http:
            try:
                reply = await self._asker.reply(http, batch, request, self._begun(request))
            except Refused as error:
                url = error.url or self._place.urls[0]
                hint = "" if url.endswith("/v1") or not error.stops else "; does the URL lack /v1?"
                raise ModelError(f"{url}: {error.reason}{hint}") from error
        return reply.usage

    def sample(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        on_finish: OnFinish,
        on_tokens: OnTokens | None = None,
        rows: int | None = None,
    ) -> None:
        if sampling.logprobs:
            raise ModelError("an endpoint tells no log-probabilities of what it draws")
        at_once = min(rows or self._options.concurrency, self._options.concurrency)
        batch = Batch(self._servers, at_once, sampling, on_tokens)
        try:
            failed = asyncio.run(self._sample(requests, batch, on_finish))
        finally:
            self.most_at_once = max(self.most_at_once, batch.servers.most_seen)
        if failed:
            raise Unanswered(failed)

    def score(
        self, requests: Sequence[Request], temperature: float = 1.0
    ) -> list[tuple[float, ...]]:
        raise ModelError("an endpoint does not score texts: use the model itself")

    @property
    def end(self) -> str | None:
        """The token that ends a reply, where a tokenizer is named."""
        return None if self._tokenizer is None else self._tokenizer.end

    @property
    def why_stopped(self) -> str | None:
        """Why nothing more is asked, once that is so."""
        return self._asker.why_stopped

    @property
    def tells_prompts(self) -> bool:
        """Whether `render` is what the model reads, also of a conversation."""
        return self._tokenizer is not None or self._vllm is not None

    def findings(self) -> list[str]:
        """Where the servers did otherwise than asked, a sentence each."""
        return [*self._parameters.notes, *self.honoured.findings()]

    def as_json(self) -> dict[str, Any]:
        """What was asked for and what came of it, for the run's record."""
        return {
            "servers": [server.url for server in self._servers],
            "assistant_prefix": self.prefix,
            "streamed": self._parameters.stream,
            "left_out": self._parameters.dropped,
            "concurrency": self._options.concurrency,
            "most_at_once": self.most_at_once,
            **self.honoured.as_json(),
        }

    async def _sample(
        self, requests: Sequence[Request], batch: Batch, on_finish: OnFinish
    ) -> list[tuple[Any, str]]:
        """What was given up, with the reason. The loop that all of it goes through: `on_finish` is
        called here and nowhere else.
        """
        waiting = deque(requests)
        running: dict[asyncio.Task[Completion], Request] = {}
        failed: list[tuple[Any, str]] = []
        async with self._client.http() as http:
            try:
                while waiting or running:
                    if (why := self._asker.why_stopped) is not None:
                        failed += [(request.key, why) for request in waiting]
                        waiting.clear()
                    while waiting and len(running) < batch.at_once:
                        request = waiting.popleft()
                        answer = self._complete(http, batch, request)
                        running[asyncio.create_task(answer)] = request
                    if not running:
                        break
                    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        request = running.pop(task)
                        try:
                            completion = task.result()
                        except Refused as error:
                            failed.append((request.key, self._given_up(request, error)))
                            continue
                        if (follower := on_finish(request, completion)) is not None:
                            waiting.appendleft(follower)
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
        return failed

    def _given_up(self, request: Request, error: Refused) -> str:
        """The reason. Raises ModelError when nothing at all could be had of the server."""
        if error.spent:
            self._lost_in_a_row.add(request.prompt)
        if error.stops or len(self._lost_in_a_row) >= _LOST:
            self._asker.stopped = self._asker.stopped or f"no longer asked: {error.reason}"
            if not self._answered:
                raise ModelError(f"{error.url or self._place.urls[0]}: {error.reason}")
        return error.reason

    async def _complete(
        self, http: httpx2.AsyncClient, batch: Batch, request: Request
    ) -> Completion:
        begun = self._begun(request)
        reply = await self._asker.reply(http, batch, request, begun)
        most = batch.max_tokens(request)
        self.honoured.add(reply, most)
        self._answered += 1
        self._lost_in_a_row.clear()
        text = reply.text("" if self.prefix == "server" else begun)
        return self._completion(request, reply, text, most)

    def _completion(self, request: Request, reply: Reply, text: str, max_tokens: int) -> Completion:
        finish = finish_reason(reply, max_tokens)
        if (until := request.until) is not None and until(text):  # the server went on after it
            text = text[: bisect_left(range(len(text)), True, key=lambda end: until(text[:end]))]
            finish = "stop"
        if self._tokenizer is not None:
            ids = self._tokenizer.of_reply(text, finish == "stop")
            return Completion(text, finish, ids, reply.usage.prompt, len(ids), "retokenized")
        counted = reply.usage.completion
        return Completion(
            text=text,
            finish_reason=finish,
            token_ids=None,
            prompt_tokens=reply.usage.prompt,
            completion_tokens=counted,
            token_source="unknown" if counted is None else "usage",
            thinking_tokens=reply.usage.thinking,
        )

    def _begun(self, request: Request) -> str:
        given = self.decode(request.given) if request.given else ""
        return request.prompt.prefill + given
