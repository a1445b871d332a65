"""What would waste hours, found in seconds: a recipe's faults before it is trained.

Reward flat or collapsing without a diagnosis is what users of such tools complain about most
(open-r1 #255, #257, #436, #474); nearly every cause can be seen before the first step.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence

from trl import GRPOConfig
from trl.import_utils import is_vllm_available

from rl.graded import GradedSample, measure
from rl.load import Loaded
from rl.probe import draw_graded
from rl.rewards import find_rewards
from rl.train import steps_per_rollout
from runs.findings import Finding, Level
from runs.seeds import sample_seed
from sampling.engine import Sampling
from tasks.grading import Verdict, grade_answer
from tasks.thinking import DEFAULT as TAGS

_PROBED, _PROBE_GROUP = 16, 4
"""Problems from all over the data and rollouts of each. Few problems in many rollouts may all be
easy ones, which says nothing of the rest.
"""
_GOLDS = 500  # that are read
_MANY_TRUNCATED = 0.5


def preflight(loaded: Loaded, config: GRPOConfig, probe: bool = True) -> Iterator[Finding]:
    """Every check, in the order of what it costs."""
    yield from _context(loaded, config)
    if not loaded.problems:
        return
    yield from _batches(loaded, config)
    yield _sampling(config)
    yield from _end(loaded)
    yield from _tags(loaded)
    yield _golds(loaded)
    yield from _reference(loaded, config)
    yield from _vllm(config)
    if probe:
        yield from _probe(loaded, config)


def _batches(loaded: Loaded, config: GRPOConfig) -> Iterator[Finding]:
    group, rollout = config.num_generations, config.generation_batch_size
    questions = rollout // group
    if len(loaded.problems) < questions:
        yield Finding(
            "error",
            "data",
            f"{len(loaded.problems)} problems do not fill a rollout of {questions} questions × "
            f"{group}: give more problems, or a smaller generation_batch_size",
        )
    meant, here = loaded.recipe.processes, int(os.environ.get("WORLD_SIZE", "1"))
    if meant != here:
        yield Finding(
            "warning",
            "batches",
            f"written for {meant} processes, and here {'is 1' if here == 1 else f'are {here}'}: a "
            f"step takes {here}/{meant} of the completions that are meant",
        )
    steps = steps_per_rollout(config)
    ratio = (
        "one optimiser step a rollout: the ratio is 1 and nothing is clipped"
        if steps == 1
        else f"{steps} optimiser steps a rollout: the later ones are off-policy, epsilon counts"
    )
    yield Finding("ok", "batches", f"{questions} questions × {group} completions; {ratio}")


def _context(loaded: Loaded, config: GRPOConfig) -> Iterator[Finding]:
    length, context = config.max_completion_length, loaded.context_length
    if not loaded.problems:
        yield Finding(
            "error",
            "context",
            f"no prompt leaves room for max_completion_length ({length}) in {context} tokens: the "
            f"longest takes {loaded.longest_prompt}, so lower it to "
            f"{(context or 0) - loaded.longest_prompt}",
        )
        return
    if loaded.too_long:
        yield Finding(
            "warning",
            "context",
            f"{loaded.too_long} of {loaded.too_long + len(loaded.problems)} problems are left out: "
            f"with max_completion_length ({length}) their prompts pass {context} tokens (the "
            f"longest takes {loaded.longest_prompt})",
        )
    longest = max(len(one.prompt_ids) for one in loaded.problems)
    yield Finding(
        "ok", "context", f"{longest + length} of {context or 'unknown many'} tokens at most"
    )


def _sampling(config: GRPOConfig) -> Finding:
    cuts = {"top_p": config.top_p < 1, "top_k": bool(config.top_k), "min_p": bool(config.min_p)}
    if cut := [name for name, is_cut in cuts.items() if is_cut]:
        return Finding(
            "warning",
            "sampling",
            f"{' and '.join(cut)} cut the distribution that rollouts are drawn from, and the ratio "
            "is computed by the whole one: it is biased (TRL #6789); train at top_p 1, top_k 0",
        )
    return Finding(
        "ok", "sampling", f"drawn from the whole distribution at T {config.temperature:g}"
    )


def _end(loaded: Loaded) -> Iterator[Finding]:
    tokenizer = loaded.tokenizer
    if not loaded.end_ids:
        yield Finding(
            "error",
            "end",
            "neither model nor tokenizer names an end of sequence: nothing would stop",
        )
        return
    names = ", ".join(sorted(str(tokenizer.convert_ids_to_tokens(i)) for i in loaded.end_ids))
    if tokenizer.pad_token_id in loaded.end_ids:
        yield Finding(
            "note",
            "end",
            f"padding is an end of sequence ({names}): here masks come from lengths, so the end is "
            "learnt; a later SFT that masks padding would never teach it (open-r1 #492, #603)",
        )
    else:
        yield Finding("ok", "end", f"{names} ends a completion and is trained on; padding differs")
    if loaded.problems and tokenizer.chat_template and not _turn_ends(loaded):
        yield Finding(
            "warning",
            "end",
            "the chat template ends the assistant's turn with none of these: generation may run on",
        )


def _turn_ends(loaded: Loaded) -> bool:
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    try:
        text = str(loaded.tokenizer.apply_chat_template(turns, tokenize=False))
    except Exception:  # a template may refuse anything
        return True
    ids = loaded.tokenizer(text, add_special_tokens=False).input_ids
    return any(i in loaded.end_ids for i in ids[-3:])


def _tags(loaded: Loaded) -> Iterator[Finding]:
    think = TAGS[0]
    wanted = [think.opening, think.closing, "<answer>", "</answer>"]
    special = [tag for tag in wanted if tag in loaded.tokenizer.all_special_tokens]
    if special:
        yield Finding(
            "note",
            "tags",
            f"{', '.join(special)} are special tokens: TRL's own decoding drops them and every "
            "reward would be 0; rewards here see them",
        )
    pieces = len(loaded.tokenizer(think.opening, add_special_tokens=False).input_ids)
    prefilled = loaded.problems[0].prefilled
    formats = [r.use for r in loaded.recipe.rewards if r.use == "format"]
    opened = "opens the thought in the prompt" if prefilled else "leaves opening it to the model"
    yield Finding(
        "ok",
        "template",
        f"{loaded.recipe.template} {opened} ({think.opening} is {pieces} "
        f"token{'' if pieces == 1 else 's'})"
        + ("; the format reward knows that" if formats and prefilled else ""),
    )


def _golds(loaded: Loaded) -> Finding:
    read = [one for one in loaded.problems[:_GOLDS] if one.gold]
    lacking = sum(not one.gold for one in loaded.problems)
    pays = any(
        reward.use == "preference" or ".py:" in reward.use for reward in loaded.recipe.rewards
    )
    if lacking and not pays:
        return Finding(
            "error",
            "golds",
            f"{lacking} of {len(loaded.problems)} problems have no gold answer, and no reward pays "
            "for these: remove them, or add {use: preference, args: {model: DIR}}",
        )
    bad = [
        one.problem_id
        for one in read
        if grade_answer(gold=one.gold, answer=one.gold, question=one.question).verdict
        is not Verdict.CORRECT
    ]
    if bad:
        level: Level = "error" if len(bad) > len(read) // 10 else "warning"
        return Finding(
            level,
            "golds",
            f"{len(bad)} of {len(read)} gold answers are not recognised as their own answer "
            f"({bad[0]} first): no sample of theirs can be rewarded",
        )
    without = f"; {lacking} problems have none" if lacking else ""
    return Finding("ok", "golds", f"{len(read)} of {len(read)} can be graded{without}")


def _vllm(config: GRPOConfig) -> Iterator[Finding]:
    """TRL drives vLLM from inside and says which versions it knows."""
    if not config.use_vllm:
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        there = is_vllm_available()
    if not there:
        yield Finding(
            "error", "vllm", 'use_vllm, and vLLM is not installed: pip install "r1eval[vllm]"'
        )
    for warning in told:
        yield Finding("warning", "vllm", str(warning.message))


def _reference(loaded: Loaded, config: GRPOConfig) -> Iterator[Finding]:
    if config.sync_ref_model and loaded.recipe.lora is not None:
        yield Finding(
            "error",
            "reference",
            "sync_ref_model refreshes the reference's weights, and with LoRA the reference is the "
            "base under the adapter: set sync_ref_model false, or train in full",
        )
    if config.sync_ref_model and not config.beta:
        yield Finding("error", "reference", "sync_ref_model without beta: there is no reference")
    elif config.sync_ref_model:
        every = config.ref_model_sync_steps
        happens = config.max_steps // every if config.max_steps > 0 else "some"
        yield Finding(
            "ok", "reference", f"replaced by the policy every {every} steps ({happens} times)"
        )


def _probe(loaded: Loaded, config: GRPOConfig) -> Iterator[Finding]:
    group = min(config.num_generations, _PROBE_GROUP)
    number = min(len(loaded.problems), _PROBED)
    spread = [loaded.problems[n * len(loaded.problems) // number] for n in range(number)]
    asked = [one for one in spread for _ in range(group)]
    samples, drawn = draw_graded(
        loaded,
        asked,
        [sample_seed(config.seed, "probe", n) for n in range(len(asked))],
        Sampling(temperature=config.temperature, max_tokens=config.max_completion_length),
    )
    measured = measure(samples)
    lengths = [sample.tokens for sample in samples]
    yield Finding(
        "ok",
        "probe",
        f"{len(samples)} rollouts: accuracy {measured['accuracy']:.1%}, thinks "
        f"{measured['thinks']:.0%}, {sum(lengths) / len(lengths):.0f} tokens, longest "
        f"{max(lengths)}, truncated {measured['truncated']:.0%}",
    )
    ids = [list(one.ids) for one in drawn]
    yield from _signal(loaded, samples, ids, group, config.max_completion_length)
    if measured["truncated"] > _MANY_TRUNCATED:
        yield Finding(
            "warning",
            "probe",
            f"{measured['truncated']:.0%} were cut off at max_completion_length "
            f"{config.max_completion_length}: they learn that thinking long is wrong",
        )


def _signal(
    loaded: Loaded,
    samples: Sequence[GradedSample],
    ids: list[list[int]],
    group: int,
    most_tokens: int,
) -> Iterator[Finding]:
    sums = [0.0] * len(samples)
    decided = [sample.grade.verdict is not Verdict.UNSURE for sample in samples]
    rewards = loaded.recipe.rewards
    for reward, function in zip(rewards, find_rewards(rewards, most_tokens), strict=True):
        given = function(
            prompts=[s.asked.prompt for s in samples],
            completions=[s.text for s in samples],
            completion_ids=ids,
            samples=list(samples),
        )
        paid = [0.0 if value is None else float(value) for value in given]
        sums = [a + reward.weight * b for a, b in zip(sums, paid, strict=True)]
        values = [v for v, is_decided in zip(paid, decided, strict=True) if is_decided]
        flat = len(set(values)) < 2
        yield Finding(
            "note" if flat else "ok",
            "probe",
            f"reward {reward.use}: {sum(values) / max(len(values), 1):.3f} on average"
            + (f", {values[0]:g} for every rollout" if flat and values else ""),
        )
    groups = [
        [n for n in range(start, start + group) if decided[n]]
        for start in range(0, len(sums), group)
    ]
    differ = sum(len({round(sums[n], 6) for n in of}) > 1 for of in groups)
    if not differ:
        correct = {sample.grade.verdict is Verdict.CORRECT for sample in samples}
        why = "all correct" if correct == {True} else "none correct" if correct == {False} else ""
        yield Finding(
            "error",
            "probe",
            f"no group's rewards differ{' (' + why + ')' if why else ''}: there is no signal; "
            "take problems that this model solves sometimes",
        )
    else:
        yield Finding("ok", "probe", f"{differ} of {len(groups)} groups have a signal")
