"""Reward models of preferences: helpfulness from pairs, harmlessness from rated replies.

As in DeepSeek-R1 (arXiv 2501.12948v2, section 3.1 and supplement B.3.3): helpfulness is trained on
pairs and reads the final answer alone, so that the thought is left free; harmlessness is trained on
single replies and reads the whole of them, thought included. Pairs go through TRL's RewardTrainer;
rated replies are classified by a head of their own, with the logistic loss.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import torch
from datasets import Dataset
from pydantic import field_validator
from scipy.stats import binomtest
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
)
from transformers import logging as transformers_logging
from trl import RewardConfig, RewardTrainer

from rl.checkpoints import MODEL, WholeCheckpoints, train_and_save
from rl.preferences import Turns, read_pairs, read_rated
from rl.values import check_values, make_config
from runs.files import write_json
from runs.models import find_model
from sampling import tokens
from sampling.engine import Message, Prompt
from sampling.unpacked import unpack
from tasks.errors import UserError
from tasks.schema import Strict
from tasks.thinking import split_thought

CARD = "reward.json"
_AT_ONCE = 64  # replies that are scored together
_RESERVED = {"output_dir": "--out says it", "report_to": "figures are in reward.json"}


class RewardRecipe(Strict):
    """``data``: ``pairs`` or ``rated`` replies (`rl.preferences`); ``held_out`` the same, not
    trained on. ``reads``: the final ``answer`` or the whole ``response``. ``training`` goes to
    TRL's RewardConfig.
    """

    title: str = ""
    model: str
    revision: str | None = None
    data: Literal["pairs", "rated"]
    train: str
    held_out: str
    reads: Literal["answer", "response"]
    training: Mapping[str, Any] = {}

    @field_validator("training")
    @classmethod
    def _known(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        check_values(given, RewardConfig, _RESERVED)
        return given


@dataclass(frozen=True)
class Reader:
    """What a reward model reads of a reply, as ids."""

    tokenizer: Any
    model: str
    reads: Literal["answer", "response"]

    def __call__(self, prompt: Turns, reply: str, prefilled: bool = False) -> list[int]:
        if self.reads == "answer":
            reply = split_thought(reply, prefilled=prefilled).answer
        asked = tokens.encode(self.tokenizer, Prompt(messages=prompt), self.model)
        said = self.tokenizer(reply, add_special_tokens=False)["input_ids"]
        end = self.tokenizer.eos_token_id
        return [*asked, *said, *([] if end is None else [end])]


def train_reward(recipe: RewardRecipe, out: Path) -> dict[str, Any]:
    """Write ``OUT/model`` and ``OUT/reward.json``; a training that was cut off goes on. Returns the
    card: ``accuracy`` on what is held out, with ``n`` and its 95 % interval (Wilson).
    """
    transformers_logging.disable_progress_bar()
    config = config_of(recipe, out)
    model, tokenizer = _with_a_head(recipe, config.seed)
    read = Reader(tokenizer, recipe.model, recipe.reads)
    out.mkdir(parents=True, exist_ok=True)
    trainer: Any = _pairwise if recipe.data == "pairs" else _pointwise
    trainer = trainer(recipe, model, config, read)
    train_and_save(trainer, tokenizer, out)
    right = _right(recipe, RewardModel(out / MODEL, recipe.reads))
    interval = binomtest(sum(right), len(right)).proportion_ci(method="wilson")
    card = {
        "schema_version": 1,
        "recipe": recipe.model_dump(mode="json"),
        "accuracy": {"value": sum(right) / len(right), "n": len(right), "ci95": list(interval)},
    }
    write_json(out / CARD, card)
    return card


def _with_a_head(recipe: RewardRecipe, seed: int) -> tuple[Any, Any]:
    """The model with one score in place of its words, and its tokenizer."""
    place = find_model(recipe.model, recipe.revision)
    told = transformers_logging.get_verbosity()
    with TemporaryDirectory(prefix="r1eval-reward-") as folder:
        if place.gguf_file is not None:
            place = unpack(place, Path(folder), "float32")
        tokenizer = AutoTokenizer.from_pretrained(place.source, revision=place.revision)
        torch.manual_seed(seed)
        transformers_logging.set_verbosity_error()  # the head begins at random, which is meant
        model = AutoModelForSequenceClassification.from_pretrained(
            place.source, revision=place.revision, num_labels=1, dtype=torch.float32
        )
        transformers_logging.set_verbosity(told)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


def read_card(out: Path, recipe: RewardRecipe) -> dict[str, Any] | None:
    """What a training that is done has left; ``None`` where there is none. Raises UserError where
    it was of another recipe.
    """
    if not (out / CARD).is_file():
        return None
    card: dict[str, Any] = json.loads((out / CARD).read_text(encoding="utf-8"))
    if card["recipe"] != recipe.model_dump(mode="json"):
        raise UserError(f"{out} holds a reward model by another recipe: give a new --out")
    return card


def config_of(recipe: RewardRecipe, out: Path) -> RewardConfig:
    """TRL's configuration. Raises UserError on values that do not go together."""
    return make_config(
        RewardConfig, recipe.training, out, "training", report_to=[], max_length=None
    )


