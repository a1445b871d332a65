"""The engine that a run's model needs: an endpoint's, vLLM's, or the embedded one."""

from __future__ import annotations

import re
from dataclasses import replace

from runs.endpoints import open_endpoint
from runs.models import check_engine_args, find_engine, find_model, load_engine
from runs.record import RunRecord
from runs.settings import RunSettings
from sampling.endpoint.place import FORMS, read_place
from sampling.engine import Engine
from tasks.errors import UserError


def open_engine(settings: RunSettings, before: RunRecord | None) -> tuple[Engine, dict[str, str]]:
    """The engine with its arguments, among them what the machine decided when the run began
    (``before``). Raises UserError or ModelError.
    """
    args = dict(settings.engine_args)
    if (place := read_place(settings.model)) is not None:
        return open_endpoint(place, settings), args
    if settings.engine == "endpoint":
        raise UserError(f"--engine endpoint asks a server, not {settings.model}: give {FORMS}")
    for option in ("concurrency", "max_cost", "price_in", "price_out"):
        if getattr(settings, option) is not None:
            raise UserError(f"--{option.replace('_', '-')} is for endpoints, like {FORMS}")
    name = find_engine(_engine_then(before, settings.engine))
    check_engine_args(args, name)
    files = find_model(settings.model, settings.revision, settings.adapter)
    if before is not None and files.revision is None and _is_commit(before.protocol["revision"]):
        files = replace(files, revision=before.protocol["revision"].partition("+")[0])
    args = {**_settled_then(before, name), **args}
    return load_engine(settings.model, files, args, name), args


def _is_commit(revision: str) -> bool:
    """Whether a recorded revision begins with a commit of the hub.

    >>> _is_commit("0123456789abcdef0123456789abcdef01234567+sha256:…"), _is_commit("sha256:77")
    (True, False)
    """
    return re.match(r"[0-9a-f]{40}", revision) is not None


def _engine_then(record: RunRecord | None, asked: str) -> str:
    """``auto`` is what the run began with."""
    return asked if asked != "auto" or record is None else str(record.protocol["engine"])


def _settled_then(record: RunRecord | None, engine: str) -> dict[str, str]:
    """What the machine decided when the run began, so that a resumed run gives the same bytes."""
    if record is None:
        return {}
    if engine == "vllm":
        return {"dtype": str(record.protocol["dtype"])}
    keys = ("device", "dtype", "threads", "group_size")
    settled = {key: record.protocol[key] for key in keys}
    settled["sampler"] = record.protocol.get("sampler", "generate")
    return {key: str(value) for key, value in settled.items() if value is not None}
