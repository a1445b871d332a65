"""TRL's GRPOTrainer, changed where it pays: rollouts, batches, what is not trained on, checkpoints.

The objective is TRL's own: `_compute_loss` is not touched.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl import GRPOTrainer

from rl import batches
from rl.graded import Asked, GradedSample, grade_samples, measure
from rl.recipe import Rollouts
from rl.rollouts import Policy
from runs.seeds import sample_seed
from sampling.engine import FinishReason, Sampling
from tasks.errors import UserError
from tasks.grading import Verdict

REFERENCE, WRITING = "reference.safetensors", ".writing"

_OVER_TOKENS = {
    *("kl", "entropy", "cispo_clip_ratio"),
    *("clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean"),
}
"""What TRL logs as a mean over a batch's tokens."""
_EQUAL = 1e-6  # rewards that differ by less are equal

OnSamples = Callable[[int, Sequence[GradedSample], torch.Tensor], None]
"""Is told the step, this process's samples, and all rewards ``[samples, functions]``."""


class Trainer(GRPOTrainer):  # type: ignore[misc]
    """``policy`` draws rollouts; without it TRL does. Rows of the data set carry ``asked``, the
    number of their problem in ``problems``.
    """

    def __init__(
        self,
        *args: Any,
        problems: Sequence[Asked],
        policy: Policy | None,
        rollouts: Rollouts,
        on_samples: OnSamples | None = None,
        keep_checkpoints: int = 2,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._problems, self._policy, self._rollouts = problems, policy, rollouts
        self._prompt_ids = {one.prompt: one.prompt_ids for one in problems}
        self._on_samples = on_samples
        self._keep_checkpoints = keep_checkpoints
        self._has_signal = torch.empty(0, dtype=torch.bool)
        self._draws = 0
        self._writing = False
        self._buffered_inputs: list[batches.Rows] | None = None
        if rollouts.dynamic_sampling and self.accelerator.num_processes > 1:
            raise UserError("dynamic_sampling runs in one process: groups are replaced locally")

    # Rollouts

    def _generate_single_turn(
        self,
        prompt_ids: list[list[int]],
        images: Any,
        multimodal_fields: Any,
        num_generations: int,
        has_tool_images: bool = False,
    ) -> tuple[list[list[int]], list[list[float]] | None]:
        began = time.perf_counter()
        if self._policy is None:
            ids, logprobs = super()._generate_single_turn(
                prompt_ids, images, multimodal_fields, num_generations, has_tool_images
            )
        else:
            seed = sample_seed(self.args.seed, f"step {self.state.global_step}", self._draws)
            first = self.accelerator.process_index * len(prompt_ids)
            drawn = self._policy.draw(
                prompt_ids,
                [sample_seed(seed, "row", first + n) for n in range(len(prompt_ids))],
                self._sampling(),
            )
            ids = [list(one.ids) for one in drawn]
            logprobs = [list(one.logprobs) for one in drawn]
        self._draws += 1
        seconds = time.perf_counter() - began
        tokens = sum(map(len, ids))
        self._note("seconds/rollout", seconds)
        self._note("tokens/rollout", tokens)
        self._note("rollout_tokens_per_second", tokens / seconds)
        return ids, logprobs

    def _sampling(self) -> Sampling:
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k or 0,
            min_p=self.min_p or 0.0,
            max_tokens=self.max_completion_length,
            logprobs=True,
        )

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        """Prompts are rendered text, tags and all."""
        return [list(self._prompt_ids[prompt]) for prompt in prompts], None, {}

    # Rewards

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: list[str],
        completions: list[str],
        completion_ids_list: list[list[int]],
    ) -> torch.Tensor:
        """Every completion is graded once, for all rewards; where the grader could not decide, no
        reward counts.
        """
        texts = [self._text(ids) for ids in completion_ids_list]
        reasons: list[FinishReason] = [
            "stop" if ids and ids[-1] in self.eos_token_ids else "length"
            for ids in completion_ids_list
        ]
        asked = [self._problems[one["asked"]] for one in inputs]
        samples = grade_samples(asked, texts, reasons, [len(ids) for ids in completion_ids_list])
        for one, sample in zip(inputs, samples, strict=True):
            one["samples"] = sample
        rewards: torch.Tensor = super()._calculate_rewards(
            inputs, prompts, texts, completion_ids_list
        )
        unsure = torch.tensor([s.grade.verdict is Verdict.UNSURE for s in samples])
        unsure = self.accelerator.gather(unsure.to(rewards.device))
        rewards[unsure] = torch.nan
        first = self.accelerator.process_index * len(prompts)
        self._has_signal = self._signal(rewards)[first : first + len(prompts)]
        self._note("signalless", 1 - float(self._has_signal.float().mean()))
        for name, value in measure(samples).items():
            self._note(name, value)
        first_draw = self._draws <= 1  # the others replace groups of it
        if self._on_samples is not None and self.model.training and first_draw:
            self._on_samples(self.state.global_step, samples, rewards)
        return rewards

    def _signal(self, rewards: torch.Tensor) -> torch.Tensor:
        """Whether the rewards of a row's group differ: ``[rows]``."""
        number = self.num_generations if self.model.training else self.num_generations_eval
        sums = (rewards * self.reward_weights.to(rewards.device)).nansum(dim=1)
        scorable = ~rewards.isnan().all(dim=1)
        highest = sums.masked_fill(~scorable, -torch.inf).view(-1, number).amax(dim=1)
        lowest = sums.masked_fill(~scorable, torch.inf).view(-1, number).amin(dim=1)
        return (highest - lowest > _EQUAL).repeat_interleave(number)

    def _text(self, ids: Sequence[int]) -> str:
        """Special tokens stay, since some models' thinking tags are such; the end does not."""
        kept = [i for i in ids if i not in self.eos_token_ids]
        return str(
            self._tokenizer.decode(
                kept, skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    # Batches

    def _prepare_inputs(self, generation_batch: Any) -> dict[str, Any]:
        if not self.model.training:
            inputs: dict[str, Any] = super()._prepare_inputs(generation_batch)
            return inputs
        every = self.args.steps_per_generation * self.num_iterations
        if self._step % every == 0 or self._buffered_inputs is None:
            rows = self._generate_and_score_completions(generation_batch)
            self._buffered_inputs = self._split(self._shuffled(rows))
        buffered: dict[str, Any] = self._buffered_inputs[
            self._step % self.args.steps_per_generation
        ]
        return buffered

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._draws = 0
        rows = self._drawn(inputs)
        if self._rollouts.dynamic_sampling and self.model.training:
            rows = self._replaced(rows)
        if self._rollouts.skip_signalless and self.model.training and self.beta:
            self._note_skipped_kl(rows)
        return rows

    def _drawn(self, inputs: list[dict[str, Any]]) -> batches.Rows:
        rows: batches.Rows = super()._generate_and_score_completions(inputs)
        rows["signal"] = self._has_signal.to(rows["advantages"].device)
        return rows

    def _replaced(self, rows: batches.Rows) -> batches.Rows:
        """With other problems in place of groups without signal, as far as a few draws find some
        (DAPO, arXiv 2503.14476, section 3.2). What is logged is the first draw.
        """
        group = self.num_generations
        drawn = 1
        for attempt in range(self._rollouts.dynamic_sampling):
            lacking = (~rows["signal"].view(-1, group)[:, 0]).nonzero().flatten()
            if not len(lacking):
                break
            choose = random.Random(f"{self.args.seed}/{self.state.global_step}/{attempt}")
            chosen = [choose.randrange(len(self.train_dataset)) for _ in lacking]
            inputs = [dict(self.train_dataset[n]) for n in chosen for _ in range(group)]
            before = {name: len(values) for name, values in self._metrics["train"].items()}
            others = self._drawn(inputs)
            for name, values in self._metrics["train"].items():
                del values[before.get(name, 0) :]
            found = others["signal"].view(-1, group)[:, 0].nonzero().flatten()
            rows = batches.exchange(rows, lacking[: len(found)], others, found, group)
            drawn += len(lacking) * group / len(rows["advantages"])
        tokens = rows["completion_mask"].sum()
        rows["num_items_in_batch"] = self.accelerator.gather(tokens).sum()
        self._note("dynamic_sampling/drawn", drawn)
        self._note("dynamic_sampling/signalless", 1 - float(rows["signal"].float().mean()))
        return rows

    def _note_skipped_kl(self, rows: batches.Rows) -> None:
        """What the groups that are not trained on would have added to the KL term: k3 of every
        token, by the policy that drew it.
        """
        skipped = ~rows["signal"]
        mask = rows["completion_mask"][skipped].bool()
        policy = rows.get("sampling_per_token_logps")
        if policy is None:
            policy = self._policy_logps(rows)
        gap = rows["ref_per_token_logps"][skipped] - policy[skipped]
        k3 = (gap.exp() - gap - 1)[mask]
        self._note("skipped/kl", float(k3.mean()) if k3.numel() else 0.0)
        self._note("skipped/tokens", float(mask.sum() / rows["completion_mask"].sum()))

    def _policy_logps(self, rows: batches.Rows) -> torch.Tensor:
        ids = torch.cat([rows["prompt_ids"], rows["completion_ids"]], dim=1)
        mask = torch.cat([rows["prompt_mask"], rows["completion_mask"]], dim=1)
        kept, size = rows["completion_ids"].shape[1], self.args.per_device_train_batch_size
        with torch.no_grad():
            return self._get_per_token_logps_and_entropies(self.model, ids, mask, kept, size)[0]

    def _shuffled(self, rows: Mapping[str, Any]) -> batches.Rows:
        order = torch.randperm(rows["completion_ids"].shape[0])
        return batches.take(rows, order.to(rows["completion_ids"].device))

    def _split(self, rows: batches.Rows) -> list[batches.Rows]:
        number = self.args.steps_per_generation
        window = min(self.args.gradient_accumulation_steps, number)
        window = window if number % window == 0 else 1  # steps that share no boundary with rollouts
        kept = torch.ones(rows["completion_ids"].shape[0], dtype=torch.bool)
        if self._rollouts.skip_signalless:
            kept = rows["signal"].cpu()
        # bnpo's mean is over the tokens of a batch: there the batches stay as TRL makes them
        return batches.split(rows, number // window, window, kept, self.loss_type != "bnpo")

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> torch.Tensor:
        share, weight = inputs.pop("share", 1.0), inputs.pop("weight", 1.0)
        loss: torch.Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        inputs |= {"share": share, "weight": weight}
        metrics = self._metrics["train" if model.training else "eval"]
        for name in _OVER_TOKENS & metrics.keys():
            metrics[name][-1] *= weight  # TRL takes the mean over batches, here of unlike length
        over_tokens = self.loss_type in {"dapo", "cispo", "vespo"}  # of the whole rollout
        return loss * (float(share > 0) if over_tokens else share)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        **options: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Of the reference and of an older policy: rows of like length together, cut."""
        score = super()._get_per_token_logps_and_entropies
        if torch.is_grad_enabled() or options.get("pixel_values") is not None:
            found: tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None] = score(
                model, input_ids, attention_mask, logits_to_keep, batch_size, **options
            )
            return found
        prompt = input_ids.shape[1] - logits_to_keep
        rows = {
            "prompt_ids": input_ids[:, :prompt],
            "prompt_mask": attention_mask[:, :prompt],
            "completion_ids": input_ids[:, prompt:],
            "completion_mask": attention_mask[:, prompt:],
        }
        logps = torch.zeros(
            (len(input_ids), logits_to_keep), dtype=torch.float32, device=input_ids.device
        )
        entropies = torch.zeros_like(logps) if options.get("compute_entropy") else None
        order = batches.lengths(rows).sort(stable=True).indices
        for part in order.split(batch_size or len(order)):
            cut = batches.cut(batches.take(rows, part))
            kept = cut["completion_ids"].shape[1]
            ids = torch.cat([cut["prompt_ids"], cut["completion_ids"]], dim=1)
            mask = torch.cat([cut["prompt_mask"], cut["completion_mask"]], dim=1)
            some, entropy, _ = score(model, ids, mask, kept, None, **options)
            logps[part, :kept] = some.to(logps.dtype)
            if entropies is not None:
                entropies[part, :kept] = entropy.to(logps.dtype)
        return logps, entropies, None

    # Checkpoints

    def _get_output_dir(self, trial: Any) -> str:
        folder = Path(super()._get_output_dir(trial))
        return str(folder / WRITING if self._writing else folder)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Whole or not there, with the reference's weights, which TRL's own leave out."""
        folder = Path(self._get_output_dir(trial))
        self._writing = True
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self._writing = False
        if not self.args.should_save:
            return
        name = f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
        written = folder / WRITING / name
        if self.args.sync_ref_model:
            save_model(self.accelerator.unwrap_model(self.ref_model), str(written / REFERENCE))
        if (folder / name).exists():
            shutil.rmtree(folder / name)
        written.rename(folder / name)
        written.parent.rmdir()
        for old in checkpoints(folder)[: -self._keep_checkpoints]:
            shutil.rmtree(old)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is not None and self.args.sync_ref_model:
            reference = self.accelerator.unwrap_model(self.ref_model)
            load_model(reference, str(Path(checkpoint) / REFERENCE))

    def _note(self, name: str, value: float) -> None:
        self._metrics["train" if self.model.training else "eval"][name].append(value)


def checkpoints(folder: Path) -> list[Path]:
    """Those that are whole, oldest first."""
    found = [p for p in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if p.name[11:].isdecimal()]
    return sorted(found, key=lambda path: int(path.name[11:]))
