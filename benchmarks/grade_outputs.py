"""Every published completion graded, beside the verdict published with it.

    R1EVAL_DATA_DIR=…/data python -m benchmarks.grade_outputs [--out FILE] [--disagreements FILE]

Reads the ``.jsonl`` files of the data folder's ``outputs/``: ``question``, ``code`` (completions),
``score`` (their verdicts, of the Qwen2.5-Math grader, which is sometimes wrong: read a disagreement
before believing either side), ``gt`` (the gold answer as that grader normalised it, which damaged
some) and ``answer`` (the dataset's own). The tables hold counts and no text; ``--disagreements``
writes the texts, for reading, to a file that must lie outside the project.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tasks.grading import Verdict, grade_completion

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Graded:
    """A published completion with both verdicts. ``row`` and ``sample`` count from 0."""

    file: str
    row: int
    sample: int
    gold: str
    extracted: str | None
    ours: str
    reason: str
    published: bool
    original_gold: str
    on_original: str
    """Our verdict with the dataset's own gold in place of the normalised one."""
    seconds: float

    @property
    def correct(self) -> bool:
        return self.ours == Verdict.CORRECT


def grade_file(file: Path, name: str) -> Iterator[Graded]:
    for row, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        columns = json.loads(line)
        golds, question = (columns["gt"], str(columns["answer"])), columns["question"]
        published = zip(columns["code"], columns["score"], strict=True)
        for sample, (completion, score) in enumerate(published):
            start = time.perf_counter()
            ours, on_original = (
                grade_completion(gold=gold, completion=completion, question=question)
                for gold in golds
            )
            yield Graded(
                file=name,
                row=row,
                sample=sample,
                gold=golds[0],
                extracted=ours.extracted,
                ours=ours.verdict.value,
                reason=ours.reason,
                published=score,
                original_gold=golds[1],
                on_original=on_original.verdict.value,
                seconds=round(time.perf_counter() - start, 4),
            )


def report(files: dict[str, list[Graded]]) -> str:
    return "\n".join(
        [
            "# Published outputs, graded\n",
            "Written by `python -m benchmarks.grade_outputs`. The published verdicts come from",
            "the Qwen2.5-Math grader, and so does the gold (`gt`) that both were held against; the",
            "column *ours, original gold* takes the dataset's own. Accuracy is the share of all",
            "completions that is correct; seconds are by the clock, for both golds.\n",
            *_verdicts(files),
            "",
            *_slowest([graded for rows in files.values() for graded in rows]),
            "",
            *_unsure([graded for rows in files.values() for graded in rows]),
            "",
        ]
    )


def _verdicts(files: dict[str, list[Graded]]) -> Iterator[str]:
    accuracies = "ours | published | ours, original gold"
    yield f"| file | completions | {' | '.join(Verdict)} | {accuracies} | disagreements |"
    yield "|---|---|" + "---|" * len(Verdict) + "---|---|---|---|"
    for name, rows in files.items():
        counts = Counter(graded.ours for graded in rows)
        right = (
            counts[Verdict.CORRECT],
            sum(graded.published for graded in rows),
            sum(graded.on_original == Verdict.CORRECT for graded in rows),
        )
        yield (
            f"| {name} | {len(rows)} | {' | '.join(str(counts[verdict]) for verdict in Verdict)} "
            f"| {' | '.join(f'{count / len(rows):.1%}' for count in right)} "
            f"| {sum(graded.correct != graded.published for graded in rows)} |"
        )


def _slowest(rows: list[Graded]) -> Iterator[str]:
    yield "| slowest: file | row | sample | verdict | seconds |"
    yield "|---|---|---|---|---|"
    for graded in sorted(rows, key=lambda graded: -graded.seconds)[:5]:
        place = f"{graded.file} | {graded.row} | {graded.sample}"
        yield f"| {place} | {graded.ours} | {graded.seconds:.3f} |"


def _unsure(rows: list[Graded]) -> Iterator[str]:
    unsure = [graded for graded in rows if graded.ours == Verdict.UNSURE]
    if not unsure:
        yield "None is `unsure`."
        return
    yield "| unsure: file | row | sample | reason |"
    yield "|---|---|---|---|"
    for graded in unsure:
        yield f"| {graded.file} | {graded.row} | {graded.sample} | {graded.reason} |"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="also write the tables to this file")
@click.option("--disagreements", type=click.Path(path_type=Path), help="write their texts here")
def main(out: Path | None, disagreements: Path | None) -> None:
    """Grade all published outputs of the data folder and print how the verdicts compare."""
    folder = Path(os.environ.get("R1EVAL_DATA_DIR", "/nowhere"), "outputs")
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*.jsonl"))
    if not names:
        raise click.UsageError("set R1EVAL_DATA_DIR to the data folder with outputs/ in it")
    if disagreements is not None and disagreements.resolve().is_relative_to(PROJECT):
        raise click.UsageError("--disagreements writes others' texts: name a file elsewhere")
    files = {name: list(grade_file(folder / name, name)) for name in names}
    text = report(files)
    click.echo(text)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if disagreements is not None:
        rows = [row for rows in files.values() for row in rows if row.correct != row.published]
        lines = [json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows]
        disagreements.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
