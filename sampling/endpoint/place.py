"""Where an endpoint is: its servers, the model's name there, and which variable holds the key.

>>> read_place("http://one:8000/v1,http://two:8000/v1#org/model")
Place(urls=('http://one:8000/v1', 'http://two:8000/v1'), model='org/model', preset='')
>>> read_place("ollama:deepseek-r1:7b")
Place(urls=('http://localhost:11434/v1',), model='deepseek-r1:7b', preset='ollama')
>>> read_place("HTTP://one:8000/v1/chat/completions#m").urls  # as pasted from elsewhere
('http://one:8000/v1',)
>>> read_place("org/model")
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sampling.engine import ModelError


@dataclass(frozen=True)
class Preset:
    """A provider. ``opens_thought``: its reasoning models' replies begin within a thought that the
    server opened, so R1's forced ``<think>`` is there without our asking.
    """

    url: str
    key_name: str | None
    opens_thought: bool


PRESETS: Mapping[str, Preset] = {
    "deepseek": Preset("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", True),
    "together": Preset("https://api.together.xyz/v1", "TOGETHER_API_KEY", True),
    "hyperbolic": Preset("https://api.hyperbolic.xyz/v1", "HYPERBOLIC_API_KEY", True),
    "ollama": Preset("http://localhost:11434/v1", None, True),
}

KEY_NAMES = ("R1EVAL_API_KEY", "OPENAI_API_KEY")
"""Where the key of any other URL is looked for; a server may do without one."""

NOTES: Mapping[tuple[str, str], str] = {
    ("deepseek", "deepseek-reasoner"): "deepseek-reasoner takes temperature and top-p and does not "
    "heed them (api-docs.deepseek.com/guides/reasoning_model)",
}
"""What a provider says of a model that a run should know."""

FORMS = "http://HOST:PORT/v1#MODEL, or " + ", ".join(f"{name}:MODEL" for name in PRESETS)


@dataclass(frozen=True)
class Place:
    """``urls`` end where ``/chat/completions`` begins; all serve the same model. ``preset`` is
    empty for URLs of the user's own."""

    urls: tuple[str, ...]
    model: str
    preset: str

    def key(self) -> tuple[str | None, str | None]:
        """The key and the variable that holds it. Raises ModelError where a provider needs one."""
        wanted = PRESETS[self.preset].key_name if self.preset else None
        if self.preset and wanted is None:
            return None, None
        for name in (wanted,) if wanted else KEY_NAMES:
            if key := os.environ.get(name, "").strip():
                if not (key.isascii() and key.isprintable()):
                    raise ModelError(f"{name} holds characters that no key has: copy it again")
                return key, name
        if wanted:
            raise ModelError(f"{self.preset} needs a key: export {wanted}=…")
        return None, None

    @property
    def local(self) -> bool:
        """Whether all servers are on this machine, where no proxy stands between."""
        hosts = {urlsplit(url).hostname or "" for url in self.urls}
        return all(host in {"localhost", "::1"} or host.startswith("127.") for host in hosts)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a run should know before it begins.

        >>> Place(("http://far/v1",), "m", "").notices
        ('what is sent to http://far/v1 is not encrypted, a key neither',)
        """
        plain = [url for url in self.urls if url.startswith("http://") and not self.local]
        told = [f"what is sent to {url} is not encrypted, a key neither" for url in plain]
        note = NOTES.get((self.preset, self.model))
        return (*told, note) if note else tuple(told)

    @property
    def reads_nano(self) -> bool:
        """Whether the model goes by the name of the miniature, which reads a language of its own.

        >>> [Place((), name, "").reads_nano for name in ("nano", "nano:student-base", "nanogpt")]
        [True, True, False]
        """
        return self.model.partition(":")[0] == "nano"


def read_place(name: str) -> Place | None:
    """The endpoint that a model's name means; ``None`` when it means none. Raises ModelError."""
    preset, colon, model = name.partition(":")
    if colon and preset in PRESETS:
        if not model:
            raise ModelError(f"{name} names no model: give {preset}:MODEL")
        return Place((PRESETS[preset].url,), model, preset)
    if not name.lower().startswith(("http://", "https://")):
        return None
    urls, _, model = name.partition("#")
    if not model:
        shown = ",".join(map(_shown, urls.split(",")))
        raise ModelError(f"{shown} names no model: give {shown}#MODEL")
    return Place(tuple(_url(url.strip()) for url in urls.split(",")), model, "")


def _url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ModelError(f"{_shown(url)} is not a URL: give {FORMS}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ModelError(f"{_shown(url)} is not a URL: give {FORMS}")
    if parts.username or parts.password or parts.query:
        raise ModelError(
            f"the URL of {parts.hostname} holds more than a path; a key goes into the environment: "
            f"export {KEY_NAMES[0]}=…"
        )
    base = parts.scheme + url[len(parts.scheme) :].rstrip("/")
    return base.removesuffix("/completions").removesuffix("/chat")


def _shown(url: str) -> str:
    """Without what may be secret in it.

    >>> _shown("http://me:hunter2@host/v1?api_key=hunter2")
    'http://…@host/v1?…'
    """
    return re.sub(r"\?.*", "?…", re.sub(r"//[^/]*@", "//…@", url))
