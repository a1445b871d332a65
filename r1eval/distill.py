"""`r1eval distill`: traces of a teacher, made, mixed and exported, a stage at a time."""

from __future__ import annotations

import importlib

import click

STAGES = {
    "generate": ("r1eval.distill_generate:generate", "A teacher's samples as a run, and traces."),
    "rewrite": ("r1eval.distill_rewrite:rewrite", "Traces in the words of a second model."),
    "filter": ("r1eval.distill_filter:filter_", "What is kept, and why the rest is not."),
    "mix": ("r1eval.distill_mix:mix", "Files of traces as one, in stated shares."),
    "train": ("r1eval.distill_train:train", "A student on its traces, by TRL's SFTTrainer."),
    "export": ("r1eval.distill_export:export", "A student for transformers, vLLM, Ollama, GGUF."),
}  # fmt: skip


class _Stages(click.Group):
    """What is no stage is a recipe, and all stages are meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in STAGES:
            return super().resolve_command(ctx, args)
        from r1eval.distill_all import everything

        return "distill", everything, args

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(STAGES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in STAGES:
            return None
        module, _, name = STAGES[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Stages"):
            formatter.write_dl([(name, text) for name, (_, text) in STAGES.items()])


@click.group(cls=_Stages, subcommand_metavar="RECIPE | STAGE …")
def distill() -> None:
    """Make filtered long chains of thought and train a small model on them: every stage of RECIPE,
    or a stage alone.

    \b
    r1eval distill nano --set generate.model=out/r1-zero/model --out out/distilled
    r1eval distill filter traces.jsonl --out kept.jsonl
    """
