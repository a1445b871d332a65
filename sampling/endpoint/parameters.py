"""What is asked of a server, in the words that it takes.

A server that does not know a parameter says so with status 400. What can be said otherwise or left
out without changing the protocol is; for the rest the user has to choose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from sampling.engine import ModelError, Prompt, Sampling

PrefixMode = Literal["refuse", "server", "vllm", "deepseek", "plain"]
PREFIX_MODES: tuple[PrefixMode, ...] = ("refuse", "server", "vllm", "deepseek", "plain")
"""How a reply is begun over chat: not at all; not by us, since the server opens the thought itself;
by vLLM's ``continue_final_message``; by DeepSeek's beta ``prefix``; by a last message of the
assistant, which some servers go on from (llama.cpp).
"""

_REJECTED = re.compile(
    r"unsupported|not supported|does ?n[o']t support|unrecogni[sz]ed|unknown|unexpected|extra|"
    r"not permitted|not allowed|forbidden|deprecated|instead",
    re.IGNORECASE,
)
_DEFAULTS = {"temperature": 1.0, "top_p": 1.0}  # of the protocol: leaving them out says the same
_LLAMA: Mapping[str, float] = {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0}
_NEUTRAL: Mapping[str, Mapping[str, float]] = {
    "vllm": {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0},
    "llamacpp": _LLAMA,
    "me": _LLAMA,  # llama-cpp-python
}
"""What a server does otherwise unless it is told, by what it says of itself: vLLM takes over the
model's generation_config.json, llama.cpp draws from the 40 likeliest, and llama-cpp-python 0.3.36
punishes every token that was there before (1.1).
"""


class Parameters:
    """Names and omissions that hold for every request. ``notes`` says what was changed and why."""

    def __init__(self, model: str, prefix: PrefixMode, stream: bool, owner: str = "") -> None:
        self._model = model
        self._neutral = _NEUTRAL.get(owner, {})
        self._prefix = prefix
        self._limit = "max_tokens"
        self._dropped: set[str] = set()
        self.stream = stream
        self.notes: list[str] = []

    @property
    def dropped(self) -> list[str]:
        return sorted(self._dropped)

    def path(self, prompt: Prompt) -> str:
        return "/chat/completions" if prompt.text is None else "/completions"

    def body(
        self, prompt: Prompt, begun: str, sampling: Sampling, max_tokens: int, seed: int
    ) -> dict[str, Any]:
        """``begun``: the reply goes on from this, the prompt's prefill and what was given."""
        body: dict[str, Any] = {"model": self._model, **self._asked(prompt, begun)}
        body |= {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._limit: max_tokens,
            "seed": seed,
        }
        body |= self._neutral
        body |= {"top_k": sampling.top_k} if sampling.top_k else {}
        body |= {"min_p": sampling.min_p} if sampling.min_p else {}
        if self.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return {name: value for name, value in body.items() if name not in self._dropped}

    def _asked(self, prompt: Prompt, begun: str) -> dict[str, Any]:
        if prompt.text is not None:
            return {"prompt": prompt.text + begun}
        messages: list[dict[str, Any]] = [
            {"role": m.role, "content": m.content} for m in prompt.messages
        ]
        if not begun or self._prefix == "server":
            return {"messages": messages}
        last: dict[str, Any] = {"role": "assistant", "content": begun}
        if self._prefix == "deepseek":
            return {"messages": [*messages, last | {"prefix": True}]}
        asked: dict[str, Any] = {"messages": [*messages, last]}
        if self._prefix == "vllm":
            asked |= {"add_generation_prompt": False, "continue_final_message": True}
        return asked

    def learn(self, told: str, body: Mapping[str, Any]) -> bool:
        """Whether a request that was refused with these words may be put otherwise.

        Raises ModelError on a parameter that the protocol needs as it is.

        >>> parameters = Parameters("m", "refuse", stream=False)
        >>> body = parameters.body(Prompt.chat("2+2?"), "", Sampling(0.6), 64, seed=7)
        >>> parameters.learn("max_tokens is not supported: use max_completion_tokens", body)
        True
        >>> parameters.learn("the context has 4096 tokens", body)
        False
        >>> parameters.learn("temperature is not supported with this model", body)
        Traceback (most recent call last):
        sampling.engine.ModelError: m does not let temperature be set: give --temperature 1
        """
        named = _named(told, body)
        if "max_tokens" in named and "max_completion_tokens" in told:
            self._limit = "max_completion_tokens"
            return self.note("the server takes max_completion_tokens in place of max_tokens")
        if "stream_options" in named or "stream" in named:
            if "stream_options" in named:
                self._dropped.add("stream_options")
                return self.note("the server streams no usage: tokens are not counted")
            self.stream = False
            return self.note("the server does not stream")
        if "seed" in named:
            self._dropped.add("seed")
            return self.note("the server takes no seed: its samples cannot be drawn again")
        for name, default in _DEFAULTS.items():
            if name in named:
                if body[name] != default:
                    raise ModelError(
                        f"{self._model} does not let {name} be set: give "
                        f"--{name.replace('_', '-')} 1"
                    )
                self._dropped.add(name)
                return self.note(f"the server lets {name} not be set: it is left out, meaning 1")
        for name in {"top_k", "min_p", "repetition_penalty", "repeat_penalty"} & set(named):
            if body[name] == self._neutral.get(name):
                self._dropped.add(name)
                return self.note(f"the server lets {name} not be set: what it does is its own")
            raise ModelError(
                f"{self._model} does not know {name}: leave out --{name.replace('_', '-')}"
            )
        return False

    def note(self, text: str) -> bool:
        """True, for the one who has changed something."""
        if text not in self.notes:
            self.notes.append(text)
        return True


def _named(told: str, body: Mapping[str, Any]) -> set[str]:
    """Names of ``body`` that a refusal is about: those that an error names as its ``param`` or
    ``loc``, else those in a sentence that rejects something.

    >>> body = {"seed": 1, "min_p": 0.1}
    >>> _named('{"detail": [{"loc": ["body", "seed"], "msg": "extra, not permitted"}]}', body)
    {'seed'}
    >>> _named("min_p is not supported. Its seed was 1.", body)
    {'min_p'}
    """
    if not _REJECTED.search(told):
        return set()
    try:
        pointed = _pointed(json.loads(told)) - {"body"}
    except (ValueError, RecursionError):
        pointed = set()
    sentences = re.split(r"[.;!?]\s|\n", told)
    rejecting = " ".join(one for one in sentences if _REJECTED.search(one))
    if pointed:
        return pointed & body.keys()
    return {name for name in body if re.search(rf"\b{name}\b", rejecting)}


def _pointed(error: Any) -> set[str]:
    """What is under ``param`` or ``loc`` anywhere in an error."""
    if isinstance(error, list):
        return set().union(*map(_pointed, error))
    if not isinstance(error, Mapping):
        return set()
    found = set().union(*map(_pointed, error.values()))
    names = [error.get("param"), *(error["loc"] if isinstance(error.get("loc"), list) else [])]
    return found | {name for name in names if isinstance(name, str)}
