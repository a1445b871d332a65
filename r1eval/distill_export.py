"""`r1eval distill export`: a trained student for others to load."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option("--card", type=click.Path(path_type=Path, exists=True), help="Its README.md.")
@click.option("--converter", metavar="PATH", help="llama.cpp's convert_hf_to_gguf.py.")
def export(model: Path, out: Path, card: Path | None, converter: str | None) -> None:
    """Write MODEL, a trained folder, to the new folder DIR: safetensors, a chat template that keeps
    thoughts, the paper's sampling defaults, a Modelfile for Ollama, and GGUF where llama.cpp's
    converter is on the PATH.
    """
    from distill.export import export as write

    text = card.read_text(encoding="utf-8") if card else f"# {out.name}\n"
    done = write(model, out, text, converter)
    for notice in done.notices:
        click.echo(notice, err=True)
    click.echo(f"{done.folder}: {', '.join(done.files)}")
    click.echo(f"ollama create {out.name} -f {done.folder / 'Modelfile'}")
