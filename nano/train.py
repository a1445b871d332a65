"""Next-token training on the corpus, in fp32, with loss on the responses only.

Two processes of one thread each share a step's documents and add up their gradients. On two
cores that is a third faster than two threads in one process, and does not stall when another
program wants a core.
"""

import copy
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano.corpus import NOTEBOOK, TEXTBOOK, Document, write
from nano.language import render

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

WORKERS = 2
IGNORED = -100
MICROBATCH_TOKENS = 2048
WARM_UP = 50


@dataclass(frozen=True)
class Course:
    """How long a model reads, and how fast it learns."""

    textbook: int
    """Steps over the textbook, which comes first."""
    notebook: int
    """Steps over the notebook, of three times as many documents, since they are short."""
    batch: int
    """Documents a step."""
    learning_rate: float
    """AdamW's peak; it warms up over WARM_UP steps and falls linearly to 0."""

    @property
    def steps(self) -> int:
        return self.textbook + self.notebook


def train(
    model: "LlamaForCausalLM", tokenizer: "PreTrainedTokenizerFast", course: Course, seed: int
) -> None:
    """Train `model` in place. A line of progress every 50 steps."""
    import torch.multiprocessing

    model.share_memory()
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.start_processes(
            _work, (model, tokenizer, course, seed, f"{folder}/meeting"), WORKERS
        )


def _work(
    rank: int,
    result: "LlamaForCausalLM",
    tokenizer: "PreTrainedTokenizerFast",
    course: Course,
    seed: int,
    meeting: str,
) -> None:
    """One of the processes; the first leaves the trained weights in `result`."""
    import torch
    import torch.distributed

    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=WORKERS
    )
    model = copy.deepcopy(result).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=course.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / WARM_UP, (course.steps - step) / (course.steps - WARM_UP)),
    )
    start = time.monotonic()
    for step, documents in enumerate(_batches(course, seed)):
        loss = _accumulate(model, tokenizer, documents, rank)
        gradient = torch.cat([p.grad.flatten() for p in model.parameters()] + [loss.view(1)])
        torch.distributed.all_reduce(gradient)
        pieces = gradient.split([p.numel() for p in model.parameters()] + [1])
        for parameter, piece in zip(model.parameters(), pieces, strict=False):
            parameter.grad = piece.view_as(parameter)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if rank == 0 and (step % 50 == 0 or step == course.steps - 1):
            seconds = time.monotonic() - start
            print(f"step {step} loss {pieces[-1].item():.4f} {seconds:.0f} s", flush=True)
    if rank == 0:
        result.load_state_dict(model.state_dict())
    torch.distributed.destroy_process_group()


def _batches(course: Course, seed: int) -> Iterator[list[Document]]:
    """The documents of each step, the same for all workers."""
    rng = random.Random(f"corpus/{seed}")
    for _ in range(course.textbook):
        yield [write(TEXTBOOK, rng) for _ in range(course.batch)]
    for _ in range(course.notebook):
        yield [write(NOTEBOOK, rng) for _ in range(3 * course.batch)]


def _accumulate(
    model: "LlamaForCausalLM",
    tokenizer: "PreTrainedTokenizerFast",
    documents: list[Document],
    rank: int,
) -> "torch.Tensor":
    """Add the gradient of this worker's part of the mean loss per response token of `documents`.

    Returns that part, a scalar; the parts of all workers add up to the mean loss.
    """
    import torch

    rows = sorted((_encode(tokenizer, document) for document in documents), key=lambda r: len(r[0]))
    counted = sum(label != IGNORED for _, labels in rows for label in labels)
    total = torch.zeros(())
    for microbatch in _microbatches(rows[rank::WORKERS]):
        width = max(len(ids) for ids, _ in microbatch)
        ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in microbatch])
        labels = torch.tensor([ls + [IGNORED] * (width - len(ls)) for _, ls in microbatch])
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
        wanted = labels[:, 1:] != IGNORED
        loss = torch.nn.functional.cross_entropy(
            logits[wanted], labels[:, 1:][wanted], reduction="sum"
        )
        (loss / counted).backward()
        total += loss.detach() / counted
    return total


Row = tuple[list[int], list[int]]
"""Ids and labels, of one length."""


def _encode(tokenizer: "PreTrainedTokenizerFast", document: Document) -> Row:
    """The whole turn, its prompt ignored."""
    whole = tokenizer(render(document.prompt, document.response))["input_ids"]
    prompt = len(tokenizer(render(document.prompt, ""))["input_ids"]) - 1
    return whole, [IGNORED] * prompt + whole[prompt:]


def _microbatches(rows: list[Row]) -> Iterator[list[Row]]:
    """`rows`, which come shortest first, in batches padded to at most MICROBATCH_TOKENS."""
    pending: list[Row] = []
    for row in rows:
        if pending and (len(pending) + 1) * len(row[0]) > MICROBATCH_TOKENS:
            yield pending
            pending = []
        pending.append(row)
    yield pending
