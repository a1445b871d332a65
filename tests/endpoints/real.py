"""Servers that are not ours, started on a free port, and what `r1eval eval` draws from them."""

import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from r1eval.main import main
from runs.models import find_model
from runs.store import Store
from sampling.tokens import load_tokenizer

LLAMA = Path(__file__).parents[2] / ".venv" / "llama" / "bin" / "python"
QUESTIONS = [
    "What is 17+25? Think step by step.",
    "Ann has 3 boxes of 7 pens and gives 4 away. How many are left?",
    "Name the capital of France and say one thing about it.",
]
TOKENS, STARTS_WITHIN = 48, 300


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
            with urllib.request.urlopen(f"{self.url}/models", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


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
    assert {one.token_source for one in samples} == {"usage" if model.startswith("http") else "ids"}
    assert {one.finish_reason for one in samples} <= {"stop", "length"}
    return {questions[one.problem_id]: one.text for one in samples}


def parted(said: dict[str, str], expected: dict[str, str]) -> dict[str, int | None]:
    """The token, from 0, at which each reply is another than expected; ``None`` where it is not."""
    place = find_model("smollm2")
    tokenizer: Any = load_tokenizer(place.source, gguf_file=place.gguf_file)
    return {one: _parting(tokenizer(said[one]), tokenizer(expected[one])) for one in expected}


def _parting(first: Any, second: Any) -> int | None:
    if first.input_ids == second.input_ids:
        return None
    pairs = zip(first.input_ids, second.input_ids, strict=False)
    shorter = min(len(first.input_ids), len(second.input_ids))
    return next((n for n, (a, b) in enumerate(pairs) if a != b), shorter)
