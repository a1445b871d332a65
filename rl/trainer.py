"""TRL's GRPOTrainer, changed where it pays: rollouts, batches, what is not trained on.

The objective is TRL's own: `_compute_loss` is not touched.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from trl import GRPOTrainer

from rl import batches
from rl.checkpoints import WholeCheckpoints
from rl.graded import Asked, GradedSample, grade_samples, measure
from rl.recipe import Rollouts, what_couples_rows
from rl.rollouts import Policy
from runs.seeds import sample_seed
from sampling.engine import FinishReason, Sampling
from tasks.errors import UserError
from tasks.grading import Verdict

_OVER_TOKENS = {
    *("kl", "entropy", "cispo_clip_ratio"),
    *("clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean"),
}
"""What TRL logs as a mean over a batch's tokens."""
_EQUAL = 1e-6  # rewards that differ by less are equal

OnSamples = Callable[[int, Sequence[GradedSample], torch.Tensor], None]
"""Is told the step, this process's samples, and all rewards ``[samples, functions]``."""


class Trainer(WholeCheckpoints, GRPOTrainer):  # type: ignore[misc]
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
        self.keep_checkpoints = keep_checkpoints
        self._has_signal = torch.empty(0, dtype=torch.bool)
        self._draws = 0
        self._buffered_inputs: list[batches.Rows] | None = None
        couples = what_couples_rows(vars(self.args))
        if self.aux_loss_enabled:
            couples = "router_aux_loss_coef"
        if couples and rollouts.skip_signalless:
            raise UserError(f"skip_signalless does not go with {couples}")
        self._by_length = not couples

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
        unsure = torch.tensor(
            [bool(s.asked.gold) and s.grade.verdict is Verdict.UNSURE for s in samples]
        )
        unsure = self.accelerator.gather(unsure.to(rewards.device))
        rewards[unsure] = torch.nan
        first = self.accelerator.process_index * len(prompts)
        self._has_signal = self._signal(rewards)[first : first + len(prompts)]
        measured = {**measure(samples), "signalless": float((~self._has_signal).float().mean())}
        for name, value in self._mean(measured).items():
            self._note(name, value)
        first_draw = self._draws <= 1  # the others replace groups of it
        if self._on_samples is not None and self.model.training and first_draw:
            self._on_samples(self.state.global_step, samples, rewards)
        return rewards

    def _signal(self, rewards: torch.Tensor) -> torch.Tensor:
        """Whether the rewards of a row's group differ: ``[rows]``."""
        number = self.num_generations if self.model.training else self.num_generations_eval
        weighted = rewards * self.reward_weights.to(rewards.device)
        scorable = ~rewards.isnan().all(dim=1, keepdim=True)
        if self.multi_objective_aggregation == "normalize_then_sum":
            scorable = ~rewards.isnan()  # each is normalised alone: one that differs is enough
        else:
            weighted = weighted.nansum(dim=1, keepdim=True)
        groups = (-1, number, weighted.shape[1])
        highest = weighted.masked_fill(~scorable, -torch.inf).view(groups).amax(dim=1)
        lowest = weighted.masked_fill(~scorable, torch.inf).view(groups).amin(dim=1)
        return (highest - lowest > _EQUAL).any(dim=1).repeat_interleave(number)

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
        (DAPO, arXiv 2503.14476, section 3.2). What is logged is the first draw. A group may lie
        across processes: they all see all signals, and draw an equal part of the other groups each.
        """
        group, processes = self.num_generations, self.accelerator.num_processes
        own, place = len(rows["advantages"]), self.accelerator.process_index
        even = math.lcm(group, processes) // group  # so many groups can be shared out
        drawn = 1.0
        for attempt in range(self._rollouts.dynamic_sampling):
            lacking = (~self.accelerator.gather(rows["signal"])[::group]).nonzero().flatten()
            if not len(lacking):
                break
            number = math.ceil(len(lacking) / even) * even
            choose = random.Random(f"{self.args.seed}/{self.state.global_step}/{attempt}")
            chosen = [choose.randrange(len(self.train_dataset)) for _ in range(number)]
            part = number * group // processes
            mine = [n for n in chosen for _ in range(group)][place * part : (place + 1) * part]
            before = {name: len(values) for name, values in self._metrics["train"].items()}
            others = self._drawn([dict(self.train_dataset[n]) for n in mine])
            for name, values in self._metrics["train"].items():
                del values[before.get(name, 0) :]
            others = batches.gather(others, self.accelerator)
            found = others["signal"][::group].nonzero().flatten()[: len(lacking)]
            target = batches.members(lacking[: len(found)], group)
            source = batches.members(found, group)
            here = (target >= place * own) & (target < (place + 1) * own)
            rows = batches.exchange(rows, target[here] - place * own, others, source[here])
            drawn += number * group / (own * processes)
        tokens = rows["completion_mask"].sum()
        rows["num_items_in_batch"] = self.accelerator.gather(tokens).sum()
        signal = self.accelerator.gather(rows["signal"]).float().mean()
        self._note("dynamic_sampling/drawn", drawn)
        self._note("dynamic_sampling/signalless", 1 - float(signal))
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
        return batches.split(rows, number // window, window, kept, self._by_length)

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

    def _mean(self, measured: Mapping[str, float]) -> dict[str, float]:
        """Over processes, which hold as many samples each."""
        own = torch.tensor([list(measured.values())], device=self.accelerator.device)
        means = self.accelerator.gather(own).nanmean(dim=0).tolist()
        return dict(zip(measured, means, strict=True))

    def _note(self, name: str, value: float) -> None:
        self._metrics["train" if self.model.training else "eval"][name].append(value)
