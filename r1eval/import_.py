"""`r1eval import`: completions that were made elsewhere become a run."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--format",
    "form",
    type=click.Choice(["lm-eval", "qwen-math", "jsonl"]),
    required=True,
    help="lm-eval: what --log_samples writes. qwen-math: Qwen2.5-Math's and SkyThought's. jsonl: "
    "rows with a completion each.",
)
@click.option("--task", metavar="T", help="Questions and golds are this task's, not the file's.")
@click.option("--tokenizer", metavar="PATH", help="Counts tokens, which budgets need.")
@click.option("--model", metavar="NAME", help="Whose completions they are. [default: FILE's name]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN")
def import_(
    file: Path, form: str, task: str | None, tokenizer: str | None, model: str | None, out: Path
) -> int:
    """Make a run of the completions in FILE, grade it and print the figures; verdicts that came
    with it are kept as those of the grader "published", and held against ours.

    \b
    r1eval import samples_aime24.jsonl --format lm-eval --task aime24 --out out/theirs
    r1eval rescore out/theirs --grader published,ours,math-verify
    r1eval rescore out/theirs --budgets 1k,2k,4k      # with --tokenizer, in mode truncate
    """
    from bridges.imports import jsonl, lm_eval, qwen_math
    from bridges.imports.problems import of_file, of_task
    from bridges.imports.run import write_run
    from evals.audit import audit, write_audit
    from evals.results import write_results
    from r1eval.running import exit_code
    from r1eval.tables import print_audit, print_results
    from runs.grade import OURS, PUBLISHED
    from tasks.errors import UserError
    from tasks.load import load_task
    from tasks.sources import read_file

    read = {"lm-eval": lm_eval.read, "qwen-math": qwen_math.read, "jsonl": jsonl.read}[form]
    completions = list(read(read_file(file)))
    if not completions:
        raise UserError(f"{file} holds no completions")
    if task is not None:
        asked = of_task(completions, load_task(task))
    else:
        asked = of_file(completions, file.stem, str(file))
    published = write_run(asked, model or file.stem, tokenizer, out)
    results = write_results(out)
    print_results(results, out)
    if published:
        audits = audit(out, [PUBLISHED, OURS])
        write_audit(out, audits)
        print_audit(audits, out)
    return exit_code(results)
