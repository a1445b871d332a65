"""Supervised training of a student on traces, by TRL's SFTTrainer.

What is ours: rendering (`distill.render`), nothing cut, and batches without padding. TRL pads a
batch of rows in the order of the data to its longest; here the rows of an optimiser step are
ordered by length before they are split, and those of a batch share one long row
(`distill.packing`), none of which sees another: the same rows in the same step, the same mean over
its trained tokens, so the same gradient. A model that cannot read such rows is given padded ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import logging as transformers_logging
from trl import SFTConfig, SFTTrainer

from distill.packing import learn_packing, pack
from distill.recipe import DistilRecipe
from distill.render import Rendered, Renderer
from distill.traces import read_traces
from rl.checkpoints import WholeCheckpoints, train_and_save
from rl.load import with_lora
from rl.values import make_config
from runs.models import find_model
from sampling import tokens
from sampling.loading import load
from sampling.unpacked import plain
from tasks.errors import UserError


@dataclass(frozen=True)
class Student:
    """A student with what it is to learn: ``rows`` as they are trained on, in the order of the
    files; ``too_long`` traces were left out because they have more than ``most`` tokens.
    """

    recipe: DistilRecipe
    model: Any
    tokenizer: Any
    revision: str
    rows: list[Rendered]
    too_long: int
    most: int | None

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.model.parameters())

    @property
    def trained_tokens(self) -> int:
        return sum(len(row.completion) for row in self.rows)


def load_student(recipe: DistilRecipe) -> Student:
    """Raises UserError or ModelError on what the user can mend: no trace, too many that are too
    long, a tokenizer that does not fit.
    """
    if not recipe.traces:
        raise UserError("the recipe names no traces: traces: [kept.jsonl]")
    place = find_model(recipe.model, recipe.revision)
    loaded = load(place, dtype=recipe.dtype, device="auto")
    model = plain(loaded, place)
    most = recipe.over_long.tokens or getattr(
        model.config.get_text_config(), "max_position_embeddings", None
    )
    end = tokens.end_ids(model.generation_config, loaded.tokenizer)
    render = Renderer(loaded.tokenizer, recipe.model, end)
    rendered = [render(trace) for path in recipe.traces for trace in read_traces(path)]
    if not rendered:
        raise UserError(f"no trace to train on in {', '.join(map(str, recipe.traces))}")
    rows = [row for row in rendered if most is None or len(row) <= most]
    too_long = len(rendered) - len(rows)
    if not rows or too_long > recipe.over_long.refuse_above * len(rendered):
        raise UserError(
            f"{too_long} of {len(rendered)} traces ({too_long / len(rendered):.1%}) have more than "
            f"{most} tokens, and none is cut: filter them by length, or raise over_long"
        )
    if recipe.lora is not None:
        model = with_lora(model, recipe.lora, int(recipe.sft.get("seed", 42)))
    return Student(recipe, model, loaded.tokenizer, loaded.revision, rows, too_long, most)


def config_of(recipe: DistilRecipe, out: Path) -> SFTConfig:
    """TRL's configuration. Raises UserError on values that do not go together."""
    return make_config(
        SFTConfig,
        recipe.sft,
        out,
        "sft",
        report_to=list(recipe.report_to),
        max_length=None,
        remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
    )


class Trainer(WholeCheckpoints, SFTTrainer):  # type: ignore[misc]
    """Rows of the data set carry ``prompt`` and ``completion``, as ids: ``longest`` at most."""

    def __init__(self, *args: Any, longest: int, keep_checkpoints: int = 2, **options: Any) -> None:
        super().__init__(*args, data_collator=list, **options)
        self.keep_checkpoints = keep_checkpoints
        padding = self.processing_class.pad_token_id
        self._padding = 0 if padding is None else padding
        # smoothing reads the scores of every position, and parallel contexts cut rows anywhere
        whole = self.label_smoother is not None or self.accelerator.parallelism_config is not None
        self.packs = not whole and learn_packing(self.model, longest)

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Any]:
        """The batches of an optimiser step, of rows alike in length."""
        given, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        rows = sorted((row for batch in given for row in batch), key=_length)
        batches = [
            pack(part) if self.packs else collate(part, self._padding)
            for part in _parts(rows, len(given))
        ]
        return batches, self._get_num_items_in_batch(batches, device)


def _length(row: Any) -> int:
    return len(row["prompt"]) + len(row["completion"])


def _parts(rows: Sequence[Any], number: int) -> list[Sequence[Any]]:
    """As many each, as far as that goes.

    >>> _parts([1, 2, 3, 4, 5], 2)
    [[1, 2, 3], [4, 5]]
    """
    size, more = divmod(len(rows), max(number, 1))
    ends = [n * size + min(n, more) for n in range(number + 1)]
    return [rows[a:b] for a, b in pairwise(ends)]


def collate(rows: Sequence[Any], padding: int) -> dict[str, torch.Tensor]:
    """Ids, mask and labels, ``[rows, tokens]``, padded on the right. What is padding is told by
    lengths, not by ids: an end of sequence that pads as well is trained on all the same.

    >>> rows = [{"prompt": [5], "completion": [6, 0]}, {"prompt": [5], "completion": [0]}]
    >>> batch = collate(rows, 0)
    >>> batch["labels"].tolist(), batch["attention_mask"].tolist()
    ([[-100, 6, 0], [-100, 0, -100]], [[1, 1, 1], [1, 1, 0]])
    """
    width = max(map(_length, rows))
    ids = torch.full((len(rows), width), padding)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for n, row in enumerate(rows):
        begin, end = len(row["prompt"]), _length(row)
        ids[n, :end] = torch.tensor([*row["prompt"], *row["completion"]])
        labels[n, begin:end] = ids[n, begin:end]
        mask[n, :end] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def make_trainer(student: Student, config: SFTConfig, **options: Any) -> Trainer:
    rows = [{"prompt": list(r.prompt), "completion": list(r.completion)} for r in student.rows]
    return Trainer(
        model=student.model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=student.tokenizer,
        longest=max(map(len, student.rows)),
        keep_checkpoints=student.recipe.keep_checkpoints,
        **options,
    )


def train(student: Student, out: Path, **options: Any) -> None:
    """Train from the last whole checkpoint, if there is one, and write ``OUT/model``."""
    transformers_logging.disable_progress_bar()
    trainer = make_trainer(student, config_of(student.recipe, out), **options)
    train_and_save(trainer, student.tokenizer, out)
