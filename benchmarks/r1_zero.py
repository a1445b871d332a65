"""R1-Zero in miniature over several seeds: `make r1-zero`.

    python -m benchmarks.r1_zero [--seeds 5] [--variants plain,language,random] [--out FILE]

Each is a training by `r1eval rl r1-zero-nano`, evaluated on held-out problems before and after:
``plain`` as the recipe stands, ``language`` with the language reward on top, ``random`` paid by
chance alone. What is in ``--work`` already is not done again. The page holds every seed.
"""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.sampling import machine, table
from benchmarks.trainings import (
    Side,
    collapses,
    read_side,
    run_command,
    seconds,
    train,
    with_interval,
    write_page,
)

VARIANTS = {
    "plain": [],
    "language": ["rewards=[{use: accuracy}, {use: language}]"],
    "random": ["rewards=[{use: random}]"],
}


@click.command()
@click.option("--seeds", default=5, show_default=True)
@click.option("--control-seeds", default=2, show_default=True, help="Of all but plain.")
@click.option("--variants", default="plain,language,random", show_default=True)
@click.option("--widest", default=256, show_default=True, help="Samples for pass@k's plot.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/r1-zero"))
@click.option("--out", type=click.Path(path_type=Path), help="Write the page and plots here.")
def main(
    seeds: int, control_seeds: int, variants: str, widest: int, work: Path, out: Path | None
) -> None:
    """Train what is lacking and print the page."""
    page = [f"# R1-Zero on nano\n\n{machine()}\n", "    r1eval rl r1-zero-nano --out DIR\n"]
    folders: dict[str, list[Path]] = {}
    sides: dict[str, Side] = {}
    for variant in variants.split(","):
        number = seeds if variant == "plain" else control_seeds
        folders[variant] = [
            train(
                work / f"{variant}-{seed}",
                ["r1-zero-nano"],
                [f"grpo.seed={seed}", "report_to=[]", *VARIANTS[variant]],
            )
            for seed in range(number)
        ]
        first = folders[variant][0] / "eval"
        sides.setdefault("base", read_side(first / "base", "ascii"))
        sides[variant] = read_side(first / "trained", "ascii")
        rows = [_row(seed, folder) for seed, folder in enumerate(folders[variant])]
        page.append(f"## {variant}\n\n{chr(10).join(table([HEAD, *rows]))}\n")
        print(page[-1], flush=True)
        if out is not None:
            write_page(out, page, folders, sides)
    models = {"base": "nano", "plain": str(folders["plain"][0] / "model")}
    wide = {name: _wide(work / f"{name}-{widest}", model, widest) for name, model in models.items()}
    page.append(f"## Does it widen or sharpen? Seed 0, {widest} samples\n\n{_by_k(wide)}\n")
    print(page[-1])
    if out is not None:
        write_page(out, page, folders, wide)


def _wide(run: Path, model: str, samples: int) -> Side:
    """As the recipe evaluates, with more samples."""
    if not (run / "results.json").is_file():
        ask = ["eval", model, "--task", "nano", "--samples", str(samples), "--protocol", "r1-zero"]
        ask += ["--temperature", "1", "--top-p", "1", "--max-tokens", "256", "--out", str(run)]
        run_command(ask, run)
    return read_side(run, "ascii")


def _by_k(sides: dict[str, Side]) -> str:
    keys = [key for key in sides["base"].metrics if key.startswith("pass@")]
    rows = [
        (name, *(with_interval(side.metrics[key]) for key in keys)) for name, side in sides.items()
    ]
    return "\n".join(table([("", *keys), *rows]))


HEAD = (
    *("seed", "pass@1 before", "after", "times", "cons@16 after", "tokens before", "after"),
    *("thinks", "thoughts that mix scripts: before", "after", "collapse", "seconds of training"),
)


def _row(seed: int, folder: Path) -> tuple[str, ...]:
    before, after = (read_side(folder / "eval" / name, "ascii") for name in ("base", "trained"))
    one, two = (side.metrics["pass@1"] for side in (before, after))
    return (
        str(seed),
        with_interval(one),
        with_interval(two),
        f"{two['value'] / one['value']:.1f}",
        with_interval(after.metrics["cons@16"]),
        f"{before.tokens:.0f}",
        f"{after.tokens:.0f}",
        f"{before.thinks:.0%} → {after.thinks:.0%}",
        f"{before.mixed:.0%}",
        f"{after.mixed:.0%}",
        collapses(folder),
        seconds(folder),
    )


if __name__ == "__main__":
    main()
