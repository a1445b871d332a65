"""What the evaluation tasks ask, as runs of words by number: an index to look texts up in.

>>> index = Index.of([Asked("mine", "How many ways lead from the well to the old mill?", "")], (8,))
>>> index.find(8, "He asks how many ways lead from the well to town.")
('mine', 'how many ways lead from the well to')
>>> index.find(8, "How many ways lead from the mill to the well?")
>>> index.same("HOW many ways lead from the well to the old mill ?")
'mine'
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from distill.words import Hashes, hashes, in_words, runs, words
from tasks.errors import UserError
from tasks.load import MATH_INSTRUCTION, load_task, task_names
from tasks.schema import read_spec

_SIEVE = 22  # bits

Sieve: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.uint16]


@dataclass(frozen=True)
class Asked:
    """One question of a task, with the task's instruction. Of the miniature world's, which are made
    of the same few words, only whole questions count.
    """

    task: str
    question: str
    instruction: str
    by_words: bool = True


@dataclass(frozen=True)
class _Runs:
    """Every run of n words that tells a question, sorted, with the task that it is of, and a sieve
    that says at once that most runs of a text are not among them.
    """

    known: Hashes
    tasks: Places
    sieve: Sieve

    def find(self, text: Hashes) -> Iterator[tuple[int, int]]:
        """Where runs of the text that are known begin, and whose they are."""
        at = np.flatnonzero(self.sieve[text >> np.uint64(64 - _SIEVE)])
        places = np.atleast_1d(np.searchsorted(self.known, text[at]))
        for found in range(len(at)):
            begin, place = int(at[found]), int(places[found])
            if place < len(self.known) and self.known[place] == text[begin]:
                yield begin, int(self.tasks[place])


@dataclass(frozen=True)
class Index:
    """``whole``: questions as `squeezed` makes them; ``runs``: by their number of words."""

    tasks: Sequence[str]
    whole: Mapping[str, str]
    runs: Mapping[int, _Runs]
    instructions: Sequence[str]

    @classmethod
    def of(cls, asked: Iterable[Asked], sizes: Iterable[int], most: int = 3) -> Index:
        """Runs that stand in an instruction, or in more than ``most`` different questions, are how
        one asks and tell nothing.
        """
        every = list(asked)
        tasks = list(dict.fromkeys(one.task for one in every))
        instructions = {one.instruction for one in every} | {MATH_INSTRUCTION}
        whole: dict[str, str] = {}
        telling: dict[str, Asked] = {}
        for one in every:
            key = squeezed(one.question)
            whole.setdefault(key, one.task)
            if one.by_words:
                telling.setdefault(key, one)
        ways = sorted((squeezed(text) for text in instructions if text), key=len, reverse=True)
        made = {
            size: _runs_of(list(telling.values()), size, tasks, instructions, most)
            for size in sorted(set(sizes))
        }
        return cls(tasks, whole, made, ways)

    def same(self, question: str) -> str | None:
        """The task that asks this question, word for word."""
        key = squeezed(question)
        if key in self.whole:
            return self.whole[key]
        for way in self.instructions:
            key = key.replace(way, "")
        return self.whole.get(key)

    def find(self, size: int, text: str, covers: float = 0.0) -> tuple[str, str] | None:
        """The task that has so many words of the text in a row, and the words. Less of the text
        than ``covers`` does not count.
        """
        of = runs(hashes(text), size)
        found = next(self.runs[size].find(of), None)
        if found is None or (covers and self._covered(size, of) < covers):
            return None
        at, task = found
        return self.tasks[task], in_words(words(text), at, size)

    def _covered(self, size: int, of: Hashes) -> float:
        """Share of the words that stand in a run that is known."""
        covered = {at + n for at, _ in self.runs[size].find(of) for n in range(size)}
        return len(covered) / (len(of) + size - 1)


def _runs_of(
    asked: Sequence[Asked], size: int, tasks: Sequence[str], instructions: Iterable[str], most: int
) -> _Runs:
    of_each = [np.unique(runs(hashes(one.question), size)) for one in asked]
    numbers: list[Places] = [
        np.full(len(of), tasks.index(one.task), dtype=np.uint16)
        for one, of in zip(asked, of_each, strict=True)
    ]
    none: list[Hashes] = [np.empty(0, dtype=np.uint64)]
    every: Hashes = np.concatenate(none + of_each)
    known, first, count = np.unique(every, return_index=True, return_counts=True)
    said = np.concatenate(none + [runs(hashes(text), size) for text in instructions])
    telling = (count <= most) & ~np.isin(known, said)
    sieve: Sieve = np.zeros(1 << _SIEVE, dtype=np.bool_)
    sieve[known[telling] >> np.uint64(64 - _SIEVE)] = True
    places: Places = np.concatenate([np.empty(0, dtype=np.uint16), *numbers])
    return _Runs(known[telling], places[first][telling], sieve)


def squeezed(text: str) -> str:
    """Without white space and the dollar signs around formulas, in lower case.

    >>> squeezed("What is $2 + 2$?") == squeezed("what is 2+2?") != squeezed("What is 2-2?")
    True
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).replace("$", "")


def evaluation_tasks() -> list[str]:
    """The catalogue's tasks but those to train on.

    >>> "nano" in evaluation_tasks(), "nano-train" in evaluation_tasks()
    (True, False)
    """
    worlds = {name: read_spec(name).world for name in task_names()}
    return [name for name, world in worlds.items() if world is None or world.split != "train"]


def read_tasks(names: Sequence[str]) -> tuple[list[Asked], dict[str, str]]:
    """The questions of these tasks, and why those that could not be read were not."""
    asked: list[Asked] = []
    missing: dict[str, str] = {}
    for name in names:
        try:
            task = load_task(name)
        except UserError as error:
            missing[name] = str(error)
            continue
        by_words = task.language != "nano"
        asked += [Asked(task.name, p.question, task.instruction, by_words) for p in task.problems]
    return asked, missing
