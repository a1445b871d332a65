"""How large a model is, without its weights: by its configuration, or a table of published ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from runs.models import find_model
from sampling.loading import empty_model
from tasks.errors import UserError

_TABLE = Path(__file__).with_name("sizes.yaml")


@dataclass(frozen=True)
class Size:
    """``active``: parameters that a token goes through; ``cached``: numbers kept for a token and
    layer (keys and values); ``experts`` of which ``chosen`` are asked for a token; ``bytes`` of a
    weight when it is served; ``source`` says whose word all this is.
    """

    parameters: float
    active: float
    layers: int
    hidden: int
    cached: int
    experts: int = 1
    chosen: int = 1
    bytes: float = 2
    source: str = ""

    @property
    def cache_bytes(self) -> float:
        """Of a token, in BF16.

        >>> size("deepseek-ai/DeepSeek-R1").cache_bytes  # (512 + 64) × 61 layers × 2 bytes
        70272.0
        """
        return 2.0 * self.cached * self.layers

    def touched(self, tokens: float) -> float:
        """Parameters read for so many tokens at once: all of a dense model's; of experts those that
        any of them chooses, if each chooses evenly.

        >>> r1 = size("deepseek-ai/DeepSeek-R1")
        >>> [round(r1.touched(n) / 1e9) for n in (1, 16, 256)]
        [37, 277, 671]
        """
        share = self.chosen / self.experts
        if share == 1:
            return self.parameters
        routed = (self.parameters - self.active) / (1 - share)
        return float(self.parameters - routed * (1 - share) ** tokens)


def size(model: str, revision: str | None = None, parameters: float | None = None) -> Size:
    """By the table, by the configuration of a model that is here, or guessed from ``parameters``.

    Raises UserError where none of these is known.
    """
    found = _published().get(model) or _of_files(model, revision)
    if found is None and parameters is None:
        raise UserError(
            f"the size of {model} is not known: give --parameters 7e9, or a folder with its "
            "config.json"
        )
    return found or guess(parameters or 0)


def guess(parameters: float) -> Size:
    """A dense model of usual shape: width 128 × layers, 12 · layers · width² parameters, keys and
    values a quarter of the width.

    >>> made = guess(7e9); made.layers, made.hidden, made.cached
    (33, 4224, 2112)
    """
    layers = max(1, round((parameters / (12 * 128**2)) ** (1 / 3)))
    return Size(
        parameters=parameters,
        active=parameters,
        layers=layers,
        hidden=128 * layers,
        cached=2 * 128 * layers // 4,
        source="shape guessed from the number of parameters",
    )


@cache
def _published() -> dict[str, Size]:
    made = {}
    for row in yaml.safe_load(_TABLE.read_text(encoding="utf-8")):
        shape = {"active": row["shape"]["parameters"], **row["shape"]}
        for model in row["models"]:
            made[model] = Size(**{k: _number(v) for k, v in shape.items()}, source="published")
    return made


def _number(given: Any) -> Any:
    return float(given) if isinstance(given, str) else given  # YAML 1.1 reads 37e9 as a word


def _of_files(model: str, revision: str | None) -> Size | None:
    try:
        made = empty_model(find_model(model, revision))
    except UserError:  # a folder that is still to be made, or a server
        return None
    if made is None:
        return None
    config = made.config.get_text_config()
    total = sum(p.numel() for p in made.parameters())
    experts = _first(config, "n_routed_experts", "num_local_experts", "num_experts") or 1
    chosen = _first(config, "num_experts_per_tok") or 1
    routed = sum(p.numel() for name, p in made.named_parameters() if ".experts." in name)
    heads = config.num_attention_heads
    head = getattr(config, "head_dim", None) or config.hidden_size // heads
    pairs = 2 * (getattr(config, "num_key_value_heads", None) or heads) * head
    latent = getattr(config, "kv_lora_rank", None)
    return Size(
        parameters=total,
        active=total - routed * (1 - chosen / experts),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        cached=latent + config.qk_rope_head_dim if latent else pairs,
        experts=experts,
        chosen=min(chosen, experts),
        source="its config.json",
    )


def _first(config: Any, *names: str) -> int | None:
    return next((value for name in names if (value := getattr(config, name, None))), None)
