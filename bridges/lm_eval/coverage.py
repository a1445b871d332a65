"""Which of lm-eval's generative tasks load here, without the data they read from the hub.

In place of the data each split holds one made-up document, whose every field reads as the same
text, list or number, whichever the task can take. What is tried on it is what a run does before
and after the model: prompt, turns, stop strings, and the verdict on a made-up answer.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from bridges.lm_eval.grade import Scorer
from bridges.lm_eval.load import check, problem, stop_strings, task_manager
from runs.stored import Sample
from tasks.errors import UserError
from tasks.grading import Verdict

_ANSWER = "The answer is A."


class Anything(str):
    """A text that is also a number, a list and a mapping, as far as tasks ask.

    >>> anything = Anything("A")
    >>> anything.upper(), anything["label"], ["yes", "no"][anything], anything - 1
    ('A', 'A', 'yes', 0)
    """

    def __getitem__(self, key: Any) -> Anything:
        return Anything("A")

    def __iter__(self) -> Iterator[str]:
        return iter([Anything("A"), Anything("A")])

    def __index__(self) -> int:
        return 0

    __int__ = __index__

    def __sub__(self, other: Any) -> int:
        return 0

    def keys(self) -> list[str]:
        return ["A"]

    def values(self) -> list[str]:
        return ["A"]

    def items(self) -> list[tuple[str, str]]:
        return [("A", "A")]

    def get(self, key: str, default: Any = None) -> Anything:
        return Anything("A")


_VALUES: tuple[Callable[[], Any], ...] = (
    lambda: Anything("A"),
    lambda: "A",
    lambda: 0,
    lambda: ["A", "B", "C", "D"],
    lambda: [0, 1],
    lambda: Document(lambda: ["A", "B"]),
    lambda: [Document(lambda: "A"), Document(lambda: "A")],
    lambda: "[]",
    lambda: '{"A": ["A"]}',
    lambda: {"en": "A", "amh": "A"},  # translations
    lambda: {"fr": "A", "bam": "A"},
    lambda: "It is \\boxed{7}. The answer is 7.",  # a solution
)


class Document(dict[str, Any]):
    """Has every field, with the same made-up value. ``names`` are there from the start: a template
    gets only those.
    """

    def __init__(self, value: Callable[[], Any], names: Collection[str] = ()) -> None:
        super().__init__({name: value() for name in names})
        self._value = value

    def __missing__(self, key: str) -> Any:
        self[key] = self._value()
        return self[key]

    def __contains__(self, key: object) -> bool:
        return True

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]


class Split(list[Any]):
    """One document, with as much of a data set's manner as tasks use."""

    features: Mapping[str, Any] = MappingProxyType({})
    column_names: tuple[str, ...] = ()

    def map(
        self, function: Callable[..., Any], *_: Any, with_indices: bool = False, **__: Any
    ) -> Split:
        mapped = []
        for number, doc in enumerate(self):
            made = Document(doc._value)
            made.update(doc)
            made.update((function(doc, number) if with_indices else function(doc)) or {})
            mapped.append(made)
        return Split(mapped)

    def filter(self, *_: Any, **__: Any) -> Split:
        return self

    shuffle = select = rename_column = remove_columns = flatten = cast_column = filter


class Splits(dict[str, Split]):
    """Has every split."""

    def __init__(self, value: Callable[[], Any], names: Collection[str]) -> None:
        super().__init__()
        self._value, self._names = value, names

    def __missing__(self, key: str) -> Split:
        self[key] = Split(Document(self._value, self._names) for _ in range(40))
        return self[key]


@dataclass(frozen=True)
class Load:
    """How a task fared: ``cause`` is empty where it loads."""

    name: str
    cause: str


def generative() -> list[str]:
    """The installed lm-eval's tasks whose ``output_type`` is ``generate_until``, in order."""
    from lm_eval.tasks._yaml_loader import load_yaml

    manager = task_manager()
    found = []
    for name in manager.all_subtasks:
        path = manager.task_index[name].yaml_path
        if path is None:
            continue
        config = load_yaml(path, resolve_func=False)
        if "class" in config or config.get("output_type", "generate_until") == "generate_until":
            found.append(name)
    return found


def loads(name: str) -> Load | None:
    """Whether a task loads; ``None`` when it turns out not to generate."""
    causes = []
    for value in _VALUES:
        names = _names(name)
        while True:
            with _without_data(value, names), contextlib.redirect_stdout(io.StringIO()):
                try:
                    return Load(name, _try(name))
                except _OtherKind:
                    return None
                except UserError as error:
                    return Load(name, str(error).removeprefix(f"lm-eval's {name} "))
                except (Exception, SystemExit) as error:  # their code, on a made-up document
                    cause = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
            lacking = re.search(r"'(\w+)' is undefined", cause)
            if lacking is None or lacking[1] in names:
                causes.append(cause)
                break
            names.add(lacking[1])
    return Load(name, causes[0])


def _names(task: str) -> set[str]:
    """The fields that the templates of a task name."""
    from jinja2 import Environment, TemplateError, meta
    from lm_eval.tasks._yaml_loader import load_yaml

    path = task_manager().task_index[task].yaml_path
    config = load_yaml(path, resolve_func=False)
    shots = config.get("fewshot_config")
    texts = [*config.values(), *(shots.values() if isinstance(shots, dict) else ())]
    names: set[str] = set()
    for text in texts:
        with contextlib.suppress(TemplateError):
            if isinstance(text, str):
                names |= meta.find_undeclared_variables(Environment().parse(text))
    return names


class _OtherKind(Exception):
    pass


def _try(name: str) -> str:
    task = task_manager().load(name)["tasks"][name]
    if task.config.output_type != "generate_until":
        raise _OtherKind
    check(task, name)
    task.set_fewshot_seed(0)
    doc = task.eval_docs[0]
    problem(task, "0", doc)
    stop_strings(task)
    scorer = Scorer(task, task._filters[0], next(iter(task.aggregation()), None))
    grade = scorer.grade(doc, _SAMPLE, False)
    if grade.verdict is Verdict.UNSURE:
        raise RuntimeError(grade.reason)
    return ""


@contextlib.contextmanager
def _without_data(value: Callable[[], Any], names: Collection[str]) -> Iterator[None]:
    """lm-eval's tasks read made-up splits here, as nothing can be downloaded for a check."""
    from lm_eval.api.task import ConfigurableTask

    def download(self: Any, *_: Any, **__: Any) -> None:
        self.dataset = Splits(value, names)

    with patch.object(ConfigurableTask, "download", download):
        yield


_SAMPLE = Sample("", "0", 0, 0, _ANSWER, "stop", None, None, None, "unknown", None, 0.0)
