"""Checkpoints that are whole or not there, with the reference's weights where there is one, and a
training that goes on with the order it had.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_model, save_model
from transformers import PrinterCallback, ProgressCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl.trainer.utils import RepeatSampler

from rl.order import EpochSampler

MODEL, ADAPTER = "model", "adapter"
REFERENCE, WRITING = "reference.safetensors", ".writing"


class WholeCheckpoints:
    """Goes before a trainer of TRL's, whose own checkpoints leave out the reference, are there
    before they are complete, and forget in which order a later epoch goes.
    """

    keep_checkpoints = 2
    args: Any
    state: Any
    accelerator: Any
    ref_model: Any
    _writing = False

    def _get_output_dir(self, trial: Any) -> str:
        folder = Path(super()._get_output_dir(trial))  # type: ignore[misc]
        return str(folder / WRITING if self._writing else folder)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(self._get_output_dir(trial))
        self._writing = True
        try:
            super()._save_checkpoint(model, trial)  # type: ignore[misc]
        finally:
            self._writing = False
        self.accelerator.wait_for_everyone()  # another process may still be writing its part
        if not self.args.should_save:
            return
        name = f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        written = folder / WRITING / name
        if self._refreshes:
            save_model(self.accelerator.unwrap_model(self.ref_model), str(written / REFERENCE))
        if (folder / name).exists():
            shutil.rmtree(folder / name)
        written.rename(folder / name)
        written.parent.rmdir()
        for old in checkpoints(folder)[: -self.keep_checkpoints]:
            shutil.rmtree(old)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: TRL's says "fine-tuned version of None". An export has one (`distill.card`)."""

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        sampler = super()._get_train_sampler(dataset)  # type: ignore[misc]
        return EpochSampler.of(sampler) if isinstance(sampler, RepeatSampler) else sampler

    @property
    def _refreshes(self) -> bool:
        return bool(getattr(self.args, "sync_ref_model", False))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)  # type: ignore[misc]
        if checkpoint is not None and self._refreshes:
            reference = self.accelerator.unwrap_model(self.ref_model)
            load_model(reference, str(Path(checkpoint) / REFERENCE))


def checkpoints(folder: Path) -> list[Path]:
    """Those that are whole, oldest first."""
    found = [p for p in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if p.name[11:].isdecimal()]
    return sorted(found, key=lambda path: int(path.name[11:]))


def train_and_save(trainer: Any, tokenizer: Any, out: Path) -> None:
    """Train from the last whole checkpoint in ``out``, if there is one, and write ``OUT/model``.
    The trainer says nothing by itself: callbacks and commands do.
    """
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    shutil.rmtree(out / WRITING, ignore_errors=True)  # a checkpoint that was not finished
    last = checkpoints(out)
    trainer.train(resume_from_checkpoint=str(last[-1]) if last else None)
    if trainer.is_world_process_zero():
        save(trainer, tokenizer, out / MODEL)


def save(trainer: Any, tokenizer: Any, folder: Path) -> None:
    """The trained model with its tokenizer. A LoRA adapter is merged into its base, which ends the
    trainer's use, and stands apart in ``adapter`` beside it; where processes share the weights out,
    ``folder`` holds the adapter, for ``--adapter``.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    shared_out = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    if shared_out or not hasattr(model, "merge_and_unload"):
        _write(folder, tokenizer, trainer.save_model)
        return
    _write(folder.with_name(ADAPTER), tokenizer, trainer.save_model)
    _write(folder, tokenizer, model.merge_and_unload().save_pretrained)


def _write(folder: Path, tokenizer: Any, save_model: Callable[[str], Any]) -> None:
    """Whole or not there."""
    written = folder.with_name(f".{folder.name}.writing")
    shutil.rmtree(written, ignore_errors=True)
    save_model(str(written))
    tokenizer.save_pretrained(written)
    if folder.exists():
        shutil.rmtree(folder)
    written.rename(folder)
