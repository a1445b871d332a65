"""Without network the hub's clients retry for half a minute before they look at what is there."""

from __future__ import annotations

import os
import socket
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import getproxies

_HUB = "https://huggingface.co"
_SECONDS = 2.0  # that a name may take to be found


def prefer_cache_without_network() -> None:
    """Tell the hub's clients to be offline where the hub's name cannot be found, before they are
    imported; ``HF_HUB_OFFLINE``, where it is set, stays. Behind a proxy names tell nothing.
    """
    if "HF_HUB_OFFLINE" in os.environ or getproxies():
        return
    host = urlsplit(os.environ.get("HF_ENDPOINT") or _HUB).hostname
    found: list[bool] = []

    def look() -> None:
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            return
        found.append(True)

    looking = Thread(target=look, daemon=True)
    looking.start()
    looking.join(_SECONDS)
    if not found:
        os.environ["HF_HUB_OFFLINE"] = "1"
