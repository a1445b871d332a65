"""Figures of a miniature model: `python -m nano.measure DIR [--samples N]`.

One sample each of N held-out problems of mixed depth, at temperature 1 and top-p 1, so every
figure is a plain proportion with a Wilson 95 % interval. Printed for the model as it is, and for
the model whose thought has been opened for it (sampled, and greedy).
"""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nano import everyday
from nano.language import ANSWER, ASSISTANT, DIGITS, END_THINK, EOS, THINK, USER, WAIT
from nano.problems import DEPTHS, Problem, generate

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

MAX_NEW_TOKENS = 360
BATCH = 256


@dataclass(frozen=True)
class Share:
    """`hits` of `of`, with its Wilson 95 % interval.

    >>> print(Share(8, 100))
    8.0 % [4.1, 15.0] (8/100)
    """

    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds of the true proportion, in [0, 1]; of nothing, all of it."""
        if self.of == 0:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.hits / self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def __str__(self) -> str:
        if self.of == 0:
            return "none (0/0)"
        low, high = self.interval
        share = 100 * self.hits / self.of
        return f"{share:.1f} % [{100 * low:.1f}, {100 * high:.1f}] ({self.hits}/{self.of})"


@dataclass(frozen=True)
class Sample:
    """One response to a held-out problem, `<eos>` included when the model came to an end."""

    problem: Problem
    text: str
    tokens: int

    @property
    def right(self) -> bool:
        found = re.search(rf"{ANSWER}(.*?)</answer>{EOS}$", self.text)
        return found is not None and found[1] == self.problem.answer

    @property
    def thought(self) -> str | None:
        """What stands behind `<think>`, finished or not; None for an immediate answer."""
        opened = self.text.startswith(THINK)
        return self.text.removeprefix(THINK).split(END_THINK)[0] if opened else None

    @property
    def mixes(self) -> bool:
        """Whether the thought uses digits of both scripts."""
        thought = self.thought or ""
        return all(any(digit in thought for digit in digits) for digits in DIGITS.values())


def share(samples: Sequence[Sample], hit: Callable[[Sample], bool]) -> Share:
    """How many of `samples` are a hit."""
    return Share(sum(map(hit, samples)), len(samples))


def figures(samples: Sequence[Sample]) -> dict[str, str]:
    """The printed table: a label and its figure, in order."""
    thinking = [sample for sample in samples if sample.thought is not None]
    rows = {
        "accuracy": str(share(samples, lambda s: s.right)),
        "thinks": str(share(samples, lambda s: s.thought is not None)),
        "accuracy when it thinks": str(share(thinking, lambda s: s.right)),
        "accuracy when it does not": str(
            share([s for s in samples if s.thought is None], lambda s: s.right)
        ),
    }
    for depth in DEPTHS:
        of_depth = [sample for sample in samples if sample.problem.depth == depth]
        rows[f"accuracy, depth {depth}"] = str(share(of_depth, lambda s: s.right))
    rows["thoughts mixing scripts"] = str(share(thinking, lambda s: s.mixes))
    rows["thoughts with `wait`"] = str(share(thinking, lambda s: WAIT in (s.thought or "")))
    rows["unfinished"] = str(share(samples, lambda s: not s.text.endswith(EOS)))
    rows["mean length"] = f"{sum(s.tokens for s in samples) / len(samples):.1f} tokens"
    return rows


def answer(
    model: "LlamaForCausalLM",
    tokenizer: "PreTrainedTokenizerFast",
    prompts: Sequence[str],
    opened: str = "",
    greedy: bool = False,
) -> list[tuple[str, int]]:
    """The response (starting with `opened`) to each prompt, and its length in tokens."""
    import torch
    from transformers import GenerationConfig

    config = GenerationConfig(
        max_new_tokens=MAX_NEW_TOKENS,
        **({"do_sample": False} if greedy else {"do_sample": True, "top_k": 0}),
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    found: dict[int, tuple[str, int]] = {}
    shortest_first = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(prompts), BATCH):
        rows = shortest_first[start : start + BATCH]
        texts = [f"{USER}{prompts[i]}{ASSISTANT}{opened}" for i in rows]
        inputs = tokenizer(texts, return_tensors="pt", padding=True, padding_side="left")
        with torch.inference_mode():
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                generation_config=config,
            )
        for i, ids in zip(rows, output[:, inputs["input_ids"].shape[1] :].tolist(), strict=True):
            kept = [token for token in ids if token != tokenizer.pad_token_id]
            found[i] = (opened + tokenizer.decode(kept), len(kept) + bool(opened))
    return [found[i] for i in range(len(prompts))]


def measure(folder: Path, count: int, seed: int = 0) -> dict[str, dict[str, str]]:
    """The figures of the model in `folder` over `count` held-out problems, by way of asking."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)  # more only wait for one another on matrices this small
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    problems = generate("heldout", count, seed)
    tables = {}
    for name, opened, greedy in (
        ("as it is", "", False),
        ("thought opened", THINK, False),
        ("thought opened, greedy", THINK, True),
    ):
        texts = answer(model, tokenizer, [p.question for p in problems], opened, greedy)
        tables[name] = figures(
            [Sample(p, text, n) for p, (text, n) in zip(problems, texts, strict=True)]
        )
    tables["prompts that need no thought"] = _everyday(model, tokenizer, count, seed)
    return tables


def _everyday(
    model: "LlamaForCausalLM", tokenizer: "PreTrainedTokenizerFast", count: int, seed: int
) -> dict[str, str]:
    import random

    rng = random.Random(f"measure/everyday/{seed}")
    rows = {}
    for kind in everyday.KINDS:
        prompts = [everyday.ask(rng, "heldout", kind) for _ in range(count // 4)]
        texts = [text for text, _ in answer(model, tokenizer, prompts)]
        good = [
            text.endswith(f"{ANSWER}{everyday.good_answer(prompt)}</answer>{EOS}")
            for prompt, text in zip(prompts, texts, strict=True)
        ]
        rows[f"{kind}: good answers"] = str(Share(sum(good), len(good)))
        thinks = [text.startswith(THINK) for text in texts]
        rows[f"{kind}: thinks"] = str(Share(sum(thinks), len(thinks)))
    return rows


def markdown(tables: dict[str, dict[str, str]]) -> str:
    """The figures as one table a way of asking."""
    blocks = []
    for name, rows in tables.items():
        lines = [f"**{name}**", "", "| | |", "|---|---|"]
        lines += [f"| {label} | {figure} |" for label, figure in rows.items()]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    """Print the figures of one model folder."""
    parser = argparse.ArgumentParser(prog="python -m nano.measure", description=__doc__)
    parser.add_argument("folder", type=Path, help="a model folder")
    parser.add_argument("--samples", type=int, default=1536, help="held-out problems (1536)")
    options = parser.parse_args()
    print(markdown(measure(options.folder, options.samples)))


if __name__ == "__main__":
    main()
