"""A protocol: everything that fixes how samples are drawn. Two runs of one protocol are
comparable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeInt, PositiveInt

from runs.templates import check as check_template
from tasks.errors import UserError
from tasks.schema import Strict, read_yaml

PRESETS = Path(__file__).parent / "protocols"


class Preset(Strict):
    """A protocol file: how to ask and how to draw; drawn as the paper does unless it says so.

    ``max_tokens`` unset means what the task asks for. With budgets: ``answer_tokens`` may follow a
    thought that ends within its budget; one that does not is closed with ``answer_cue`` (``{end}``
    stands for the closing tag) and answered in ``forced_tokens`` at most; ``wait`` lengthens one
    that ended early, up to ``waits`` times.
    """

    title: str = ""
    template: str
    temperature: float = Field(0.6, ge=0, le=100)
    top_p: float = Field(0.95, gt=0, le=1)
    top_k: NonNegativeInt = 0
    min_p: float = Field(0.0, ge=0, le=1)
    max_tokens: PositiveInt | None = None
    answer_tokens: PositiveInt = 1024
    answer_cue: str = "\n{end}\n\n**Final Answer**\n\\boxed{"
    forced_tokens: PositiveInt = 48
    wait: str = "Wait"
    waits: NonNegativeInt = 2


@dataclass(frozen=True)
class Protocol:
    """All of it settled, as it stands in run.json. ``max_tokens`` holds a number for each task.

    ``thinking_tags``: the model marks its thoughts, so a reply without tags is an answer without a
    thought; where it is false the whole reply is thought. ``max_thinking`` bounds the thought in
    tokens, and ``forcing`` says what is drawn at budgets along with the samples, whose batches it
    shares. ``until`` holds the stop strings of tasks that have any. ``assistant_prefix`` says how
    an endpoint's replies are begun, ``tokenizer`` by what their tokens are counted. What has a
    value here is lacking in what older versions wrote, which knew no other.
    """

    preset: str
    template: str
    temperature: float
    top_p: float
    max_tokens: Mapping[str, int]
    samples: int
    seed: int
    model: str
    revision: str
    adapter: str | None
    engine: str
    device: str
    dtype: str
    threads: int | None
    group_size: int
    thinking_tags: bool
    top_k: int = 0
    min_p: float = 0.0
    sampler: str | None = "generate"
    max_thinking: int | None = None
    forcing: Mapping[str, Any] | None = None
    assistant_prefix: str | None = None
    tokenizer: str | None = None
    until: Mapping[str, Sequence[str]] | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "max_tokens": dict(self.max_tokens)}

    def differences(self, stored: Mapping[str, Any]) -> list[str]:
        """What a stored protocol says otherwise, one "name: stored, now" each."""
        mine = self.as_json()
        return [
            f"{name}: {then!r} there, {mine[name]!r} now"
            for name, then in _with_defaults(stored).items()
            if then != mine[name]
        ]


def _with_defaults(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f.name: stored.get(f.name, None if f.default is MISSING else f.default)
        for f in fields(Protocol)
    }


def preset_names() -> list[str]:
    """The presets that ship.

    >>> preset_names()
    ['bare', 'chat', 'few-shot', 'plain', 'r1', 'r1-zero', 'r1-zero-v1']
    """
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def read_preset(name: str) -> Preset:
    """A preset by name, or the user's own YAML file. Raises UserError naming what is wrong."""
    path = PRESETS / f"{name}.yaml" if name in preset_names() else Path(name)
    if not path.is_file():
        known = ", ".join(preset_names())
        raise UserError(f"unknown protocol {name!r}: {known}, or a YAML file with a template")
    preset = read_yaml(path, Preset)
    check_template(preset.template)
    return preset
