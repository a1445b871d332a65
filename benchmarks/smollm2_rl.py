"""A real small model by RL, on a task where it starts at a few per cent: `make rl-smollm2`.

    python -m benchmarks.smollm2_rl [--seeds 2] [--out FILE]

Each is a training by `r1eval rl r1-zero --on smollm2` with groups without signal skipped, evaluated
on held-out sums before, after and in between. What is in ``--work`` already is not done again.
"""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.sampling import machine, table
from benchmarks.trainings import (
    Side,
    collapses,
    read_side,
    seconds,
    train,
    with_interval,
    write_page,
)

HEAD = ("seed", "pass@1 before", "after", "pass@8 before", "after")
HEAD += ("tokens before", "after", "collapse", "seconds of training")


@click.command()
@click.option("--seeds", default=2, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/rl-smollm2"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page and plots here.")
@click.option("--set", "more", multiple=True, metavar="KEY=VALUE", help="As in r1eval rl.")
def main(seeds: int, work: Path, out: Path | None, more: tuple[str, ...]) -> None:
    """Train what is lacking and print the page."""
    changes = ["rollouts.skip_signalless=true", *more]
    folders: list[Path] = []
    rows: list[tuple[str, ...]] = []
    sides: dict[str, Side] = {}
    for seed in range(seeds):
        asked = [f"grpo.seed={seed}", "report_to=[]", *changes]
        folders.append(train(work / str(seed), ["r1-zero", "--on", "smollm2"], asked))
        before, after = (
            read_side(folders[-1] / "eval" / name, "en") for name in ("base", "trained")
        )
        sides |= {"base": before} if seed == 0 else {}
        sides[f"seed {seed}"] = after
        rows.append(
            (
                str(seed),
                *(with_interval(side.metrics["pass@1"]) for side in (before, after)),
                *(with_interval(side.metrics["pass@8"]) for side in (before, after)),
                f"{before.tokens:.0f}",
                f"{after.tokens:.0f}",
                collapses(folders[-1]),
                seconds(folders[-1]),
            )
        )
    told = " ".join(f"--set {change}" for change in changes)
    command = f"    r1eval rl r1-zero --on smollm2 {told} --out DIR\n"
    page = ["# SmolLM2-135M on sums, by RL", f"\n{machine()}\n", command, *table([HEAD, *rows])]
    print("\n".join(page))
    if out is not None:
        write_page(out, page, {"r1-zero": folders}, sides)


if __name__ == "__main__":
    main()
