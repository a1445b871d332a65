"""`r1eval rerun`: the same run again, in a new folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="RUN2",
    help="A new folder, or the rerun to go on with.",
)
def rerun(run: Path, out: Path) -> int:
    """Do RUN again with the protocol and tasks it has, in RUN2.

    On a machine of the same kind an fp32 run on a CPU gives the same texts; compare says what
    differs.
    """
    from r1eval.running import run_and_print
    from runs import record
    from runs.settings import RunSettings
    from tasks.errors import UserError

    old = record.read(run)
    if out.resolve() == run.resolve():
        raise UserError(f"--out {out} is the run itself: give a new folder")
    return run_and_print(RunSettings.from_json(old.settings, out), again=old)
