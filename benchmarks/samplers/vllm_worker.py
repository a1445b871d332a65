"""A worker over vLLM, run by the interpreter of an environment that holds it: no import of ours.

.venv/vllm/bin/python benchmarks/samplers/vllm_worker.py FOLDER
"""

import json
import os
import sys
import time


def main(folder: str) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)  # vLLM and its processes write to stdout
    os.dup2(2, 1)
    from vllm import LLM, SamplingParams

    model = LLM(
        folder,
        dtype="float32",
        max_model_len=1024,
        enforce_eager=True,
        max_num_seqs=256,
        enable_prefix_caching=True,
    )
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        job = json.loads(line)
        how = SamplingParams(temperature=job["temperature"], max_tokens=job["max_tokens"])
        prompts = [{"prompt_token_ids": ids} for ids in job["prompts"]]
        model.reset_prefix_cache()
        start = time.perf_counter()
        told = model.generate(prompts, how, use_tqdm=False)
        seconds = time.perf_counter() - start
        tokens = sum(len(one.outputs[0].token_ids) for one in told)
        print(json.dumps({"tokens": tokens, "seconds": seconds}), file=answers)


if __name__ == "__main__":
    main(sys.argv[1])
