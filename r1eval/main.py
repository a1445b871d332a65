"""The `r1eval` command. Each subcommand is a file of this package, imported only when it is
called.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import warnings
from typing import Any

import click

from r1eval.offline import prefer_cache_without_network

COMMANDS = {
    "demo": ("r1eval.demo:demo", "The whole paper in miniature, on two processors."),
    "eval": ("r1eval.eval:evaluate", "Sample a model on tasks, grade, print the figures."),
    "rescore": ("r1eval.rescore:rescore", "Grade a run again, without asking the model."),
    "compare": ("r1eval.compare:compare", "Two runs, paired by problem: difference and p-value."),
    "paper": ("r1eval.paper:paper", "The tables of the paper, with sources and variants."),
    "plot": ("r1eval.plot:plot", "Accuracy against budgets of thought, several runs in one plot."),
    "rerun": ("r1eval.rerun:rerun", "Do a run again, in a new folder."),
    "rl": ("r1eval.rl:rl", "Train a reasoning teacher with GRPO."),
    "reward": ("r1eval.reward:reward", "A reward model of preferences."),
    "distill": ("r1eval.distill:distill", "From a teacher's traces to a trained student."),
    "pipeline": ("r1eval.pipeline:pipeline", "R1's stages, or yours, one after the other."),
    "plan": ("r1eval.plan:plan", "What a recipe will take of GPUs: tokens, memory, hours."),
    "doctor": ("r1eval.doctor:doctor", "What is wrong with a recipe or a model, beforehand."),
    "import": ("r1eval.import_:import_", "Completions made elsewhere become a run."),
    "export": ("r1eval.export:export", "Write a run's samples as JSONL or Parquet."),
    "grade": ("r1eval.grade:grade", "Verdicts for rows of {gold, answer} or {gold, completion}."),
    "tasks": ("r1eval.tasks:tasks", "List, show and check the tasks."),
}  # fmt: skip


class _Commands(click.Group):
    """Lists commands without importing them: `r1eval --help` must not wait for torch."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="r1eval")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Evaluate reasoning models: pass@k and cons@k with intervals, resumable, on any machine.

    \b
    r1eval eval nano --task nano --samples 16 --out out/nano
    r1eval eval org/model --task aime24,math500 --protocol r1 --samples 16 --out out/aime
    """
    if debug:
        os.environ["R1EVAL_DEBUG"] = "1"
    prefer_cache_without_network()


def main(argv: list[str] | None = None) -> None:
    """Run the command line. Exit codes: 0 done; 1 a bug; 2 a mistake that one line explains; 3 done
    with samples missing; 130 stopped by Ctrl-C. ``--debug`` may stand anywhere."""
    from sampling.engine import ModelError
    from tasks.errors import UserError

    # Threads that wait for one another by spinning starve when another program wants a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Where vLLM is installed TRL imports it, and says six times that it knows older ones.
    logging.getLogger("vllm").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "TRL currently supports vLLM", UserWarning)
    arguments = sys.argv[1:] if argv is None else argv
    if "--debug" in arguments:
        arguments = ["--debug", *(a for a in arguments if a != "--debug")]
    try:
        code: Any = cli.main(arguments, prog_name="r1eval", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "r1eval"
        _fail(f"{error.format_message()} ({where} --help)", error)
    except click.ClickException as error:
        _fail(error.format_message(), error)
    except (UserError, ModelError) as error:
        _fail(str(error), error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped. Nothing finished was lost: give the same command again.", err=True)
        sys.exit(130)
    except Exception as error:  # a bug of ours, or of a library: still one line, but code 1
        _fail(f"{type(error).__name__}: {error} (--debug shows where)", error, code=1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, error: Exception, code: int = 2) -> None:
    if os.environ.get("R1EVAL_DEBUG") == "1":
        raise error
    click.echo(f"r1eval: {' '.join(message.split())}", err=True)
    sys.exit(code)
