"""Tiny models of many architectures, with random weights."""

from collections.abc import Callable

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoConfig, AutoModelForCausalLM

SMALL = {
    "vocab_size": 97,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "max_position_embeddings": 1024,
    "pad_token_id": 0,
    "initializer_range": 0.4,  # weights so wide that the likeliest token stands out
}
GPT2 = {"n_embd": 48, "n_layer": 3, "n_head": 4, "n_positions": 1024}
KINDS = {
    "llama": {},
    "qwen2": {},
    "qwen3": {},
    "gemma": {},
    "gemma2": {"sliding_window": 8, "query_pre_attn_scalar": 12, "attn_logit_softcapping": 5.0},
    "gemma3_text": {"sliding_window": 8},
    "mistral": {"sliding_window": 8},
    "phi3": {"sliding_window": 8},
    "starcoder2": {"sliding_window": 8},
    "olmo2": {},
    "granite": {},
    "cohere": {},
    "gpt_neox": {},
    "gpt2": GPT2,
    "bloom": {},  # no rotary positions: a bias by distance
}


STATE_SPACE = {
    "mamba": {"state_size": 4},
    "falcon_mamba": {"state_size": 4},
    "rwkv": {"attention_hidden_size": 32},
    "xlstm": {"num_heads": 2},
}


def make(kind: str, dtype: torch.dtype = torch.float32, **other):
    return _build(kind, dtype, **{**SMALL, **KINDS.get(kind, {}), **other})


def make_state_space(kind: str):
    """One that says nothing of attention's heads: there are none."""
    sizes = {"vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2}
    return _build(kind, torch.float32, **sizes, **STATE_SPACE[kind])


def _build(kind: str, dtype: torch.dtype, **options):
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **options)
    model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="eager")
    return model.eval()


def prompts(*lengths: int) -> list[list[int]]:
    numbers = torch.Generator().manual_seed(3)
    return [torch.randint(2, 97, (n,), generator=numbers).tolist() for n in lengths]


def generated(model, read: list[int], tokens: int = 40) -> list[int]:
    ids = torch.tensor([read])
    told = model.generate(
        ids, max_new_tokens=tokens, do_sample=False, eos_token_id=1, pad_token_id=0
    )
    return told[0, len(read) :].tolist()


class _Peak(TorchDispatchMode):
    """Sums the storages that are there after each operator; what one takes within is not seen."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self._alive: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self._alive[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        gone = [key for key, (storage, _) in self._alive.items() if storage.expired()]
        for key in gone:
            del self._alive[key]
        self.bytes = max(self.bytes, sum(size for _, size in self._alive.values()))
        return result


def peak_bytes(computing: Callable[[], object]) -> int:
    """The most memory that tensors made while ``computing`` take at once."""
    with _Peak() as peak:
        computing()
    return peak.bytes
