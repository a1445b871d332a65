"""A model that answers a judge's prompts, opened by the names that `r1eval eval` knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import cast

from runs.models import find_model, load_engine
from runs.seeds import sample_seed
from sampling.engine import (
    Completion,
    Engine,
    ModelError,
    OnFinish,
    OutOfMemory,
    Prompt,
    Request,
    Sampling,
)
from tasks.errors import UserError
from tasks.grading.judge import FORM
from tasks.thinking import DEFAULT as TAGS

TEMPERATURE, TOP_P = 0.6, 0.95
MAX_TOKENS, MAX_TOKENS_THINKING = 256, 4096
"""Of a reply: three sentences and the verdict, for a model with thinking tags its thought too."""

_ROWS = 64
_UNREADABLE = 0.2  # share of unknown tokens above which a model cannot read the prompt


class Asker:
    """Puts each prompt to an engine as one user turn: the ``ask`` of a `Judge`.

    A reply depends on the prompt, the seed and how often the same prompt came before, not on what
    else is asked (but for rounding: what shares a batch changes floating-point sums).
    ``tokens`` counts what was read ("prompt") and written ("reply") so far.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        thinks = engine.has_token(TAGS[0].closing)
        self._max_tokens = MAX_TOKENS_THINKING if thinks else MAX_TOKENS
        self.tokens: Counter[str] = Counter()

    def __call__(self, prompts: Sequence[str], seed: int) -> list[str]:
        """One reply for each prompt. A prompt beyond half of the context gets an empty one."""
        replies = [""] * len(prompts)
        context = self._engine.facts.context_length
        requests: list[Request] = []
        before: Counter[str] = Counter()
        lengths = []
        for i, text in enumerate(prompts):
            turn = Prompt.chat(text)
            lengths.append(self._engine.count_prompt_tokens(turn))
            if context is None or 2 * lengths[i] <= context:
                requests.append(Request(i, turn, sample_seed(seed, text, before[text])))
            before[text] += 1
        requests.sort(key=lambda request: lengths[cast(int, request.key)])  # little padding
        longest = lengths[cast(int, requests[-1].key)] if requests else 0

        def finish(request: Request, completion: Completion) -> None:
            replies[cast(int, request.key)] = self._opened(request.prompt) + completion.text
            self.tokens["prompt"] += completion.prompt_tokens or 0
            self.tokens["reply"] += completion.completion_tokens or 0

        limit = self._max_tokens if context is None else min(self._max_tokens, context - longest)
        self._draw(requests, longest, limit, finish)
        return replies

    def _opened(self, prompt: Prompt) -> str:
        """The tag with which the chat template opened the thought, if it did."""
        rendered = self._engine.render(prompt).rstrip()
        return next((tags.opening for tags in TAGS if rendered.endswith(tags.opening)), "")

    def _draw(self, requests: list[Request], longest: int, limit: int, finish: OnFinish) -> None:
        rows = min(_ROWS, self._engine.rows_that_fit(longest, limit))
        while requests:
            try:
                self._engine.sample(requests[:rows], Sampling(TEMPERATURE, TOP_P, limit), finish)
                requests = requests[rows:]
            except OutOfMemory as error:
                if rows == 1:
                    raise ModelError(f"out of memory at {error}: use a smaller judge") from error
                rows = (rows + 1) // 2


def open_asker(name: str) -> Asker:
    """Load the model ``name`` to judge.

    Raises ModelError when it cannot be loaded, UserError when it cannot be asked in English.
    """
    engine = load_engine(name, find_model(name), {})
    turn = Prompt.chat(FORM)
    try:
        engine.render(turn)
    except ModelError as error:
        raise UserError(f"{name} cannot judge: it has no chat template") from error
    if engine.unknown_share(turn) > _UNREADABLE:
        raise UserError(f"{name} cannot judge: its tokenizer does not know English")
    return Asker(engine)
