"""A GGUF file's model as a plain one, and as a folder of safetensors that every engine reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM

from sampling.loading import DType, LoadedModel, ModelPlace, load, quiet


def plain(loaded: LoadedModel, place: ModelPlace) -> Any:
    """The model; from a GGUF file a new one of the same weights without its quantization, since
    transformers refuses to save one as it was read.
    """
    if place.gguf_file is None:
        return loaded.model
    config = loaded.model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=loaded.model.dtype)
    model.load_state_dict(loaded.model.state_dict())
    model.generation_config = loaded.model.generation_config
    return model.to(loaded.device).eval()


def unpack(place: ModelPlace, folder: Path, dtype: DType = "auto") -> ModelPlace:
    """Write the model of ``place``, an adapter merged into it, to ``folder`` in ``dtype``; returns
    where it then is. Raises ModelError when it cannot be loaded.
    """
    loaded = load(place, dtype=dtype, device="cpu")
    with quiet(gguf=False):
        plain(loaded, place).save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    return ModelPlace(str(folder))
