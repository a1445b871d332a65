"""The form of a catalogue task: what a YAML file in ``tasks/catalogue`` may say.

The fields stand in the order a reader asks for them; ``tasks/catalogue/aime24.yaml`` is a worked
example. A key that is not known is an error that names the nearest one that is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError, model_validator

from tasks.errors import UserError
from tasks.problem import AnswerType, PaperProtocol

CATALOGUE = Path(__file__).parent / "catalogue"


class Strict(BaseModel):
    """A model that refuses keys it does not know and says which one may have been meant.

    >>> try:
    ...     Copy.model_validate({"nmae": "QwenLM/QwQ"})
    ... except ValidationError as error:
    ...     print(error.errors()[0]["msg"])
    Value error, unknown key 'nmae': did you mean 'name'?
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        if isinstance(given, dict):
            for key in given.keys() - cls.model_fields.keys():
                near = nearest(str(key), cls.model_fields)
                known = f"known: {', '.join(cls.model_fields)}"
                hint = f"did you mean {near[0]!r}?" if near else known
                raise ValueError(f"unknown key {key!r}: {hint}")
        return given


class Answer(Strict):
    """A column that may hold the answer; ``take`` says which part of its text is the answer."""

    column: str
    take: Literal["all", "last_boxed", "after_hashes"] = "all"


class Choices(Strict):
    """The columns of a multiple-choice row; the gold is the letter ``correct`` is shown under."""

    correct: str
    wrong: tuple[str, ...]


class Fields(Strict):
    """Columns by what they hold. Of several names for one thing the first that is there is read."""

    id: tuple[str, ...] = ()
    question: tuple[str, ...]
    answer: tuple[Answer, ...] = ()
    choices: Choices | None = None

    @model_validator(mode="after")
    def _one_kind_of_gold(self) -> Self:
        if bool(self.answer) == bool(self.choices):
            raise ValueError("give either 'answer' or 'choices'")
        return self


class Hub(Strict):
    """Where the data lies on the Hugging Face hub. ``revision`` is a commit: texts cannot move."""

    dataset: str
    config: str | None = None
    split: str
    revision: str
    gated: bool = False
    fields: Fields


class World(Strict):
    """Problems of the miniature world, drawn by ``nano.problems.generate``."""

    split: Literal["train", "heldout"]
    count: PositiveInt
    seed: int
    depths: tuple[PositiveInt, ...]


class Paper(Strict):
    """How the paper sampled this task (see ``tasks.problem.PaperProtocol``)."""

    samples: PositiveInt | None
    temperature: float
    top_p: float
    max_tokens: PositiveInt
    source: str


class Copy(Strict):
    """A known copy of the texts; its hashes are in ``fingerprints/<task>.json`` under ``name``."""

    name: str
    note: str | None = None


class TaskSpec(Strict):
    """One catalogue file. Data come from ``hub`` (or a local file in its place) or ``world``."""

    title: str
    problems: PositiveInt
    hub: Hub | None = None
    world: World | None = None
    prompt: str = "{problem}"
    instruction: str
    answer_type: AnswerType
    answer_range: tuple[int, int] | None = None
    max_tokens: PositiveInt
    language: Literal["natural", "nano"] = "natural"
    paper: Paper | None
    copies: tuple[Copy, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.hub is None) == (self.world is None):
            raise ValueError("give either 'hub' or 'world'")
        if "{problem}" not in self.prompt:
            raise ValueError("'prompt' must contain {problem}")
        return self

    @property
    def paper_protocol(self) -> PaperProtocol | None:
        return PaperProtocol(**self.paper.model_dump()) if self.paper else None


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The one to three known words that ``word`` may have been meant as, best first.

    >>> nearest("aime2024", ["aime24", "aime25", "gsm8k"])
    ['aime24', 'aime25']
    """
    return difflib.get_close_matches(word, list(known), n=3, cutoff=0.6)


@cache
def task_names() -> tuple[str, ...]:
    """The catalogue's tasks, in alphabetical order.

    >>> "aime24" in task_names()
    True
    """
    return tuple(sorted(path.stem for path in CATALOGUE.glob("*.yaml")))


def read_spec(name: str) -> TaskSpec:
    """The catalogue entry ``name``. Raises UserError on an unknown name or a faulty file."""
    if name not in task_names():
        near = nearest(name, task_names()) or task_names()
        raise UserError(f"unknown task {name!r}: did you mean {', '.join(near)}?")
    return parse_spec(CATALOGUE / f"{name}.yaml")


def parse_spec(path: Path) -> TaskSpec:
    """A task's YAML file, checked. Raises UserError naming the file, the place and the fault."""
    return read_yaml(path, TaskSpec)


Form = TypeVar("Form", bound=Strict)


def read_yaml(path: Path, form: type[Form]) -> Form:
    """A YAML file of this form. Raises UserError naming the file, the place and the fault."""
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise UserError(f"{path}: give keys and values: {', '.join(form.model_fields)}")
        return form.model_validate(given)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        # A misspelt key is also a missing one: name the misspelling.
        first = min(error.errors(), key=lambda fault: fault["type"] == "missing")
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{path}: {place + ': ' if place else ''}{message}") from error
