"""An exported student is loaded by a fresh process and says the same."""

import json
import subprocess
import sys

import pytest
from transformers import AutoTokenizer

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
