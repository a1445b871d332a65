"""A real small model as a student: `make smollm2-student`, `make smollm2-gsm8k`.

    python -m benchmarks.smollm2_student chains|gsm8k [--traces 1200] [--out FILE]

SmolLM2-135M by `r1eval distill`, from the worked text of a solver (chains of three or four numbers
of reasoning-gym, one step a line) or of people (GSM8K's training half). Held-out problems are asked
before and after. What is in ``--work`` already is not done again.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click

from benchmarks.lessons import LESSONS
from benchmarks.sampling import machine, table
from benchmarks.trainings import Side, read_side, run_command, with_interval
from distill.traces import write_traces
from evals.compare import compare
from evals.load import outcomes
from evals.results import read_results
from evals.wording import in_points
from runs.files import written_whole


@click.command()
@click.argument("lesson", type=click.Choice(list(LESSONS)))
@click.option("--traces", "number", type=int, help="How many; as the lesson says.")
@click.option("--work", type=click.Path(path_type=Path), help="Default: out/smollm2-LESSON.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here.")
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="As in r1eval distill.")
def main(
    lesson: str, number: int | None, work: Path | None, out: Path | None, more: tuple[str, ...]
) -> None:
    """Train if it is lacking and print the page."""
    taught = LESSONS[lesson]
    number, work = number or taught.traces, work or Path("out", f"smollm2-{lesson}")
    work.mkdir(parents=True, exist_ok=True)
    solved, folder = work / "solved.jsonl", work / "student"
    traces = list(islice(taught.worked(), number))
    write_traces(solved, traces)
    changes = [f"traces=[{solved}]", *taught.changes, "report_to=[]", *more]
    asked = [part for change in changes for part in ("--set", change)]
    if not (folder / "export").is_dir():
        run_command(["distill", taught.recipe, *asked, "--out", str(folder)], folder)
    runs = [folder / "student" / "eval" / name for name in ("base", "trained")]
    most = read_results(runs[0])["tasks"][0]["samples_per_problem"]
    shown = ("pass@1", f"pass@{most}", f"cons@{most}")
    rows = [
        _row(name, read_side(run, "en"), shown)
        for name, run in zip(("before", "after"), runs, strict=True)
    ]
    gains = [f"- {one.metric}: {in_points(one)}" for one in compare(*map(outcomes, runs))]
    told = " ".join(f"--set {change}" for change in changes[1:])
    page = [
        f"# SmolLM2-135M, a student of {taught.title}\n\n{machine()}\n",
        f"    r1eval distill {taught.recipe} --set traces=[solved.jsonl] {told} --out DIR\n",
        f"{len(traces):,} traces like this one:\n",
        *(f"    {line}" for line in traces[0].text.splitlines()),
        "",
        *table([("", *shown, "tokens", "thinks"), *rows]),
        "\nPaired by problem, after less before:\n",
        *gains,
    ]
    print("\n".join(page))
    if out is not None:
        with written_whole(out) as file:
            file.write_text("\n".join([*page, ""]), encoding="utf-8")


def _row(name: str, side: Side, shown: tuple[str, ...]) -> tuple[str, ...]:
    figures = (with_interval(side.metrics[of]) for of in shown)
    return (name, *figures, f"{side.tokens:.0f}", f"{side.thinks:.0%}")


if __name__ == "__main__":
    main()
