"""A server that fails in every way we could think of, in a share of all requests."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from .server import Handler

Failure = Callable[[Handler, dict[str, Any]], None]


def _status(status: int, body: Any, **headers: str) -> Failure:
    return lambda handler, _: handler.send(status, body, **headers)


def _soon(handler: Handler, _: dict[str, Any]) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    handler.send(429, {"error": {"message": "slow down"}}, Retry_After=when)


def _cut(handler: Handler, _: dict[str, Any]) -> None:
    handler.close_connection = True
    handler.connection.close()


def _half(handler: Handler, asked: dict[str, Any]) -> None:
    """Half of what Content-Length promises."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"model": "nano", "choices": [{"message": {"content": "<answer>1')
    _cut(handler, asked)


def _never(handler: Handler, asked: dict[str, Any]) -> None:
    time.sleep(4)  # the tests' timeout is shorter
    _cut(handler, asked)


def _another_model(handler: Handler, asked: dict[str, Any]) -> None:
    handler.answer({**asked, "model": "another"})


def _stops(handler: Handler, asked: dict[str, Any]) -> None:
    handler.answer({**asked, "stream": True}, stop_after=2)


def _no_piece(handler: Handler, _: dict[str, Any]) -> None:
    text = b'data: {"choices": [{"delta": {"content": "<ans'
    handler.send(200, text, Content_Type="text/event-stream")


_CHOICE = {"index": 0, "finish_reason": "stop", "message": {"content": None}}
FAILURES: dict[str, Failure] = {
    "429": _status(429, {"error": {"message": "too many requests"}}),
    "429, Retry-After": _status(429, {"error": {"message": "slow down"}}, Retry_After="0.1"),
    "429, Retry-After a date": _soon,
    "429, Retry-After nonsense": _status(429, b"", Retry_After="soon"),
    "408": _status(408, b""),
    "409": _status(409, {"detail": "conflict"}),
    "404": _status(404, {"error": {"message": "no such route"}}),
    "301": _status(301, b"", Location="/v1/elsewhere"),
    "204": lambda handler, _: handler.send(204, b""),
    "500": _status(500, {"error": "oh"}),
    "502 HTML": _status(502, b"<html><h1>Bad gateway</h1></html>", Content_Type="text/html"),
    "503": _status(503, {"error": {"message": "overloaded"}}),
    "cut": _cut,
    "half a JSON": _status(200, b'{"choices": [{"message": {"content": "<answer>'),
    "half a body": _half,
    "HTML": _status(200, b"<html>hello</html>", Content_Type="text/html"),
    "no choices": _status(200, {"model": "nano", "choices": []}),
    "null choices": _status(200, {"choices": None}),
    "no text": _status(200, {"choices": [_CHOICE | {"message": {}, "finish_reason": None}]}),
    "error in the body": _status(200, {"error": {"message": "out of memory"}}),
    "broken off": _status(
        200, {"choices": [_CHOICE | {"finish_reason": "insufficient_system_resource"}]}
    ),
    "never answers": _never,
    "stream stops": _stops,
    "half a piece": _no_piece,
    "another model": _another_model,
}


class Faulty:
    """Fails in ``share`` of the requests, in all ways alike. ``met`` counts how often in which."""

    def __init__(self, share: float, seed: int = 0) -> None:
        self._share = share
        self._random = random.Random(seed)
        self._choosing = threading.Lock()
        self.met: Counter[str] = Counter()

    def __call__(self, handler: Handler, asked: dict[str, Any]) -> bool:
        with self._choosing:
            if self._random.random() >= self._share:
                return False
            left = min(self.met[name] for name in FAILURES)
            name = self._random.choice([n for n in FAILURES if self.met[n] == left])
            self.met[name] += 1
        FAILURES[name](handler, asked)
        return True
