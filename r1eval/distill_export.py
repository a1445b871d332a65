"""`r1eval distill export`: a trained student for others to load."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option("--card", type=click.Path(path_type=Path, exists=True), help="Its README.md.")
@click.option("--converter", metavar="PATH", help="llama.cpp's convert_hf_to_gguf.py.")
@click.option("--push-to-hub", "repo", metavar="ORG/NAME", help="Send DIR there; key: HF_TOKEN.")
@click.option(
    "--traces",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --push-to-hub: send these, too, to the data set ORG/NAME-traces.",
)
@click.option("--private", is_flag=True, help="With --push-to-hub: for those alone who may read.")
@click.option("--dry-run", is_flag=True, help="With --push-to-hub: list what would be sent.")
def export(
    model: Path,
    out: Path,
    card: Path | None,
    converter: str | None,
    repo: str | None,
    traces: Path | None,
    private: bool,
    dry_run: bool,
) -> None:
    """Write MODEL, a trained folder, to the new folder DIR: safetensors, a chat template that keeps
    thoughts, the paper's sampling defaults, a Modelfile for Ollama, and GGUF where llama.cpp's
    converter is on the PATH.

    \b
    r1eval distill export out/student/model --out out/small
    r1eval distill export out/student/model --out out/small --push-to-hub me/small --dry-run

    With --push-to-hub a DIR that was exported before is sent as it is.
    """
    from distill.export import MODELFILE
    from distill.export import export as write

    if repo is None and (traces is not None or private or dry_run):
        raise click.UsageError("--traces, --private and --dry-run go with --push-to-hub ORG/NAME")
    if repo is None or not (out / MODELFILE).is_file():
        text = card.read_text(encoding="utf-8") if card else f"# {out.name}\n"
        done = write(model, out, text, converter)
        for notice in done.notices:
            click.echo(notice, err=True)
        click.echo(f"{done.folder}: {', '.join(done.files)}")
        click.echo(f"ollama create {out.name} -f {done.folder / MODELFILE}")
    if repo is not None:
        _push(out, repo, traces, private, dry_run)


def _push(folder: Path, repo: str, traces: Path | None, private: bool, dry_run: bool) -> None:
    from distill.push import model_parcel, push, traces_parcel

    parcels = [model_parcel(folder, repo)]
    if traces is not None:
        parcels.append(traces_parcel(traces, f"{repo}-traces"))
    for parcel in parcels:
        if dry_run:
            click.echo(f"{parcel.kind} {parcel.repo}, {parcel.bytes:,} bytes, would be sent:")
            for here, there in parcel.files:
                click.echo(f"  {here} → {there}")
        else:
            click.echo(f"{parcel.kind} {parcel.repo}: {push(parcel, private)}")
