"""vLLM in this process: many single requests, each with a seed of its own, over a shared prefix.

A prompt's n samples are n requests, since vLLM's own ``n`` would seed sample i with seed + i; the
prefix cache reads the prompt once all the same. What `on_finish` returns is handed in at once,
while the blocks of the finished request are still in that cache::

    waiting   r5 r6 …          never more than ``rows`` are with vLLM
    vLLM      r1 r2 r3 r4      step(): the next token of each
    finished  r2               on_finish → r2' begins with r2's prompt and ids: found in the cache

vLLM puts together what happens to be there, so sums and with them texts may differ from one run to
the next: groups are not closed, and a run that goes on keeps what there is.
"""

from __future__ import annotations

import json
import warnings
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from transformers import GenerationConfig

from sampling import tokens, vllm_args
from sampling.engine import (
    Completion,
    EngineFacts,
    FinishReason,
    ModelError,
    OnFinish,
    OnTokens,
    Request,
    Sampling,
)
from sampling.loading import DType, ModelPlace, load_errors, outline, revision_of
from sampling.memory import free_bytes, out_of_memory_at
from sampling.tokenized import Tokenized
from sampling.unpacked import unpack

_CACHE_SHARE, _CACHE_BYTES = 0.25, 4 << 30
"""On a CPU: the cache's share of what is free, and the most it takes (vLLM would have 92 %)."""
_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Those that vLLM keeps room for (its `MaxLoRARanks`)."""
_ROWS = 1 << 20
"""vLLM queues what does not fit and takes back what no longer does."""


@dataclass
class _Running:
    """A request that vLLM has, and what it drew of it so far."""

    request: Request
    prompt_tokens: int
    max_tokens: int
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


class VLLMEngine(Tokenized):
    """Whatever vLLM runs, on GPU or CPU. ``args`` are vLLM's own (`vllm_args.names`), as text.

    Raises ModelError when vLLM is not installed, refuses an argument or cannot load the model.
    """

    def __init__(
        self,
        place: ModelPlace,
        label: str,
        dtype: DType = "auto",
        args: Mapping[str, str] | None = None,
    ) -> None:
        given = vllm_args.parse(args or {})
        from vllm.platforms import current_platform

        device = str(current_platform.device_type)
        notices: tuple[str, ...] = ()
        with TemporaryDirectory(prefix="r1eval-vllm-") as folder, load_errors(place):
            revision, there = revision_of(place), place
            if place.gguf_file is not None:
                there = unpack(place, Path(folder), dtype)
                notices = (f"{label} is a GGUF file, which vLLM reads unpacked",)
            known = outline(there, dtype, device)
            self._tokenizer = known.tokenizer
            try:
                generation = GenerationConfig.from_pretrained(there.source, revision=there.revision)
            except OSError:  # a model need not have one
                generation = GenerationConfig.from_model_config(known.config)
            self._end_ids = tokens.end_ids(generation, self._tokenizer)
            self._adapter, room = _adapter(there.adapter)
            settings = {
                "model": there.source,
                "revision": there.revision,
                "trust_remote_code": there.trust_remote_code,
                "dtype": known.dtype,
                "skip_tokenizer_init": True,  # it gets ids and gives ids
                "enable_prefix_caching": True,
                "disable_log_stats": True,
                "use_tqdm_on_load": False,
                **_memory(device, given),
                **room,
                **given,
            }
            self._vllm = _start(settings, label)
        model = self._vllm.model_config
        self._numbers = count()
        self.facts = EngineFacts(
            engine="vllm",
            model=label,
            revision=revision,
            device=device,
            dtype=str(model.dtype).removeprefix("torch."),
            threads=None,
            parameters=known.parameters,
            context_length=int(model.max_model_len),
            closed_groups=False,
            sampler="vllm",
            notices=notices,
        )
        self.close = weakref.finalize(self, _stop, self._vllm)  # also when the program ends

    def rows_that_fit(self, prompt_tokens: int, max_tokens: int) -> int:
        return _ROWS

    def sample(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        on_finish: OnFinish,
        on_tokens: OnTokens | None = None,
        rows: int | None = None,
    ) -> None:
        """As `Engine.sample`. vLLM tells log-probabilities at temperature 1: with `logprobs` any
        other, but for 0, raises ModelError.
        """
        if sampling.logprobs and sampling.temperature not in (0, 1):
            raise ModelError("vLLM tells log-probabilities at temperature 1: use --temperature 1")
        waiting, running = deque(requests), dict[str, _Running]()
        at_once = rows or len(requests)
        try:
            with out_of_memory_at(f"{at_once} requests to vLLM"):
                while waiting or running:
                    while waiting and len(running) < at_once:
                        self._submit(waiting.popleft(), sampling, running)
                    drawn = 0
                    for output in self._vllm.step():
                        one = running[output.request_id]
                        number, reason = self._take(one, output.outputs[0])
                        drawn += number
                        if reason is None:
                            continue
                        if not output.finished:
                            self._vllm.abort_request([output.request_id])
                        del running[output.request_id]
                        completion = self._completion(one, reason, sampling.logprobs)
                        if (follower := on_finish(one.request, completion)) is not None:
                            self._submit(follower, sampling, running)
                    if on_tokens is not None:
                        on_tokens(drawn)
        finally:  # Ctrl-C or an error in between: vLLM goes on with none of them
            self._vllm.abort_request(list(running))

    def score(
        self, requests: Sequence[Request], temperature: float = 1.0
    ) -> list[tuple[float, ...]]:
        """As `Engine.score`, at temperature 1 (or 0, which is told as 1); any other raises
        ModelError.
        """
        if temperature not in (0, 1):
            raise ModelError(f"vLLM scores at temperature 1, not {temperature}")
        from vllm import SamplingParams

        scores: list[tuple[float, ...]] = [()] * len(requests)
        asked = {}
        for place, request in enumerate(requests):
            if request.given:
                name = str(next(self._numbers))
                before = self._encode(request.prompt)
                params = SamplingParams(
                    max_tokens=1,
                    temperature=0,
                    detokenize=False,
                    prompt_logprobs=0,
                )
                self._add(name, [*before, *request.given], params)
                asked[name] = place
        while asked:
            for output in self._vllm.step():
                if output.finished:
                    place = asked.pop(output.request_id)
                    given = requests[place].given
                    told = output.prompt_logprobs[-len(given) :]
                    scores[place] = tuple(of[i].logprob for i, of in zip(given, told, strict=True))
        return scores

    def _submit(self, request: Request, sampling: Sampling, running: dict[str, _Running]) -> None:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        most = sampling.max_tokens if request.max_tokens is None else request.max_tokens
        prompt = self._encode(request.prompt)
        params = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            min_p=sampling.min_p,
            seed=_seed(request),
            max_tokens=most,
            stop_token_ids=sorted(self._end_ids),
            logprobs=0 if sampling.logprobs else None,
            detokenize=False,
            output_kind=RequestOutputKind.DELTA,
        )
        name = str(next(self._numbers))
        self._add(name, [*prompt, *request.given], params)
        running[name] = _Running(request, len(prompt), most)

    def _add(self, name: str, ids: list[int], params: Any) -> None:
        context = self.facts.context_length
        if context is not None and len(ids) >= context:
            raise ModelError(
                f"a request of {len(ids)} tokens leaves no room in the context of "
                f"{self.facts.model}, {context} tokens: raise --engine-arg max_model_len"
            )
        prompt = {"prompt_token_ids": ids}
        self._vllm.add_request(name, prompt, params, lora_request=self._adapter)

    def _take(self, one: _Running, output: Any) -> tuple[int, FinishReason | None]:
        """How many ids came, and how the request ended if it did. What comes after an end that
        ``until`` saw does not count.
        """
        until = one.request.until
        for number, token in enumerate(output.token_ids, start=1):
            one.ids.append(token)
            if output.logprobs is not None:
                one.logprobs.append(output.logprobs[number - 1][token].logprob)
            if token in self._end_ids or (until is not None and until(self.decode(one.ids))):
                return number, "stop"
        if output.finish_reason not in (None, "stop", "length"):
            raise ModelError(f"vLLM gave a request up: {output.finish_reason}")
        return len(output.token_ids), cast("FinishReason | None", output.finish_reason)

    def _completion(self, one: _Running, reason: FinishReason, logprobs: bool) -> Completion:
        return Completion(
            text=self.decode(one.ids),
            finish_reason=reason,
            token_ids=tuple(one.ids),
            prompt_tokens=one.prompt_tokens,
            completion_tokens=len(one.ids),
            token_source="ids",
            logprobs=tuple(one.logprobs) if logprobs else None,
        )


def _seed(request: Request) -> int:
    """vLLM's streams cannot begin in the middle, so a sample that goes on after ``drawn`` tokens
    gets another one, and not the numbers again that drew its beginning.

    >>> from sampling.engine import Prompt
    >>> prompt = Prompt.chat("1+1=?")
    >>> _seed(Request(0, prompt, seed=17)), _seed(Request(0, prompt, seed=17, drawn=2))
    (17, 1013904243)
    """
    return (request.seed + 0x9E3779B1 * request.drawn) % (1 << 31)


def _memory(device: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """On a CPU: no compiling, which takes minutes, and a cache that leaves room for others."""
    if device != "cpu":
        return {}
    settings: dict[str, Any] = {"enforce_eager": True}
    if "gpu_memory_utilization" not in given:  # also a share of a CPU's memory
        cache = min(_CACHE_BYTES, int(free_bytes(device) * _CACHE_SHARE))
        settings["kv_cache_memory_bytes"] = cache
    return settings


def _adapter(folder: str | None) -> tuple[Any, dict[str, Any]]:
    """vLLM's request for a LoRA adapter, and the arguments that make room for it. Raises ModelError
    on an adapter of another kind.
    """
    if folder is None:
        return None, {}
    from vllm.lora.request import LoRARequest

    config = json.loads(Path(folder, "adapter_config.json").read_text(encoding="utf-8"))
    rank = config.get("r")
    room = next((size for size in _RANKS if rank is not None and size >= rank), None)
    if config.get("peft_type") != "LORA" or room is None:
        raise ModelError(f"vLLM takes LoRA adapters up to rank {_RANKS[-1]}, and {folder} is none")
    request = LoRARequest("adapter", 1, str(Path(folder).resolve()))
    return request, {"enable_lora": True, "max_lora_rank": room, "max_loras": 1}


def _start(settings: Mapping[str, Any], label: str) -> Any:
    from vllm.v1.engine.llm_engine import LLMEngine

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return LLMEngine.from_engine_args(vllm_args.engine_args()(**settings))
    except Exception as error:  # whatever a kernel, a model's code or the cache's sizing raises
        reason = " ".join((str(error).strip() or type(error).__name__).split())
        raise ModelError(f"vLLM cannot start with {label}: {reason[:500]}") from error


def _stop(vllm: Any) -> None:
    """End what vLLM runs: workers of a model that is split, threads, its process group."""
    from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

    vllm.engine_core.shutdown()
    cleanup_dist_env_and_memory()
