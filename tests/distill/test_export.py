"""An exported student is loaded by a fresh process and says the same."""

import json
import subprocess
import sys

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, AutoTokenizer

from distill.export import MODELFILE, export, keep_thoughts
from runs.models import find_model
from tasks.errors import UserError

R1_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "<|User|>{{ message['content'] }}{% endif %}{% if message['role'] == 'assistant' %}"
    "{% set content = message['content'] %}{% if '</think>' in content %}"
    "{% set content = content.split('</think>')[-1] %}{% endif %}<|Assistant|>{{ content }}<eos>"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|Assistant|><think>\n{% endif %}"
)


def nano():
    return find_model("nano", None).source


@pytest.fixture
def tokenizer():
    return AutoTokenizer.from_pretrained(nano())


def test_a_fresh_process_gives_the_same_greedy_answers(tmp_path):
    done = export(nano(), tmp_path / "out", "# a card")
    assert {"model.safetensors", "README.md", MODELFILE, "tokenizer.json"} <= set(done.files)
    asked = ["--task", "nano", "--limit", "4", "--temperature", "0", "--out"]
    texts = []
    for name, model in (("a", nano()), ("b", done.folder)):
        run = "from r1eval.main import main; main()"
        out = tmp_path / name
        for command in (
            ["eval", str(model), *asked, str(out)],
            ["export", str(out), "--to", "jsonl", "--out", str(tmp_path / f"{name}.jsonl")],
        ):
            subprocess.run([sys.executable, "-c", run, *command], check=True, capture_output=True)
        rows = (tmp_path / f"{name}.jsonl").read_text().splitlines()
        texts.append([json.loads(row)["text"] for row in rows])
    assert texts[0] == texts[1]


def test_sampling_defaults_are_the_papers(tmp_path):
    done = export(nano(), tmp_path / "out", "")
    config = json.loads((done.folder / "generation_config.json").read_text())
    assert (config["temperature"], config["top_p"], config["do_sample"]) == (0.6, 0.95, True)
    made = (done.folder / MODELFILE).read_text()
    assert "FROM ./\n" in made
    assert 'TEMPLATE """<user>{{ .Prompt }}<assistant>{{ .Response }}"""' in made
    assert 'PARAMETER stop "<eos>"' in made
    assert any("no GGUF" in notice for notice in done.notices)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_keep_their_type_whatever_this_machine_likes(tmp_path, dtype):
    model = AutoModelForCausalLM.from_pretrained(nano(), dtype=dtype)
    for saved in (model, AutoTokenizer.from_pretrained(nano())):
        saved.save_pretrained(tmp_path / "trained")
    done = export(tmp_path / "trained", tmp_path / "out", "")
    written = load_file(done.folder / "model.safetensors")
    assert {weight.dtype for weight in written.values()} == {dtype}
    assert all(torch.equal(w, dict(model.state_dict())[name]) for name, w in written.items())
    assert {file.stat().st_mode & 0o044 for file in done.folder.iterdir()} == {0o044}


@pytest.mark.parametrize("adds", [False, True])
def test_a_prompt_begins_once_wherever_it_is_read(tmp_path, tokenizer, adds):
    """SmolLM2's turns begin with its begin-of-sequence token, which its tokenizer does not add."""
    tokenizer.bos_token = "<user>"
    if adds:
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<user> $A", special_tokens=[("<user>", tokenizer.bos_token_id)]
        )
    tokenizer.save_pretrained(tmp_path / "trained")
    AutoModelForCausalLM.from_pretrained(nano()).save_pretrained(tmp_path / "trained")
    done = export(tmp_path / "trained", tmp_path / "out", "")
    begin = "" if adds else "<user>"
    assert f'TEMPLATE """{begin}{{{{ .Prompt }}}}' in (done.folder / MODELFILE).read_text()
    told = json.loads((done.folder / "tokenizer_config.json").read_text())
    assert told["add_bos_token"] is adds
    folders = (tmp_path / "trained", done.folder)
    ids = [AutoTokenizer.from_pretrained(folder)("1+2").input_ids for folder in folders]
    assert ids[0] == ids[1]
    assert (ids[0][0] == tokenizer.bos_token_id) is adds


def test_an_adapter_is_merged_into_its_base(tmp_path):
    AutoModelForCausalLM.from_pretrained(nano(), dtype="float32").save_pretrained(tmp_path / "base")
    AutoTokenizer.from_pretrained(nano()).save_pretrained(tmp_path / "base")
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    lora = LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False)
    adapted = get_peft_model(base, lora)
    for saved in (adapted, AutoTokenizer.from_pretrained(nano())):
        saved.save_pretrained(tmp_path / "adapter")
    done = export(tmp_path / "adapter", tmp_path / "out", "")
    whole = AutoModelForCausalLM.from_pretrained(done.folder, dtype="float32")
    ids = torch.arange(12).unsqueeze(0)
    with torch.no_grad():
        torch.testing.assert_close(whole(ids).logits, adapted.eval()(ids).logits)


def test_a_template_that_drops_thoughts_is_mended(tokenizer):
    tokenizer.chat_template = R1_TEMPLATE
    mended = keep_thoughts(tokenizer)
    turns = [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "<think>a</think>4"},
    ]
    assert "<think>a</think>4" in tokenizer.apply_chat_template(
        turns, tokenize=False, chat_template=mended
    )
    tokenizer.chat_template = R1_TEMPLATE.replace("[-1]", "[1]")
    with pytest.raises(UserError, match="drops the thought"):
        keep_thoughts(tokenizer)


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_a_system_prompt_goes_where_the_template_has_it(tokenizer):
    from distill.export import modelfile

    tokenizer.chat_template = CHATML
    assert (
        "{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n<|im_start|>user\n"
        "{{ .Prompt }}<|im_end|>\n<|im_start|>assistant\n{{ .Response }}{{ else }}"
    ) in modelfile(tokenizer, [], None)


def test_a_converter_is_used_and_its_failure_said(tmp_path):
    good, bad = tmp_path / "good.sh", tmp_path / "bad.sh"
    good.write_text('#!/bin/sh\ntest -f "$1/config.json" && echo GGUF > "$3"\n')
    bad.write_text("#!/bin/sh\necho 'Model LlamaForX is not supported' >&2\nexit 1\n")
    for script in (good, bad):
        script.chmod(0o755)
    done = export(nano(), tmp_path / "a", "", str(good))
    assert "FROM ./model.gguf" in (done.folder / MODELFILE).read_text()
    done = export(nano(), tmp_path / "b", "", str(bad))
    assert done.notices == (
        "no GGUF: convert_hf_to_gguf.py failed: Model LlamaForX is not supported",
    )


def test_a_folder_that_is_there_stays(tmp_path):
    with pytest.raises(UserError, match="is there already"):
        export(nano(), tmp_path, "")
