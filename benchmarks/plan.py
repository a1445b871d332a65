"""What `r1eval plan` says of trainings whose cost was published, beside it.

    python -m benchmarks.plan [--check]

The table is written into docs/plan.md between two marks; ``--check`` only compares. No figure here
is measured: what was published is named with its source, and the plan is that of its settings.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipeline.cost import Assumed, drawing
from pipeline.gpus import read_cluster
from pipeline.plan import StagePlan, plan_stages
from pipeline.read import read_any
from pipeline.sizes import size
from runs.files import written_whole

PAGE = Path(__file__).parent.parent / "docs" / "plan.md"
BEGIN, END = "<!-- python -m benchmarks.plan -->", "<!-- end -->"


@dataclass(frozen=True)
class Published:
    """GPU-hours, as published and as planned; ``given`` is what the plan was told."""

    what: str
    gpu: str
    published: float
    planned: float
    given: str
    source: str

    @property
    def ratio(self) -> float:
        return self.planned / self.published


def rows() -> Iterator[Published]:
    yield from _deepseek()
    yield Published(
        "s1-32B: 1,000 traces × 5 epochs",
        "H100",
        16 * 26 / 60,
        _stage("qwen-32b", "16xH100", "sft", ["traces=1000", "trace_tokens=4700"], sft=S1),
        "4.7 M tokens of traces",
        "arXiv 2501.19393v3, appendix D and table 6",
    )
    yield from _open_r1()
    yield Published(
        "DeepScaleR-1.5B: 1,750 steps",
        "A100",
        3_800,
        sum(_deepscaler(*phase) for phase in DEEPSCALER),
        "means of 4,000, 5,000 and 6,000 tokens, a guess: 5,500 fell to 3,500 in the first phase",
        "its blog and model card (second hand)",
    )


S1 = {"num_train_epochs": 5}
DEEPSCALER = [  # GPUs, steps, questions × outputs, longest, mean
    ("8xA100", 1_040, 128 * 8, 8_192, 4_000),
    ("32xA100", 480, 128 * 16, 16_384, 5_000),
    ("32xA100", 230, 128 * 16, 24_576, 6_000),
]


def _deepseek() -> Iterator[Published]:
    source = "arXiv 2501.12948v2, training cost"
    zero = _zero(8_200, 32_768, 5_000) + _zero(2_200, 65_536, 10_000)
    lengths = "means of 5,000 and, after step 8,200, 10,000 tokens, read off v1, figure 3"
    yield Published("R1-Zero: 10,400 steps", "H800", 101_000, zero, lengths, source)
    r1 = {stage.name: stage.hours or 0.0 for stage in _plans("r1", "512xH800")}
    made = ("samples", "contests", "math")
    trained = sum(hours for name, hours in r1.items() if name not in made)
    steps = "a first RL stage as long as R1-Zero, for want of a figure, at a mean of 8,000 tokens"
    yield Published("R1: SFT twice, RL twice", "H800", 41_000, trained, steps, source)
    first = "16 samples of 40,315 problems: how many were drawn is not said"
    yield Published("SFT data", "H800", 5_000, r1["samples"], first, source)
    yield Published(
        "R1 served: 10⁹ tokens",
        "H800",
        1e9 / (14_800 / 8) / 3600,
        _served(),
        "144 GPUs, 5,000 tokens of context",
        "DeepSeek's own account of serving (14,800 tokens a second and node of 8)",
    )


def _open_r1() -> Iterator[Published]:
    traces = _plans(
        "r1",
        "512xH100",
        ["samples.problems=400000", "samples.completion_tokens=6000"],
        samples={"samples": 2, "max_tokens": 16_384},
    )
    hours = next(stage.hours or 0.0 for stage in traces if stage.name == "samples")
    told = "6,000 tokens each, as update 1 says of R1; 16,384 at most"
    source = "open-r1, update 2"
    yield Published("800,000 traces of R1, vLLM", "H100", 800_000 / 15, hours, told, source)
    yield Published("800,000 traces of R1, SGLang", "H100", 800_000 / 25, hours, told, source)
    grpo = {
        "max_steps": 468,
        "max_completion_length": 1_024,
        "num_generations": 7,
        "per_device_train_batch_size": 14,
        "gradient_accumulation_steps": 1,
        "generation_batch_size": None,
        "beta": 0.04,
    }
    expect = ["completion_tokens=639", "prompt_tokens=200"]
    simple = _stage("r1-zero", "8xH100", "rl", expect, ["7b"], grpo=grpo)
    told = "468 steps and 639 tokens as in that log; 112 completions a step, by its epoch"
    what = "GRPO of Qwen2.5-Math-7B on MATH"
    yield Published(f"{what}, as stated", "H100", 8 * 3, simple, told, "open-r1, README")
    yield Published(f"{what}, as a user had it", "H100", 8 * 8.9, simple, told, "open-r1 #251")


def _zero(steps: int, longest: int, mean: int) -> float:
    grpo = {"max_steps": steps, "max_completion_length": longest}
    expect = [f"completion_tokens={mean}"]
    return _stage("r1-zero", "512xH800", "rl", expect, ["v3"], grpo=grpo)


def _deepscaler(gpus: str, steps: int, completions: int, longest: int, mean: int) -> float:
    count = int(gpus.partition("x")[0])
    grpo = {
        "max_steps": steps,
        "max_completion_length": longest,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": completions // 8 // count,
        "generation_batch_size": None,
        "num_generations": 8,
    }
    expect = [f"completion_tokens={mean}"]
    return _stage("r1-zero", gpus, "rl", expect, ["1.5b"], {"processes": count}, grpo=grpo)


def _served() -> float:
    """Hours for 10⁹ tokens where more is asked than fits."""
    cluster = read_cluster("144xH800")
    r1 = size("deepseek-ai/DeepSeek-R1")
    found = drawing(r1, cluster, Assumed(), 1e6, prompt=4_000, mean=2_000, longest=1, gpus=144)
    assert found is not None
    return 1e9 / found.tokens_a_second / 3600


def _stage(
    recipe: str,
    gpus: str,
    name: str,
    expect: Sequence[str] = (),
    scales: Sequence[str] = (),
    change: Mapping[str, Any] | None = None,
    **changes: Mapping[str, Any],
) -> float:
    made = _plans(recipe, gpus, expect, scales, change, **changes)
    return next(stage.hours or 0.0 for stage in made if stage.name == name)


def _plans(
    recipe: str,
    gpus: str,
    expect: Sequence[str] = (),
    scales: Sequence[str] = (),
    change: Mapping[str, Any] | None = None,
    **changes: Mapping[str, Any],
) -> list[StagePlan]:
    stages, expected = read_any(recipe, scales, {**(change or {}), **changes}, expect)
    return plan_stages(stages, expected, read_cluster(gpus), Assumed())


def table() -> str:
    head = "| | GPU | published, hours | planned | ratio | told to the plan | source |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for row in rows():
        hours = f"{_rounded(row.published)} | {_rounded(row.planned)} | {row.ratio:.2f}"
        lines.append(f"| {row.what} | {row.gpu} | {hours} | {row.given} | {row.source} |")
    return "\n".join(lines)


def _rounded(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:,.1f}"


def with_table(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


@click.command()
@click.option("--check", is_flag=True, help="Say whether the page is as it should be.")
def main(check: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    made = with_table(page)
    click.echo(table())
    if check:
        sys.exit(made != page)
    with written_whole(PAGE) as temporary:
        temporary.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
