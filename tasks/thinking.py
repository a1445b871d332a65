"""Where a reasoning model's thought ends and its answer begins.

>>> split_thought("<think>2 + 2 is 4.</think>It is 4.")
Split(thought='2 + 2 is 4.', answer='It is 4.', opened=True, closed=True)

Most chat templates of reasoning models write the opening tag into the prompt, so that the
completion starts inside the thought. A lone closing tag shows that; when not even that came, only
the caller can know, and says ``prefilled=True``:

>>> split_thought("2 + 2 is", prefilled=True)
Split(thought='2 + 2 is', answer='', opened=True, closed=False)
>>> split_thought("It is 4.")
Split(thought='', answer='It is 4.', opened=False, closed=False)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tasks.turns import turn_end


class Tags(NamedTuple):
    """The pair of strings around a thought."""

    opening: str
    closing: str


DEFAULT: tuple[Tags, ...] = (
    Tags("<think>", "</think>"),
    Tags("<|begin_of_thought|>", "<|end_of_thought|>"),  # Sky-T1, OpenThoughts
    Tags("<thinking>", "</thinking>"),
    Tags("<thought>", "</thought>"),
    Tags("<reasoning>", "</reasoning>"),
    Tags("[THINK]", "[/THINK]"),  # Magistral
    Tags("◁think▷", "◁/think▷"),  # Kimi
    Tags("<seed:think>", "</seed:think>"),
    Tags("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A
    Tags("<|im_start|>think", "<|im_start|>answer"),  # s1
    Tags("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),  # gpt-oss
)


@dataclass(frozen=True)
class Split:
    """A completion in two. Without tags nothing is known to be thought and all of it is ``answer``.

    ``opened`` says that there is a thought, ``closed`` that its end was reached. A thought that was
    opened and not closed leaves an empty answer.
    """

    thought: str
    answer: str
    opened: bool
    closed: bool


def split_thought(text: str, *, prefilled: bool = False, tags: Sequence[Tags] = DEFAULT) -> Split:
    """Split ``text`` at the end of its thought.

    The thought reaches from the first opening tag to the closing tag of its kind (from the start to
    the first of any kind, where the prompt opened it). If the model opens another thought before
    its turn ends, that belongs to it as well; a closing tag that closes nothing is text.

    >>> split_thought("<think>a</think>b<think>c</think>d").answer
    'd'
    >>> split_thought("a</think>The answer is 4.</think>").answer
    'The answer is 4.</think>'
    >>> split_thought("<think>a</think>4\\nUser: b\\n<think>c</think>d").answer
    '4\\nUser: b\\n<think>c</think>d'
    """
    first = _find(text, [t.opening for t in tags])
    lone = _find(text, [t.closing for t in tags])
    closings = [t.closing for t in tags]
    if first is None or (lone is not None and lone[0] < first[0]):
        if lone is None and not prefilled:
            return Split(thought="", answer=text, opened=False, closed=False)
        begin = 0
    elif prefilled and text[: first[0]].strip():
        begin = 0  # the prompt opened the thought, and a tag within it is text
    else:
        begin = first[1]
        closings = [t.closing for t in tags if t.opening == text[first[0] : begin]]
    closing = _find(text, closings, begin)
    if closing is not None:
        end = turn_end(text, closing[1])
        again, tag = max((text.rfind(t.opening, closing[1], end), t) for t in tags)
        if again >= 0:
            closing = _find(text, [tag.closing], again + len(tag.opening))
    if closing is not None:
        return Split(text[begin : closing[0]], text[closing[1] :], opened=True, closed=True)
    return Split(thought=text[begin:], answer="", opened=True, closed=False)


def _find(text: str, needles: Sequence[str], start: int = 0) -> tuple[int, int] | None:
    """The span of the earliest of ``needles`` in ``text`` from ``start`` on."""
    spans = [(at, at + len(needle)) for needle in needles if (at := text.find(needle, start)) >= 0]
    return min(spans, default=None)
