"""Which copy of a data set is this? A short hash of every problem text answers.

Copies of one benchmark differ in ways that move scores (one of AIME 2025 has lost a condition of
the last problem). Texts may not be republished, hashes may. White space is left out of the hash,
since copies disagree about it and models hardly care.

``python -m tasks.fingerprint TASK FILE NAME`` records the copy in FILE under NAME.
"""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.problem import Problem
from tasks.schema import CATALOGUE, read_spec


@dataclass(frozen=True)
class KnownCopy:
    """A copy that was seen: its origin, what is odd about it, and hash by problem id."""

    name: str
    note: str | None
    hashes: Mapping[str, str]

    def shared(self, problems: Sequence[Problem]) -> int:
        """How many of ``problems`` have a text that stands in this copy."""
        texts = set(self.hashes.values())
        return sum(fingerprint(problem.question) in texts for problem in problems)


def fingerprint(text: str) -> str:
    """The first 16 hex digits of the SHA-256 of ``text`` in NFC without any white space.

    >>> fingerprint("What is 2 + 2?"), fingerprint("What is  2+2?\\n")
    ('002f86d9d144e2db', '002f86d9d144e2db')
    """
    bare = "".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(bare.encode()).hexdigest()[:16]


def known_copies(task: str) -> list[KnownCopy]:
    """The copies of a catalogue task that were seen; others are held against the first."""
    path = hashes_path(task)
    hashes = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return [
        KnownCopy(copy.name, copy.note, hashes.get(copy.name, {}))
        for copy in read_spec(task).copies
    ]


def whose_texts(task: str, problems: Sequence[Problem]) -> str:
    """In words, which known copy of ``task`` has these texts: for ``Task.origin``.

    >>> whose_texts("gpqa_diamond", [])
    'texts not verified'
    """
    copies = known_copies(task)
    best = max(copies, key=lambda copy: copy.shared(problems), default=None)
    count = best.shared(problems) if best else 0
    if best is None or count == 0:
        return "texts not verified"
    if count == len(problems):
        return f"texts of {best.name}"
    return f"{count} of {len(problems)} texts as in {best.name}, the rest not verified"


def hashes_path(task: str) -> Path:
    """The file of a task's hashes: ``{copy name: {problem id: hash}}``."""
    return CATALOGUE / "fingerprints" / f"{task}.json"


def record(task: str, file: Path, name: str) -> int:
    """Write the hashes of ``file``, read as a copy of ``task``, under ``name``; how many."""
    from tasks.load import read_catalogue_task

    path = hashes_path(task)
    hashes = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    problems = read_catalogue_task(task, file).problems
    hashes[name] = {problem.id: fingerprint(problem.question) for problem in problems}
    path.write_text(json.dumps(hashes, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(problems)


if __name__ == "__main__":
    print(record(sys.argv[1], Path(sys.argv[2]), sys.argv[3]), "hashes written")
