"""From a model's place to a loaded model: a folder, a GGUF file or a hub id, with or without
adapter.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers import logging as transformers_logging
from transformers.utils.hub import cached_file, extract_commit_hash

from sampling.engine import TINY

DType = Literal["auto", "float32", "bfloat16", "float16"]

_CHUNK = 1 << 20


class ModelError(Exception):
    """The model cannot be loaded; the message says what to do."""


@dataclass(frozen=True)
class ModelPlace:
    """Where a model's files are: a local folder or a hub id, or one GGUF file in a folder."""

    source: str
    gguf_file: str | None = None
    revision: str | None = None
    adapter: str | None = None
    trust_remote_code: bool = False


@dataclass(frozen=True)
class LoadedModel:
    model: Any
    tokenizer: Any
    revision: str
    device: str
    dtype: str
    parameters: int


def load(place: ModelPlace, dtype: DType = "auto", device: str = "auto") -> LoadedModel:
    """Load model and tokenizer for inference.

    ``dtype="auto"`` takes bfloat16 on a GPU and on processors that multiply it natively, float32
    elsewhere and for models under 20 M parameters. Raises `ModelError` when files are missing or
    the hub refuses.
    """
    device = _device(device)
    options: dict[str, Any] = {"trust_remote_code": place.trust_remote_code}
    if place.revision is not None:
        options["revision"] = place.revision
    if place.gguf_file is not None:
        options["gguf_file"] = place.gguf_file
    try:
        with _quiet(gguf=place.gguf_file is not None):
            tokenizer = AutoTokenizer.from_pretrained(place.source, **options)
            model = AutoModelForCausalLM.from_pretrained(
                place.source, dtype=torch.float32, **options
            )
    except (OSError, ValueError) as error:
        raise ModelError(_first_line(place.source, error)) from error
    parameters = sum(p.numel() for p in model.parameters())
    chosen = _dtype(dtype, device, parameters)
    model = model.to(device=device, dtype=getattr(torch, chosen))
    if place.adapter is not None:
        model = _with_adapter(model, place.adapter)
    return LoadedModel(
        model=model.eval(),
        tokenizer=tokenizer,
        revision=_revision(place),
        device=device,
        dtype=chosen,
        parameters=parameters,
    )


def fingerprint(paths: list[Path]) -> str:
    """A short hash of local weights: names, sizes, and the first and last mebibyte of each file.

    Reading tens of gigabytes to the end would cost minutes at every start; a file that was trained
    or converted again differs in these parts.
    """
    digest = hashlib.sha256()
    for path in sorted(paths):
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_CHUNK))
            if size > _CHUNK:
                file.seek(max(_CHUNK, size - _CHUNK))
                digest.update(file.read(_CHUNK))
    return f"sha256:{digest.hexdigest()[:16]}"


@contextmanager
def _quiet(gguf: bool) -> Iterator[None]:
    """No bars while a model loads from this machine; a download keeps its own."""
    transformers_logging.disable_progress_bar()
    try:
        # transformers unpacks a GGUF file under a bar that no setting of its own silences
        with redirect_stderr(io.StringIO()) if gguf else nullcontext():
            yield
    finally:
        transformers_logging.enable_progress_bar()


def _revision(place: ModelPlace) -> str:
    source = Path(place.source)
    if place.gguf_file is not None:
        files = [source / place.gguf_file]
    elif source.is_dir():
        files = [p for p in source.iterdir() if p.suffix in {".safetensors", ".bin", ".json"}]
    else:
        config = cached_file(place.source, "config.json", revision=place.revision)
        return str(extract_commit_hash(config, place.revision) or place.revision or "unknown")
    if place.adapter is not None and Path(place.adapter).is_dir():
        files += [p for p in Path(place.adapter).iterdir() if p.suffix in {".safetensors", ".json"}]
    return fingerprint(files)


def _with_adapter(model: Any, adapter: str) -> Any:
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, adapter).merge_and_unload()
    except (OSError, ValueError) as error:
        raise ModelError(_first_line(f"adapter {adapter}", error)) from error


def _device(device: str) -> str:
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def _dtype(dtype: DType, device: str, parameters: int) -> str:
    if dtype != "auto":
        return dtype
    if parameters < TINY:
        return "float32"
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if native else "float32"


def _first_line(what: str, error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"cannot load {what}: {text[0] if text else type(error).__name__}"
