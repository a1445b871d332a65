"""What can be learnt of a server before it is asked for a sample: what it serves, how long its
context is, and (vLLM) what a prompt becomes in its tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sampling.endpoint.client import Client
from sampling.endpoint.failures import Again, Refused
from sampling.endpoint.place import Place
from sampling.endpoint.reply import printable
from sampling.engine import ModelError, Prompt

_SHOWN = 10
_TRIES = 3
_NO_LIST = {404, 405, 501}  # some servers keep none


@dataclass(frozen=True)
class Served:
    """``models`` is empty where the server keeps no list. ``owner`` is what it says of itself:
    "vllm", "llamacpp", "library" (Ollama)."""

    models: tuple[str, ...]
    context_length: int | None
    owner: str


def look(client: Client, place: Place) -> Served:
    """What holds of every server: the shortest context, the owner where all have one. All must
    serve the model. Raises ModelError on one that cannot be used, naming what it has where the
    model is not there.
    """
    found = [_look(client, url, place.model) for url in place.urls]
    lengths = [one.context_length for one in found if one.context_length is not None]
    owners = {one.owner for one in found}
    owner = owners.pop() if len(owners) == 1 else ""
    return Served(found[0].models, min(lengths, default=None), owner)


def _look(client: Client, url: str, model: str) -> Served:
    status, text = _ask(client, f"{url}/models")
    if status in _NO_LIST:
        return Served((), None, "")
    if status != 200:
        raise ModelError(f"{url}: {client.failure(status, text).reason}")
    rows = _rows(text)
    if rows is None:
        raise ModelError(
            f"{url} does not speak OpenAI's protocol: {url}/models holds no list of models "
            "(does the URL lack /v1?)"
        )
    names = tuple(printable(str(row["id"])) for row in rows)
    of_model = next((row for row in rows if row["id"] in {model, f"{model}:latest"}), None)
    if of_model is None:
        near = get_close_matches(model, names, _SHOWN, 0.3) if len(names) > _SHOWN else names
        more = f" and {len(names) - len(near)} more" if len(names) > len(near) else ""
        raise ModelError(f"{url} serves no {model}: it has {', '.join(near) or 'none'}{more}")
    lengths = [of_model.get(name) for name in ("max_model_len", "context_length")]
    context = next((length for length in lengths if isinstance(length, int)), None)
    return Served(names, context, str(of_model.get("owned_by", "")))


def _ask(client: Client, url: str, method: str = "GET", body: Any = None) -> tuple[int, str]:
    reason = ""
    for _ in range(_TRIES):
        try:
            status, text = client.once(method, url, body)
        except Again as error:
            reason = error.reason
            continue
        except Refused as error:
            raise ModelError(error.reason) from error
        if (status < 500 and status != 429) or status == 501:
            return status, text
        reason = client.failure(status, text).reason
    raise ModelError(f"cannot reach {url}: {reason}")


def _rows(text: str) -> Sequence[Mapping[str, Any]] | None:
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    rows = listed.get("data") if isinstance(listed, Mapping) else listed  # Together's is bare
    if not isinstance(rows, list):
        return None
    return [row for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]


class VllmTokens:
    """vLLM's own tokenizer, over its ``/tokenize`` and ``/detokenize``."""

    def __init__(self, client: Client, url: str, model: str) -> None:
        self._client = client
        self._root = url.removesuffix("/v1")
        self._model = model

    def is_there(self) -> bool:
        """Whether it is reached: a gateway may let through what is below /v1 alone."""
        body = {"model": self._model, "prompt": "a"}
        status, _ = _ask(self._client, f"{self._root}/tokenize", "POST", body)
        return status not in _NO_LIST

    def of_prompt(self, prompt: Prompt) -> tuple[int, ...]:
        if prompt.text is not None:
            return self._tokens({"prompt": prompt.text + prompt.prefill})
        messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
        ids = self._tokens({"messages": messages, "add_generation_prompt": True})
        if not prompt.prefill:
            return ids
        messages.append({"role": "assistant", "content": prompt.prefill})
        going_on = {"add_generation_prompt": False, "continue_final_message": True}
        return self._tokens({"messages": messages, **going_on})

    def of_text(self, text: str) -> tuple[int, ...]:
        return self._tokens({"prompt": text, "add_special_tokens": False})

    def text(self, ids: Sequence[int]) -> str:
        return str(self._post("/detokenize", {"tokens": list(ids)})["prompt"])

    def _tokens(self, asked: Mapping[str, Any]) -> tuple[int, ...]:
        return tuple(self._post("/tokenize", asked)["tokens"])

    def _post(self, path: str, asked: Mapping[str, Any]) -> Any:
        url = f"{self._root}{path}"
        try:
            status, text = self._client.once("POST", url, {"model": self._model, **asked})
        except (Again, Refused) as error:
            raise ModelError(f"{url}: {error.reason}") from error
        if status != 200:
            raise ModelError(f"{url}: {self._client.failure(status, text).reason}")
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, Mapping) or not ("tokens" in told or "prompt" in told):
            raise ModelError(f"{url} does not answer as vLLM does")
        return told
