"""lm-eval on exactly what r1eval asked: the same prompts, n, sampling and cap.

lm-eval runs as its users run it, `lm_eval run --model hf` on a YAML task over a local file, in a
process of its own. Its completions are graded by our grader, so that accuracies compare.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.metrics import Figure, figure, pass_estimate
from runs.store import Store
from runs.stored import StoredProblem
from tasks.grading import grade_completion
from tasks.grading.verdict import Verdict

_TASK = """\
task: bench
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: generate_until
doc_to_text: "{{{{prompt}}}}"
doc_to_target: "{{{{gold}}}}"
repeats: {samples}
generation_kwargs:
  until: [{until}]
  do_sample: true
  temperature: {temperature}
  top_p: {top_p}
  max_gen_toks: {max_tokens}
metric_list:
  - metric: exact_match
"""


@dataclass(frozen=True)
class Asked:
    """What a run of r1eval asked, for lm-eval to ask again."""

    problems: Sequence[StoredProblem]
    samples: int
    temperature: float
    top_p: float
    until: str

    @classmethod
    def by(cls, run: Path, until: str) -> Asked:
        protocol = json.loads((run / "run.json").read_text())["protocol"]
        with Store(run) as store:
            problems = store.problems()
        return cls(problems, protocol["samples"], protocol["temperature"], protocol["top_p"], until)


@dataclass(frozen=True)
class Told:
    """Seconds of the whole command, and pass@1 of its completions by our grader."""

    seconds: float
    completions: int
    accuracy: Figure


def run_lm_eval(
    model: Path, asked: Asked, max_tokens: int, batch: int, folder: Path, limit: int | None = None
) -> Told:
    """Raises SystemExit with lm-eval's last words when it fails."""
    folder.mkdir(parents=True)
    data = folder / "problems.jsonl"
    problems = asked.problems[:limit]
    with data.open("w", encoding="utf-8") as file:
        for p in problems:
            row = {"id": p.problem_id, "prompt": p.prompt, "gold": p.gold}
            file.write(json.dumps(row) + "\n")
    (folder / "bench.yaml").write_text(
        _TASK.format(
            data=data,
            samples=asked.samples,
            until=json.dumps(asked.until),
            temperature=asked.temperature,
            top_p=asked.top_p,
            max_tokens=max_tokens,
        )
    )
    command = [
        *(sys.executable, "-m", "lm_eval", "run", "--model", "hf"),
        *("--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"),
        *("--tasks", "bench", "--include_path", str(folder), "--batch_size", str(batch)),
        *("--output_path", str(folder / "out"), "--log_samples"),
    ]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"lm-eval failed: {done.stderr[-2000:]}")
    (log,) = (folder / "out").rglob("samples_bench_*.jsonl")
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    by_id = {p.problem_id: p for p in problems}
    graded = [_grade(by_id[row["doc"]["id"]], row["resps"][0]) for row in rows]
    completions = sum(len(row["resps"][0]) for row in rows)
    return Told(seconds, completions, figure([pass_estimate(*tally, 1) for tally in graded]))


def search_batch(
    model: Path, asked: Asked, batches: Sequence[int], max_tokens: int, folder: Path
) -> tuple[int, str]:
    """The batch size at which lm-eval is fastest on short completions, and what was found."""
    took = {
        batch: run_lm_eval(model, asked, max_tokens, batch, folder / f"batch{batch}").seconds
        for batch in batches
    }
    best = min(took, key=lambda batch: took[batch])
    found = ", ".join(f"{batch}: {seconds:.0f} s" for batch, seconds in took.items())
    return (
        best,
        f"lm-eval's batch size was searched with {max_tokens} tokens: {found}; {best} it is.",
    )


def _grade(problem: StoredProblem, completions: Sequence[str]) -> tuple[int, int]:
    """Usable completions, and how many of them are right."""
    grades = [
        grade_completion(
            gold=problem.gold,
            completion=text,
            question=problem.question,
            thought="prefilled" if problem.thought_prefilled else "auto",
        )
        for text in completions
    ]
    usable = [g for g in grades if g.verdict is not Verdict.UNSURE]
    return len(usable), sum(g.verdict is Verdict.CORRECT for g in usable)
