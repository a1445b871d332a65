"""From a model's place to a loaded model: a folder, a GGUF file or a hub id, perhaps an adapter."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GgufConfig
from transformers import logging as transformers_logging
from transformers.utils.hub import cached_file, extract_commit_hash

from sampling.engine import TINY, ModelError

DType = Literal["auto", "float32", "bfloat16", "float16"]

_PIECES, _PIECE = 64, 1 << 16
_FAULTS = (
    OSError,
    ValueError,
    KeyError,
    ImportError,
    RuntimeError,
    AssertionError,
    SafetensorError,
)
"""What the libraries raise for files that are missing, broken or of another kind."""


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


@dataclass(frozen=True)
class Outline:
    """What is known of a model without its weights. ``dtype`` is the one to load it in, "auto" for
    a quantized checkpoint, which keeps its own.
    """

    tokenizer: Any
    config: Any
    parameters: int
    quantized: bool
    dtype: DType


def load(place: ModelPlace, dtype: DType = "auto", device: str = "auto") -> LoadedModel:
    """Load model and tokenizer for inference.

    ``dtype="auto"`` takes bfloat16 on a GPU and on processors that multiply it natively, float32
    elsewhere and for models under 20 M parameters. The model is loaded in that type, not cast
    afterwards, which would round its rotary frequencies too; a quantized checkpoint keeps its own.
    Raises `ModelError` when files are missing or broken, or the hub refuses.
    """
    with load_errors(place):
        device = _device(device)
        gguf = place.gguf_file is not None
        with quiet(gguf), _read_once() if gguf else nullcontext():
            known = outline(place, dtype, device)
            options = _options(place)
            if gguf:  # whatever kernels are installed: our own products need whole weights
                options["quantization_config"] = GgufConfig(dequantize=True)
            model = AutoModelForCausalLM.from_pretrained(
                place.source,
                dtype="auto" if known.quantized else getattr(torch, known.dtype),
                device_map={"": device},
                **options,
            )
            if place.adapter is not None:
                model = _with_adapter(model, place.adapter, merge=not known.quantized)
        return LoadedModel(
            model=model.eval(),
            tokenizer=known.tokenizer,
            revision=revision_of(place),
            device=device,
            dtype=str(model.dtype).removeprefix("torch."),
            parameters=known.parameters,
        )


def outline(place: ModelPlace, dtype: DType, device: str) -> Outline:
    """Tokenizer and configuration, and what follows from them. Raises what the libraries raise."""
    options = _options(place)
    tokenizer = AutoTokenizer.from_pretrained(place.source, **options)
    config = AutoConfig.from_pretrained(place.source, **options)
    parameters = _count(config, place.trust_remote_code)
    quantized = hasattr(config, "quantization_config") and place.gguf_file is None
    chosen: DType = "auto" if quantized else _dtype(dtype, device, parameters)
    return Outline(tokenizer, config, parameters, quantized, chosen)


@contextmanager
def load_errors(place: ModelPlace) -> Iterator[None]:
    """What the libraries raise of files that are missing, broken or of another kind becomes a
    ModelError of one line.
    """
    try:
        yield
    except _FAULTS as error:
        what = place.source if place.adapter is None else f"{place.source} with {place.adapter}"
        text = str(error).strip().splitlines()
        reason = text[0] if text else type(error).__name__
        raise ModelError(f"cannot load {what}: {reason}") from error


def _options(place: ModelPlace) -> dict[str, Any]:
    options: dict[str, Any] = {"trust_remote_code": place.trust_remote_code}
    options |= {"revision": place.revision} if place.revision else {}
    options |= {"gguf_file": place.gguf_file} if place.gguf_file else {}
    return options


def count_parameters(place: ModelPlace) -> int | None:
    """How many parameters a model has, by its configuration alone; ``None`` when that is not here
    and cannot be fetched.
    """
    model = empty_model(place)
    return None if model is None else sum(p.numel() for p in model.parameters())


def empty_model(place: ModelPlace) -> Any | None:
    """A model's modules without their weights, by its configuration; ``None`` as above."""
    try:
        with quiet(place.gguf_file is not None):
            config = AutoConfig.from_pretrained(place.source, **_options(place))
        return _empty(config, place.trust_remote_code)
    except _FAULTS:
        return None


def fingerprint(paths: list[Path]) -> str:
    """A short hash of local files: names, sizes, and 64 pieces of 64 KiB spread over each.

    Reading tens of gigabytes whole would cost minutes at every start; weights that were trained,
    merged or converted again differ nearly everywhere. Files up to 4 MiB are read whole.
    """
    digest = hashlib.sha256()
    for path in sorted(paths):
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}\n".encode())
        step = max(_PIECE, size // _PIECES)
        with path.open("rb") as file:
            for start in [*range(0, size, step), max(0, size - _PIECE)]:
                file.seek(start)
                digest.update(file.read(_PIECE))
    return f"sha256:{digest.hexdigest()[:16]}"


@contextmanager
def quiet(gguf: bool) -> Iterator[None]:
    """No bars while a model is read or written on this machine; a download keeps its own."""
    transformers_logging.disable_progress_bar()
    try:
        # transformers unpacks a GGUF file under a bar that no setting of its own silences
        with redirect_stderr(io.StringIO()) if gguf else nullcontext():
            yield
    finally:
        transformers_logging.enable_progress_bar()


@contextmanager
def _read_once() -> Iterator[None]:
    """transformers reads a GGUF file's vocabulary anew for configuration, tokenizer and weights,
    and makes the table of layer names once a layer: most of the time that loading took.
    """
    import gguf

    with ExitStack() as stack:
        for name in ("GGUFReader", "get_tensor_name_map"):
            real = getattr(gguf, name)
            setattr(gguf, name, functools.cache(real))
            stack.callback(setattr, gguf, name, real)
        yield


def _count(config: Any, trust_remote_code: bool) -> int:
    return sum(p.numel() for p in _empty(config, trust_remote_code).parameters())


def _empty(config: Any, trust_remote_code: bool) -> Any:
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code)


def revision_of(place: ModelPlace) -> str:
    """The hub's commit, or a fingerprint of local files; an adapter adds its own."""
    source = Path(place.source)
    if place.gguf_file is not None:
        revision = fingerprint([source / place.gguf_file])
    elif source.is_dir():
        revision = fingerprint(_model_files(source))
    else:
        config = cached_file(place.source, "config.json", revision=place.revision)
        revision = str(extract_commit_hash(config, place.revision) or place.revision or "unknown")
    if place.adapter is not None:
        revision += f"+{fingerprint(_model_files(Path(place.adapter)))}"
    return revision


def _model_files(folder: Path) -> list[Path]:
    """Weights, configuration, tokenizer and chat template."""
    kinds = {".safetensors", ".bin", ".json", ".jinja", ".txt", ".model"}
    return [path for path in folder.iterdir() if path.suffix in kinds]


def _with_adapter(model: Any, adapter: str, merge: bool) -> Any:
    from peft import PeftModel

    adapted = PeftModel.from_pretrained(model, adapter)
    mergeable = hasattr(adapted.base_model, "merge_and_unload")  # LoRA and its kin; prompts are not
    return adapted.merge_and_unload() if merge and mergeable else adapted


def _device(device: str) -> str:
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"no device {device} here: use --engine-arg device=cpu") from error
    return device


def _dtype(dtype: DType, device: str, parameters: int) -> DType:
    if dtype != "auto":
        return dtype
    if parameters < TINY:
        return "float32"
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if native else "float32"
