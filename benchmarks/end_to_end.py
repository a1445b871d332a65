"""`r1eval eval` beside `lm_eval --model hf`, whole commands: ``make bench-eval``.

    R1EVAL_DATA_DIR=…/data python -m benchmarks.end_to_end [--out FILE]

SmolLM2-135M answers 16 problems of GSM8K eight times each, up to 256 tokens, float32, for both the
same prompts, temperature and top-p. Seconds are those of the whole command, loading and grading
included; lm-eval gets the weights as a folder, which loads faster than the GGUF file. The two take
turns: ours, lm-eval, ours again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.lm_eval_runs import Asked, run_lm_eval, search_batch
from benchmarks.sampling import export_smollm2, machine, table
from evals.metrics import Figure
from runs.files import written_whole

END = "<|im_end|>"


@click.command()
@click.option("--limit", default=16, show_default=True)
@click.option("--samples", default=8, show_default=True)
@click.option("--max-tokens", default=256, show_default=True)
@click.option("--batches", default="16,32,64,128", show_default=True, help="For lm-eval.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the page to this file.")
def main(limit: int, samples: int, max_tokens: int, batches: str, out: Path | None) -> None:
    """Print seconds, ratio and accuracies as markdown."""
    lines = ["# r1eval eval beside lm_eval --model hf\n", machine() + "\n"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = Path(export_smollm2(folder))
        options = ["--limit", str(limit), "--samples", str(samples)]
        options += ["--max-tokens", str(max_tokens), "--engine-arg", "dtype=float32"]
        first, ours = r1eval(folder / "ours", options)
        asked = Asked.by(folder / "ours", END)
        sizes = [int(size) for size in batches.split(",")]
        batch, word = search_batch(model, asked, sizes, 24, folder / "search")
        told = run_lm_eval(model, asked, max_tokens, batch, folder / "theirs")
        again, _ = r1eval(folder / "again", options)
        rows = [
            ("command", "completions", "s", "pass@1 %", "95 %, new samples"),
            ("r1eval eval", str(limit * samples), f"{first:.0f}", *shown(ours)),
            (
                f"lm_eval, batch {batch}",
                str(told.completions),
                f"{told.seconds:.0f}",
                *shown(told.accuracy),
            ),
            ("r1eval eval, again", str(limit * samples), f"{again:.0f}", *shown(ours)),
        ]
        ratio = told.seconds / ((first + again) / 2)
        lines += [*table(rows), f"\n**{ratio:.2f} × lm-eval**, by both rows together. {word}"]
    print("\n".join(lines))
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def r1eval(
    run: Path, options: list[str], model: str = "smollm2", task: str = "gsm8k"
) -> tuple[float, Figure]:
    """Seconds of a whole `r1eval eval`, and its pass@1."""
    command = [sys.executable, "-m", "r1eval", "eval", model, "--task", task, "--out", str(run)]
    start = time.perf_counter()
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=os.environ)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"r1eval failed: {done.stderr[-2000:]}")
    results = json.loads((run / "results.json").read_text())
    return seconds, Figure(**results["tasks"][0]["metrics"]["pass@1"])


def shown(one: Figure) -> tuple[str, str]:
    low, high = one.ci95_seeds or (float("nan"), float("nan"))
    return f"{100 * (one.value or 0):.1f}", f"{100 * low:.1f} … {100 * high:.1f}"


if __name__ == "__main__":
    main()