class _Pairwise(WholeCheckpoints, RewardTrainer):  # type: ignore[misc]
    pass


def _pairwise(recipe: RewardRecipe, model: Any, config: RewardConfig, read: Reader) -> Any:
    rows = [
        {"chosen_ids": read(one.prompt, one.chosen), "rejected_ids": read(one.prompt, one.rejected)}
        for one in read_pairs(recipe.train)
    ]
    return _Pairwise(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=read.tokenizer,
    )


class _Pointwise(WholeCheckpoints, Trainer):  # type: ignore[misc]
    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        labels = inputs.pop("labels").float()
        outputs = model(**inputs)
        scores = outputs.logits.squeeze(-1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, labels)
        return (loss, outputs) if return_outputs else loss


def _pointwise(recipe: RewardRecipe, model: Any, config: RewardConfig, read: Reader) -> Any:
    rows = [
        {"input_ids": read(one.prompt, one.reply), "labels": int(one.good)}
        for one in read_rated(recipe.train)
    ]
    return _Pointwise(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=read.tokenizer,
        data_collator=DataCollatorWithPadding(read.tokenizer),
    )


def _right(recipe: RewardRecipe, model: RewardModel) -> list[bool]:
    """For each held-out pair whether the better reply has the higher score, for each rated one
    whether its score is on its side of a half.
    """
    if recipe.data == "pairs":
        pairs = read_pairs(recipe.held_out)
        chosen = model.scores([(one.prompt, one.chosen, False) for one in pairs])
        rejected = model.scores([(one.prompt, one.rejected, False) for one in pairs])
        return [better > worse for better, worse in zip(chosen, rejected, strict=True)]
    rated = read_rated(recipe.held_out)
    scores = model.scores([(one.prompt, one.reply, False) for one in rated])
    return [(score > 0.5) == one.good for score, one in zip(scores, rated, strict=True)]


class RewardModel:
    """A trained one. Loaded when it is first asked."""

    def __init__(self, model: Path, reads: Literal["answer", "response"]) -> None:
        self._place, self._reads = model, reads

    @classmethod
    def read(cls, folder: Path) -> RewardModel:
        """From the folder that `train_reward` wrote. Raises UserError where there is none."""
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{folder} holds no reward model: r1eval reward makes one") from error
        return cls(folder / MODEL, card["recipe"]["reads"])

    @cached_property
    def _loaded(self) -> tuple[Any, Reader]:
        tokenizer = AutoTokenizer.from_pretrained(self._place)
        model = AutoModelForSequenceClassification.from_pretrained(self._place)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return model.eval().to(device), Reader(tokenizer, str(self._place), self._reads)

    def scores(self, replies: Sequence[tuple[Turns, str, bool]]) -> list[float]:
        """For each prompt, reply and whether the prompt had opened its thought a number in (0, 1):
        the logistic function of the head's.
        """
        model, read = self._loaded
        rows = [read(*one) for one in replies]
        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        found = [0.0] * len(rows)
        for begin in range(0, len(order), _AT_ONCE):
            some = order[begin : begin + _AT_ONCE]
            batch = read.tokenizer.pad({"input_ids": [rows[n] for n in some]}, return_tensors="pt")
            with torch.inference_mode():
                logits = model(**{key: of.to(model.device) for key, of in batch.items()}).logits
            for n, score in zip(some, logits.squeeze(-1).float().sigmoid().tolist(), strict=True):
                found[n] = score
        return found


def preference(model: str) -> Callable[..., list[float | None]]:
    """The reward ``preference``: what the reward model in the folder ``model`` says of a reply."""
    of = RewardModel.read(Path(model))

    def rewarded(samples: Sequence[Any], **_: Any) -> list[float | None]:
        if not samples:
            return []
        asked = [
            ((Message("user", one.asked.question),), one.text, one.asked.prefilled)
            for one in samples
        ]
        return list(of.scores(asked))

    return rewarded
