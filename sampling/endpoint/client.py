"""One attempt at one request: sent, read to its end, and its failures told apart.

httpx2 (it comes with huggingface_hub) and not the ``openai`` client: that one retries by itself,
knows one Retry-After and no Retry-After date, and hides what a broken reply looked like; what it
would save is the reading of one JSON form, and dialects of that form are what this must read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2

from sampling.endpoint.failures import Again, Refused
from sampling.endpoint.reply import Reply, read_reply, said
from sampling.endpoint.retry import retry_after
from sampling.endpoint.stream import Pieces

_RETRIED = {408, 409, 425, 429}
_SLOWER = {429, 503, 529}
_STOPS = {401, 402, 403, 404, 405}
_CONNECT = 15.0  # seconds
_MOST_BYTES = 64_000_000


class Client:
    """``timeout``: seconds without a byte after which a reply is given up. ``local`` servers are
    reached without the proxy that the environment may name.
    """

    def __init__(self, key: str | None, key_name: str | None, timeout: float, local: bool) -> None:
        self._key = key
        self._key_name = key_name
        headers = {"User-Agent": "r1eval"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._options: dict[str, Any] = {
            "headers": headers,
            "timeout": httpx2.Timeout(timeout, connect=min(timeout, _CONNECT), pool=None),
            "trust_env": not local,
            "limits": httpx2.Limits(max_connections=None),
        }

    def http(self) -> httpx2.AsyncClient:
        """Connections for one event loop; a context manager."""
        return httpx2.AsyncClient(**self._options)

    def once(self, method: str, url: str, body: Any = None) -> tuple[int, str]:
        """Status and text of a short exchange. Raises Again when there was none."""
        try:
            with httpx2.Client(**self._options) as http:
                answer = http.request(method, url, json=body)
                return answer.status_code, self._without_key(answer.text)
        except (httpx2.InvalidURL, UnicodeError) as error:  # a name that no host can have
            raise Refused(f"{url} is not a URL: {error}", stops=True) from error
        except httpx2.HTTPError as error:
            raise Again(_broken(error)) from error

    async def post(
        self,
        http: httpx2.AsyncClient,
        url: str,
        body: Mapping[str, Any],
        on_piece: Callable[[], None],
    ) -> Reply:
        """Raises Again or Refused. ``on_piece`` is called for each piece of a streamed text."""
        try:
            async with http.stream("POST", url, json=body) as answer:
                if answer.status_code != 200:
                    raise self.failure(
                        answer.status_code,
                        (await _read(answer)).decode(errors="replace"),
                        answer.headers.get("retry-after"),
                    )
                if "text/event-stream" in answer.headers.get("content-type", ""):
                    return read_reply(await _put_together(answer, on_piece))
                return read_reply(_json(await _read(answer)))
        except httpx2.TimeoutException as error:
            raise Again("the server did not answer in time", slower=True) from error
        except httpx2.HTTPError as error:
            raise Again(_broken(error)) from error
        except (Again, Refused) as error:  # in the server's words, which may be our own
            error.reason = self._without_key(error.reason)
            raise

    def failure(self, status: int, text: str, after: str | None = None) -> Again | Refused:
        """What a status other than 200 means."""
        if status in {401, 403}:  # its text may hold the key, or half of it
            if self._key_name is None:
                reason = f"the server wants a key ({status}): export R1EVAL_API_KEY=…"
            else:
                reason = f"the server refuses the key in {self._key_name} ({status})"
            return Refused(reason, stops=True, lasting=True)
        told = self._without_key(text)
        reason = f"HTTP {status}" + (f": {_message(told)}" if told.strip() else "")
        if status in _RETRIED or status >= 500:
            wait = retry_after(after, datetime.now(UTC))
            return Again(reason, after=wait, slower=status in _SLOWER)
        stops = status in _STOPS or status < 400
        return Refused(reason, stops=stops, told=told, lasting=status == 402)

    def _without_key(self, text: str) -> str:
        return text if self._key is None else text.replace(self._key, "[key]")


async def _read(answer: httpx2.Response) -> bytes:
    whole = bytearray()
    async for some in answer.aiter_bytes():
        whole += some
        if len(whole) > _MOST_BYTES:
            raise Again("a reply without end")
    return bytes(whole)


async def _put_together(answer: httpx2.Response, on_piece: Callable[[], None]) -> dict[str, Any]:
    """Events end at a line feed: other characters that end lines for Python are text. What comes
    after the last event is not waited for.
    """
    pieces, length, rest = Pieces(), 0, b""
    async for some in answer.aiter_bytes():
        length += len(some)
        if length > 16 * _MOST_BYTES:
            raise Again("a stream without end")
        *lines, rest = (rest + some).split(b"\n")
        for line in lines:
            if pieces.add(line.decode(errors="replace").rstrip("\r")):
                on_piece()
        if pieces.done:
            return pieces.whole()
    pieces.add(rest.decode(errors="replace"))
    return pieces.whole()


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Again("the reply is not JSON") from error


def _message(text: str) -> str:
    """What an error says: its message, or that it is a page."""
    try:
        return said(json.loads(text))
    except (ValueError, RecursionError):
        return "a page of HTML" if text.lstrip()[:1] == "<" else said(text)


def _broken(error: httpx2.HTTPError) -> str:
    """A failure of the connection, without the library's words for it."""
    if isinstance(error, httpx2.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx2.ConnectError):
        return f"no connection ({error})"
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    return f"the connection broke ({type(error).__name__})"
