"""A trace as the ids that a student is trained on: what evaluation would put to it, then what it is
to say, then the end of its turn.

The completion never goes through the chat template: R1-distill's drops the thought of an
assistant's turn, and training through it trains on nothing. Where the prompt opens the thought
already, the completion does not open it again::

    prompt       <｜User｜>2+2?<｜Assistant｜><think>\\n      not trained on
    completion   It is 4.</think>4<｜end of sentence｜>         trained on, the end included
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distill.traces import Trace
from sampling import tokens
from sampling.engine import Message, Prompt
from tasks.errors import UserError
from tasks.thinking import DEFAULT as TAGS

_UNKNOWN = 0.01  # share of ids that the tokenizer does not know, above which it does not fit


@dataclass(frozen=True)
class Rendered:
    """``completion`` ends with the end of the turn."""

    prompt: tuple[int, ...]
    completion: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)


class Renderer:
    """Renders for one student. Raises UserError where its tokenizer has no end of a turn."""

    def __init__(self, tokenizer: Any, student: str, ends: frozenset[int]) -> None:
        self._tokenizer, self._student = tokenizer, student
        self.end = turn_end_id(tokenizer, ends)

    def __call__(self, trace: Trace) -> Rendered:
        """Raises UserError where the tokenizer does not know the trace's characters."""
        turns = tuple(Message(t["role"], t["content"]) for t in trace.prompt)  # type: ignore[arg-type]
        prompt = Prompt(messages=turns)
        shown = tokens.render(self._tokenizer, prompt, self._student)
        text = unopened(shown, trace.text)
        said = self._ids(text)
        # of the turns alone: in some models' templates what stands for unknown also begins a prompt
        asked = self._ids("".join(turn.content for turn in turns))
        for part, ids in (("prompt", asked), ("completion", said)):
            if (share := tokens.unknown_share(self._tokenizer, ids)) > _UNKNOWN:
                raise UserError(
                    f"the tokenizer of {self._student} does not know {share:.0%} of the {part} of "
                    f"{trace.id}: it does not fit these traces"
                )
        return Rendered(
            tuple(tokens.encode(self._tokenizer, prompt, self._student)), (*said, self.end)
        )

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False, verbose=False).input_ids
        return ids


def unopened(prompt: str, completion: str) -> str:
    """``completion`` without the tag that opens its thought, where ``prompt`` ends with that.

    >>> unopened("<user>2+2?<assistant><think>", "<think>4</think>4")
    '4</think>4'
    >>> unopened("<user>2+2?<assistant>", "<think>4</think>4")
    '<think>4</think>4'
    """
    for tags in TAGS:
        if prompt.rstrip().endswith(tags.opening) and completion.startswith(tags.opening):
            rest = completion[len(tags.opening) :]
            written = prompt[len(prompt.rstrip()) :]
            return rest.removeprefix(written) if written else rest
    return completion


def turn_end_id(tokenizer: Any, ends: frozenset[int]) -> int:
    """The id that ends an assistant's turn: the first of ``ends`` that the template writes after
    one, or else the tokenizer's end of sequence.
    """
    if tokenizer.chat_template:
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        text = tokenizer.apply_chat_template(turns, tokenize=False)
        after = text[text.rfind("b") + 1 :]
        for i in tokenizer(after, add_special_tokens=False).input_ids:
            if i in ends:
                return int(i)
    if tokenizer.eos_token_id is None:
        raise UserError("the tokenizer names no end of sequence: a student would never stop")
    return int(tokenizer.eos_token_id)
