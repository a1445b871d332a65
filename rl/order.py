"""The order of the problems, the same after an interruption.

TRL's RepeatSampler draws each epoch's order from one generator, one after the other; a training
that goes on in a later epoch begins anew with the first epoch's order (TRL 1.16).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from trl.trainer.utils import RepeatSampler


class EpochSampler(RepeatSampler):  # type: ignore[misc]
    """TRL's, which knows its epoch: a training that is not interrupted sees TRL's own order.

    >>> plain, ours = (kind(range(4), 1, seed=7) for kind in (RepeatSampler, EpochSampler))
    >>> epochs = [list(plain), list(plain), list(plain)]
    >>> ours.set_epoch(2)
    >>> list(ours) == epochs[2] != epochs[0]
    True
    """

    epoch = 0

    @classmethod
    def of(cls, sampler: RepeatSampler) -> EpochSampler:
        return cls(
            sampler.data_source,
            sampler.mini_repeat_count,
            sampler.batch_size,
            sampler.repeat_count,
            sampler.shuffle,
            sampler.seed,
        )

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        if self.shuffle and self.seed is not None:
            self.generator.manual_seed(self.seed)
            for _ in range(self.epoch):
                torch.randperm(self.num_samples, generator=self.generator)
        items: Any = super().__iter__()
        return iter(items)
