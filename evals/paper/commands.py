"""How to measure a printed figure: the command, and the most that it draws."""

from __future__ import annotations

from dataclasses import dataclass

from evals.paper.judge import judged_column, template_of
from evals.paper.tables import PaperTable
from tasks.schema import read_spec

_WEIGHTS = {
    "QwQ-32B-Preview": "Qwen/QwQ-32B-Preview",
    "QwQ-32B-preview": "Qwen/QwQ-32B-Preview",
    "Qwen2.5-32B-Instruct": "Qwen/Qwen2.5-32B-Instruct",
    "r1": "deepseek-ai/DeepSeek-R1",
    "r1-distill (Qwen-32B)": "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    "Sky-T1": "NovaSky-AI/Sky-T1-32B-Preview",
    "Bespoke-32B": "bespokelabs/Bespoke-Stratos-32B",
    "s1 w/o BF": "simplescaling/s1-32B",
}


@dataclass(frozen=True)
class Command:
    """``text`` draws so many ``completions`` of ``model``, of ``longest`` tokens at most each."""

    text: str
    model: str
    completions: int
    longest: int

    @property
    def tokens(self) -> int:
        return self.completions * self.longest


def command(table: PaperTable, row: str, column: str) -> Command | None:
    """What measures a cell as its table did; ``None`` where no weights are known.

    >>> from evals.paper.tables import read_table
    >>> found = command(read_table("s1"), "s1 w/o BF", "aime24 pass@1")
    >>> found.text.partition(" --protocol")[0]
    'r1eval eval simplescaling/s1-32B --task aime24'
    >>> found.completions, found.tokens
    (30, 983040)
    """
    meant, model = judged_column(column), hub_id(row)
    if meant is None or model is None:
        return None
    task = meant[0]
    spec, paper = read_spec(task), table.drawn(task)
    samples = (paper.samples if paper else None) or 1
    told = f"r1eval eval {model} --task {task} --protocol {template_of(row) or 'chat'}"
    told += f" --samples {samples}"
    if table.sampling is not None:
        told += f" --temperature {table.sampling.temperature:g} --top-p {table.sampling.top_p:g}"
    told += f" --out out/{model.rpartition('/')[2].lower()}-{task}"
    return Command(told, model, spec.problems * samples, spec.max_tokens)


def hub_id(row: str) -> str | None:
    """
    >>> [hub_id(row) for row in ("DeepSeek-R1-Zero", "QwQ-32B-Preview", "R1-Dev1")]
    ['deepseek-ai/DeepSeek-R1-Zero', 'Qwen/QwQ-32B-Preview', None]
    """
    return f"deepseek-ai/{row}" if row.startswith("DeepSeek-") else _WEIGHTS.get(row)
