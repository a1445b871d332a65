"""A real small model as a student, on worked sums: `make smollm2-student`.

    python -m benchmarks.smollm2_student [--traces 1200] [--out FILE]

SmolLM2-135M by `r1eval distill smollm2`, from the worked text of a solver: chains of three or four
numbers (reasoning-gym), one step a line. Held-out chains are asked before and after. What is in
``--work`` already is not done again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from benchmarks.sampling import machine, table
from benchmarks.trainings import Side, read_side, run_command, with_interval
from distill.traces import Trace, write_traces
from evals.compare import compare
from evals.load import outcomes
from runs.files import written_whole
from runs.recipe import where
from tasks.load import load_task

HEAD = ("", "pass@1", "pass@8", "cons@8", "tokens", "thinks")
EVALUATION = "{task: 'gym.py:chains_heldout', limit: 100, samples: 8, max_tokens: 96}"


@click.command()
@click.option("--traces", "number", default=1200, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/smollm2-student"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here.")
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="As in r1eval distill.")
def main(number: int, work: Path, out: Path | None, more: tuple[str, ...]) -> None:
    """Train if it is lacking and print the page."""
    work.mkdir(parents=True, exist_ok=True)
    solved, folder = work / "solved.jsonl", work / "student"
    write_traces(solved, islice(worked(), number))
    changes = [f"traces=[{solved}]", f"eval={EVALUATION}", "report_to=[]", *more]
    asked = [part for change in changes for part in ("--set", change)]
    if not (folder / "export").is_dir():
        run_command(["distill", "smollm2", *asked, "--out", str(folder)], folder)
    runs = [folder / "student" / "eval" / name for name in ("base", "trained")]
    rows = [
        _row(name, read_side(run, "en"))
        for name, run in zip(("before", "after"), runs, strict=True)
    ]
    gains = [
        f"- {one.metric}: {100 * one.difference:+.1f} points"
        f" [{100 * one.ci95[0]:+.1f}, {100 * one.ci95[1]:+.1f}], p = {one.p_value:.2g}"
        for one in compare(*map(outcomes, runs))
        if one.difference is not None and one.ci95 is not None
    ]
    told = " ".join(f"--set {change}" for change in changes[1:])
    page = [
        f"# SmolLM2-135M, a student of worked sums\n\n{machine()}\n",
        f"    r1eval distill smollm2 --set traces=[solved.jsonl] {told} --out DIR\n",
        f"{number:,} traces like this one:\n",
        *(f"    {line}" for line in next(worked()).completion[0]["content"].splitlines()),
        "",
        *table([HEAD, *rows]),
        "\nPaired by problem, after less before:\n",
        *gains,
    ]
    print("\n".join(page))
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join([*page, ""]), encoding="utf-8")


def worked() -> Iterator[Trace]:
    """Every training problem with its steps from left to right."""
    task = load_task(where("gym.py:chains"))
    for problem in task.problems:
        expression = problem.question.split(":")[1].removesuffix("=").strip()
        thought, total = steps(expression)
        assert str(total) == problem.gold
        said = f"<think>\n{thought}\n</think>\n\nThe answer is {total}."
        yield Trace(
            [{"role": "user", "content": problem.prompt}],
            [{"role": "assistant", "content": said}],
            {
                "id": f"solved/{problem.id}",
                "question": problem.question,
                "gold": problem.gold,
                "verdict": "correct",
                "finish_reason": "stop",
                "teacher": "a solver",
            },
        )


def steps(expression: str) -> tuple[str, int]:
    """
    >>> steps("98 - 93 + 77")
    ('98 - 93 = 5\\n5 + 77 = 82', 82)
    """
    first, *rest = re.findall(r"\d+|[+-]", expression)
    total, lines = int(first), []
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        after = total + int(number) if sign == "+" else total - int(number)
        lines.append(f"{total} {sign} {number} = {after}")
        total = after
    return "\n".join(lines), total


def _row(name: str, side: Side) -> tuple[str, ...]:
    figures = (with_interval(side.metrics[of]) for of in ("pass@1", "pass@8", "cons@8"))
    return (name, *figures, f"{side.tokens:.0f}", f"{side.thinks:.0%}")


if __name__ == "__main__":
    main()
