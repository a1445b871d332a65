"""`r1eval eval`: sample, grade, print."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from r1eval.budgets import budget_options


def _names(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names:
        raise click.BadParameter("name at least one task")
    return names


def _a_number(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("that is not a number")
    return value


def pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE options as a dictionary."""
    given = dict(value.partition("=")[::2] for value in values)
    if "" in given or not all("=" in value for value in values):
        raise click.BadParameter("give KEY=VALUE")
    return given


@click.command("eval")
@click.argument("model")
@click.option(
    "--task",
    "tasks",
    required=True,
    callback=_names,
    metavar="T[,T2]",
    help="Names (r1eval tasks list), a .jsonl, .csv or .parquet file with 'problem' and "
    "'answer', file.py:function, or lm-eval:NAME[@FILTER[@METRIC]].",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="The run's folder; an unfinished run of the same protocol goes on.",
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Samples per problem.",
)
@click.option(
    "--protocol",
    default="chat",
    show_default=True,
    metavar="chat|r1|r1-zero|FILE",
    help="How to ask and draw: a preset (also bare, few-shot, r1-zero-v1) or a YAML file.",
)
@click.option(
    "--limit", type=click.IntRange(1), metavar="P", help="Only the first P problems of each task."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 100),
    callback=_a_number,
    help="[default: the protocol's]",
)
@click.option(
    "--top-p",
    type=click.FloatRange(0, 1, min_open=True),
    callback=_a_number,
    help="[default: the protocol's]",
)
@click.option(
    "--top-k",
    type=click.IntRange(0),
    help="Only the k likeliest tokens; 0 for all. [default: the protocol's]",
)
@click.option(
    "--min-p",
    type=click.FloatRange(0, 1),
    callback=_a_number,
    help="Only tokens at least so likely as this share of the likeliest. [default: the protocol's]",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(1),
    help="Generated tokens per sample. [default: what the task asks, within the model's context; "
    "with --budgets the largest and room for an answer]",
)
@budget_options
@click.option(
    "--until-ci",
    type=click.FloatRange(0, 0.5, min_open=True, max_open=True),
    callback=_a_number,
    metavar="X",
    help="After --samples of each problem go on, where it tells most, until pass@1 is known within "
    "±X (0.02 is 2 points) on these problems.",
)
@click.option(
    "--max-samples",
    type=click.IntRange(1),
    metavar="N",
    help="With --until-ci: of each problem at most. [default: 1024]",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "transformers", "vllm", "endpoint"]),
    default="auto",
    show_default=True,
    help="auto: a server where MODEL is one, vLLM where it is installed and there is a GPU, else "
    "transformers.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    metavar="C",
    help="Of an endpoint: requests at once at most; fewer while it is overloaded. [default: 64]",
)
@click.option(
    "--max-cost",
    type=click.FloatRange(0, min_open=True),
    callback=_a_number,
    metavar="USD",
    help="Of an endpoint: stop asking when the run has cost so much; what is under way ends.",
)
@click.option(
    "--price-in",
    type=click.FloatRange(0),
    callback=_a_number,
    metavar="USD",
    help="US dollars per million tokens of prompts. [default: a table's, with its date]",
)
@click.option(
    "--price-out",
    type=click.FloatRange(0),
    callback=_a_number,
    metavar="USD",
    help="US dollars per million tokens of replies, thoughts included.",
)
@click.option(
    "--engine-arg",
    "engine_args",
    multiple=True,
    callback=pairs,
    metavar="KEY=VALUE",
    help="dtype, device, threads, group_size, sampler or trust_remote_code; with --engine vllm any "
    "argument of vLLM's, like tensor_parallel_size=2; of an endpoint assistant_prefix, attempts, "
    "deadline, stream, timeout or tokenizer. May be given again.",
)
@click.option(
    "--include-path",
    metavar="DIR",
    help="With --task lm-eval:NAME: a folder of lm-eval's YAML tasks beside its own.",
)
@click.option("--revision", metavar="R", help="Commit or tag of a hub model.")
@click.option(
    "--adapter", type=click.Path(), metavar="DIR", help="A PEFT adapter to put on the model."
)
def evaluate(**options: Any) -> int:
    """Evaluate MODEL on tasks and print pass@k, cons@k, intervals and outcomes.

    MODEL is nano, nano:NAME, smollm2, a hub id (org/name), a model folder, a .gguf file, or served:
    http://HOST:PORT/v1#MODEL (several URLs with commas between), deepseek:MODEL, together:MODEL,
    hyperbolic:MODEL or ollama:MODEL, with the key in the environment.

    Every finished sample is kept at once: stop with Ctrl-C or lose the machine, then give the same
    command again, and it goes on. Exit code 3 says that samples are missing from the figures.
    """
    from r1eval.running import run_and_print
    from runs.settings import RunSettings
    from tasks.errors import UserError

    if options["max_samples"] is not None and options["until_ci"] is None:
        raise UserError("--max-samples is for --until-ci, like 0.02")
    return run_and_print(RunSettings(**options))
