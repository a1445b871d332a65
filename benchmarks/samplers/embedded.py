"""A worker over transformers: our loop, or `generate` as a user calls it.

    python -m benchmarks.samplers.embedded loop|generate FOLDER

Answers one line of JSON for each line that it reads, see `benchmarks.samplers.talk`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from sampling.choose import choose
from sampling.draw import Stream
from sampling.engine import TINY, Sampling
from sampling.packed import pack
from sampling.rows import Row

Job = dict[str, Any]


def main(how: str, folder: str) -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    end_ids = _end_ids(model, AutoTokenizer.from_pretrained(folder))
    tiny = sum(p.numel() for p in model.parameters()) < TINY
    products = _products(model)
    if how == "loop" and not tiny:
        pack(model)
    loop = choose(model, end_ids, padding=0, wanted="loop")[0] if how == "loop" else None
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        start = time.perf_counter()
        if job.get("ceiling"):
            print(json.dumps({"seconds": _ceiling(products, job["rows"])}), flush=True)
            continue
        if loop is None:
            tokens = _generate(model, end_ids, job)
        else:
            most = job["max_tokens"]
            rows = [Row(ids, Stream(seed), most) for seed, ids in enumerate(job["prompts"])]
            sampling = Sampling(temperature=job["temperature"])
            loop.run(rows, sampling, job["rows"], lambda _: None)
            tokens = sum(len(row.ids) for row in rows)
        seconds = time.perf_counter() - start
        print(json.dumps({"tokens": tokens, "seconds": seconds}), flush=True)


def _generate(model: Any, end_ids: frozenset[int], job: Job) -> int:
    """Static batches, as a user would call it; prompts in the order of length, padded on the left.
    Returns the number of tokens up to the end of each sequence."""
    prompts = sorted(job["prompts"], key=len)
    tokens = 0
    for start in range(0, len(prompts), job["rows"]):
        some = prompts[start : start + job["rows"]]
        width = max(map(len, some))
        ids = torch.tensor([[0] * (width - len(p)) + p for p in some])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in some])
        with torch.inference_mode():
            told = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=job["max_tokens"],
                do_sample=True,
                temperature=job["temperature"],
                top_k=0,
                top_p=1.0,
                eos_token_id=sorted(end_ids),
                pad_token_id=0,
            )
        for row in told[:, width:].tolist():
            ends = [place for place, token in enumerate(row) if token in end_ids]
            tokens += ends[0] + 1 if ends else len(row)
    return tokens


def _products(model: Any) -> list[torch.Tensor]:
    """The weights of every matrix product of a step, as they are before packing."""
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    return [layer.weight.detach() for layer in linear]


def _ceiling(weights: list[torch.Tensor], rows: int) -> float:
    """Seconds that the matrix products of one step take alone, the better of both layouts."""
    inputs = {w.shape[1]: torch.randn(rows, w.shape[1]) for w in weights}
    packed = [torch.ops.mkldnn._reorder_linear_weight(w, rows) for w in weights]
    took = {"plain": [], "packed": []}  # type: dict[str, list[float]]
    with torch.inference_mode():
        for _ in range(7):
            start = time.perf_counter()
            for weight in weights:
                torch.nn.functional.linear(inputs[weight.shape[1]], weight)
            took["plain"].append(time.perf_counter() - start)
            start = time.perf_counter()
            for weight, layout in zip(weights, packed, strict=True):
                torch.ops.mkldnn._linear_pointwise(
                    inputs[weight.shape[1]], layout, None, "none", [], ""
                )
            took["packed"].append(time.perf_counter() - start)
    return min(sorted(times)[len(times) // 2] for times in took.values())


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = model.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)


if __name__ == "__main__":
    main(*sys.argv[1:])
