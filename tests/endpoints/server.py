"""A real OpenAI-compatible server on loopback: the real nano model behind chat and completions, in
the dialect of vLLM (`owned_by`, `/tokenize`, `continue_final_message`) or in a plainer one.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sampling.engine import Completion, Message, Prompt, Request, Sampling
from sampling.transformers_engine import TransformersEngine
from tasks.thinking import split_thought

Fault = Callable[["Handler", dict[str, Any]], bool]
"""Answers in its own way and returns true, or lets the server answer."""


class Model:
    """The engine, one request at a time: a text depends on its request alone, so each is drawn once
    and remembered for the next test that asks the same.
    """

    def __init__(self, engine: TransformersEngine) -> None:
        self.engine = engine
        self._drawing = threading.Lock()
        self._drawn: dict[tuple[Prompt, int, Sampling], Completion] = {}

    def draw(self, prompt: Prompt, seed: int, sampling: Sampling) -> Completion:
        asked = prompt, seed, sampling
        with self._drawing:
            if asked not in self._drawn:
                request = Request("one", prompt, seed)
                self.engine.sample(
                    [request], sampling, lambda _, one: self._drawn.update({asked: one})
                )
        return self._drawn[asked]


@dataclass
class Served:
    """What the server does, and what it saw. ``thought``: the field that thoughts come in, or
    "inline". ``key``: who asks without it is refused."""

    drawer: Model
    name: str = "nano"
    owner: str = "vllm"
    thought: str = "inline"
    key: str | None = None
    usage: bool = True
    counts_thoughts: bool = False
    tokenizes: bool = True  # as vLLM does, unless a gateway hides it
    seed: int | None = None  # honoured in place of what was asked
    fault: Fault | None = None
    lists: Callable[[Handler], None] | None = None  # in place of the list of models
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda reply: reply
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    port: int = 0
    _at_once: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def engine(self) -> TransformersEngine:
        return self.drawer.engine

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def model(self) -> str:
        """As r1eval names it."""
        return f"{self.url}#{self.name}"

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._counting:
                self._at_once -= 1

    def draw(self, asked: dict[str, Any]) -> Completion:
        most = asked.get("max_tokens", asked.get("max_completion_tokens"))
        sampling = Sampling(asked.get("temperature", 1.0), asked.get("top_p", 1.0), most)
        seed = asked.get("seed", 0) if self.seed is None else self.seed
        return self.drawer.draw(prompt_of(asked), seed, sampling)

    def reply(self, asked: dict[str, Any]) -> dict[str, Any]:
        drawn = self.draw(asked)
        choice: dict[str, Any] = {"index": 0, "finish_reason": drawn.finish_reason}
        if "messages" in asked:
            choice["message"] = {"role": "assistant", **self._message(asked, drawn.text)}
        else:
            choice["text"] = drawn.text
        reply: dict[str, Any] = {"id": "1", "model": asked["model"], "choices": [choice]}
        if self.usage:
            reply["usage"] = {
                "prompt_tokens": drawn.prompt_tokens,
                "completion_tokens": drawn.completion_tokens,
            }
        if self.usage and self.counts_thoughts:
            thought = split_thought(drawn.text).thought
            tokens = len(self.engine.encode(thought)) + 2 if thought else 0
            reply["usage"]["completion_tokens_details"] = {"reasoning_tokens": tokens}
        return self.change(reply)

    def _message(self, asked: dict[str, Any], text: str) -> dict[str, Any]:
        if self.thought == "inline":
            return {"content": text}
        opened = asked["messages"][-1]["content"].rstrip().endswith("<think>")
        split = split_thought(text, prefilled=opened)
        return {"content": split.answer or None, self.thought: split.thought or None}


def prompt_of(asked: dict[str, Any]) -> Prompt:
    if "messages" not in asked:
        return Prompt(text=asked["prompt"])
    messages = [Message(m["role"], m["content"]) for m in asked["messages"]]
    last = messages.pop() if messages[-1].role == "assistant" else None
    return Prompt(tuple(messages), prefill=last.content if last else "")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if self.served.lists is not None:
            self.served.lists(self)
            return
        if self.path != "/v1/models":
            self.send(404, {"detail": "Not Found"})
            return
        row: dict[str, Any] = {"id": self.served.name, "owned_by": self.served.owner}
        if self.served.owner == "vllm":
            row["max_model_len"] = self.served.engine.facts.context_length
        self.send(200, {"object": "list", "data": [row]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._allowed():
            return
        match self.path:
            case "/tokenize" if self.served.owner == "vllm" and self.served.tokenizes:
                self._tokenize(asked)
            case "/detokenize" if self.served.owner == "vllm":
                self.send(200, {"prompt": self.served.engine.decode(asked["tokens"])})
            case "/v1/chat/completions" | "/v1/completions":
                with self.served.counted():
                    self.served.bodies.append(asked)
                    self.served.headers.append(dict(self.headers))
                    if self.served.fault is None or not self.served.fault(self, asked):
                        self.answer(asked)
            case _:
                self.send(404, {"error": {"message": f"no {self.path}"}})

    def answer(self, asked: dict[str, Any], stop_after: int | None = None) -> None:
        """``stop_after`` pieces a stream ends in the middle."""
        reply = self.served.reply(asked)
        if not asked.get("stream"):
            self.send(200, reply)
            return
        pieces = list(stream_of(reply, bool(asked.get("stream_options"))))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces[:stop_after]:
            self.wfile.write(f"data: {piece}\n\n".encode())
        self.close_connection = True

    def send(self, status: int, body: Any, **headers: str) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "")
        if self.served.key is None or given == f"Bearer {self.served.key}":
            return True
        self.send(401, {"error": {"message": f"Incorrect API key provided: {given}"}})
        return False

    def _tokenize(self, asked: dict[str, Any]) -> None:
        engine = self.served.engine
        if "messages" in asked:
            prompt = prompt_of(asked)
            ids = engine.encode(engine.render(prompt))
        else:
            ids = engine.encode(asked["prompt"])
        self.send(200, {"tokens": list(ids), "count": len(ids)})


def stream_of(reply: dict[str, Any], usage: bool) -> Iterator[str]:
    """The same reply in pieces of a few characters."""
    choice = reply["choices"][0]
    head = {name: reply[name] for name in ("id", "model") if name in reply}
    parts = choice.get("message") or {"text": choice["text"]}
    for name, text in sorted(parts.items(), reverse=True):  # thoughts before content
        for at in range(0, len(text or ""), 5) if name != "role" else ():
            piece = {name: text[at : at + 5]}
            choices = [piece] if name == "text" else [{"delta": piece}]
            yield json.dumps({**head, "choices": choices})
    yield json.dumps({**head, "choices": [{"delta": {}, "finish_reason": choice["finish_reason"]}]})
    if usage and "usage" in reply:
        yield json.dumps({**head, "choices": [], "usage": reply["usage"]})
    yield "[DONE]"


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """A client that gave up, or a connection that was cut on purpose."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handle_error(*_)


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    handler = type("OneHandler", (Handler,), {"served": served})
    with _Quiet(("127.0.0.1", 0), handler) as http:
        served.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            http.shutdown()
            thread.join()
