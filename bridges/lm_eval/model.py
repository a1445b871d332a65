"""Our engines as a model of lm-eval: ``--model r1eval --model_args model=nano``.

Each completion has its own seed, of the run's seed, the document and its number among the repeats,
as in `r1eval eval`; requests go in closed groups in lm-eval's order. So `eval --task lm-eval:NAME`
and this give the same texts where prompts and sampling are the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from tqdm import tqdm

from bridges.lm_eval.drawn import Drawn
from bridges.lm_eval.load import stop_words
from runs.draw import groups
from runs.models import ENGINE_ARGS, check_engine_args, find_model, load_engine
from runs.prepare import group_size
from runs.seeds import sample_seed
from runs.stops import before_stop, stops
from sampling.engine import Completion, Message, Prompt, Request, Sampling
from tasks.errors import UserError

_KNOWN = {"until", "max_gen_toks", "do_sample", "temperature", "top_p", "top_k", "min_p"}
_MAX_GEN_TOKS = 256  # lm-eval's default


class R1EvalModel(LM):  # type: ignore[misc]
    """``model_args``: model, seed, revision, adapter, keep_thought, and what --engine-arg takes.

    A thought is left out of what lm-eval scores, as its ``think_end_token`` does, unless
    ``keep_thought=True``.
    """

    def __init__(
        self,
        model: str,
        seed: int = 0,
        revision: str | None = None,
        adapter: str | None = None,
        keep_thought: bool = False,
        batch_size: Any = None,
        max_batch_size: Any = None,
        device: str | None = None,
        **engine_args: Any,
    ) -> None:
        super().__init__()
        args = {key: str(value) for key, value in engine_args.items()}
        if device and not device.startswith("cuda"):  # what lm-eval says where nobody named one
            args["device"] = device
        if other := args.keys() - set(ENGINE_ARGS):
            known = ", ".join(["model", "seed", "revision", "adapter", "keep_thought"])
            raise UserError(
                f"--model_args {', '.join(other)}: known are {known}, {', '.join(ENGINE_ARGS)}"
            )
        check_engine_args(args)
        self._engine = load_engine(model, find_model(model, revision, adapter), args)
        self._seed, self._keep_thought = seed, keep_thought
        self._group = group_size(self._engine, args)
        self._chats: dict[str, Prompt] = {}  # what a rendered conversation was

    @property
    def tokenizer_name(self) -> str:
        return self._engine.facts.model.replace("/", "__")

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        turns = [Message(turn["role"], turn["content"]) for turn in chat_history]  # type: ignore[arg-type]
        prefill = "" if add_generation_prompt else turns.pop().content
        prompt = Prompt(messages=tuple(turns), prefill=prefill)
        rendered = self._engine.render(prompt)
        self._chats[rendered] = prompt
        return rendered

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """The model's own; another by name is not known here."""
        return "" if chat_template else None

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """One text for each request, without its stop string."""
        asked = self._asked(requests)
        texts: dict[int, Drawn] = {}
        with tqdm(total=len(asked), disable=disable_tqdm, desc="r1eval") as bar:
            for settings, of_kind in asked.items():
                for group in groups(of_kind, self._group):
                    self._draw(group, _sampling(json.loads(settings)), texts)
                bar.update()
        until = [stop_words(request.args[1]) for request in requests]
        return [self._shown(texts[i], until[i]) for i in range(len(requests))]

    def _asked(self, requests: Sequence[Instance]) -> dict[str, list[Request]]:
        """By generation settings, in lm-eval's order; copies of one request are numbered."""
        copies: Counter[tuple[str, str]] = Counter()
        asked: dict[str, list[Request]] = {}
        for position, instance in enumerate(requests):
            context, settings = instance.args[:2]
            problem = _problem_id(instance)
            index = copies[str(instance.task_name), problem]
            copies[str(instance.task_name), problem] += 1
            until = stop_words(settings)
            request = Request(
                position,
                self._chats.get(context) or Prompt(text=context),
                sample_seed(self._seed, problem, index),
                until=stops(until, False) if until else None,
            )
            asked.setdefault(json.dumps(settings, sort_keys=True), []).append(request)
        return asked

    def _draw(self, group: list[Request], sampling: Sampling, texts: dict[int, Drawn]) -> None:
        def finish(request: Request, completion: Completion) -> None:
            drawn = Drawn(completion.text, completion.finish_reason)
            texts[request.key] = drawn  # type: ignore[index]

        longest = max(self._engine.count_prompt_tokens(request.prompt) for request in group)
        context = self._engine.facts.context_length
        if context is not None and longest + sampling.max_tokens > context:
            raise UserError(
                f"max_gen_toks {sampling.max_tokens} is beyond the context, {context} tokens less "
                f"the longest prompt: give --gen_kwargs max_gen_toks={context - longest}"
            )
        rows = min(len(group), self._engine.rows_that_fit(longest, sampling.max_tokens))
        self._engine.sample(group, sampling, finish, None, rows)

    def _shown(self, text: Drawn, until: Sequence[str]) -> Drawn:
        if self._keep_thought:
            end = min((at for word in until if (at := text.find(word)) >= 0), default=None)
            shown = text[:end]
        else:
            shown = before_stop(text, until)
        return Drawn(shown, text.finish_reason)

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        raise UserError(
            "r1eval's engines generate: for tasks that ask for log-likelihoods take --model hf"
        )

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        raise UserError(
            "r1eval's engines generate: for tasks that ask for log-likelihoods take --model hf"
        )


def _problem_id(instance: Instance) -> str:
    """Ours where the document is one of ours, else lm-eval's number."""
    return str(instance.doc.get("r1eval_id", instance.doc_id))


def _sampling(settings: dict[str, Any]) -> Sampling:
    """lm-eval's generation settings. Raises UserError on one that is not known.

    >>> _sampling({"until": ["Q:"], "do_sample": False, "temperature": 0.6, "max_gen_toks": 64})
    Sampling(temperature=0.0, top_p=1.0, max_tokens=64, top_k=0, min_p=0.0, logprobs=False)
    """
    if other := settings.keys() - _KNOWN:
        raise UserError(
            f"generation settings {', '.join(sorted(other))} are not known to r1eval's engines: "
            f"they take {', '.join(sorted(_KNOWN))}"
        )
    drawn = settings.get("do_sample", "temperature" in settings)
    try:
        return Sampling(
            temperature=float(settings.get("temperature", 1.0)) if drawn else 0.0,
            top_p=float(settings.get("top_p", 1.0)),
            max_tokens=int(settings.get("max_gen_toks", _MAX_GEN_TOKS)),
            top_k=int(settings.get("top_k", 0)),
            min_p=float(settings.get("min_p", 0.0)),
        )
    except ValueError as error:
        raise UserError(f"generation settings: {error}") from error
