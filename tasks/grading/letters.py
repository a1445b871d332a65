r"""Letters of tidy text as names.

>>> rename_letter(r"2kx + \sin k", "k", "n"), single_letters(r"2kx + \sin \text{km}") == {"k", "x"}
('2nx + \\sin n', True)
"""

from __future__ import annotations

import re

_LETTER = re.compile(r"\\text\s*\{[^{}]*\}|\\[a-zA-Z]+|[a-zA-Z]")


def rename_letter(text: str, old: str, new: str) -> str:
    """``text`` with another letter for ``old`` wherever it is a name."""
    return _LETTER.sub(lambda match: new if match[0] == old else match[0], text)


def single_letters(text: str) -> set[str]:
    """The letters that are names of their own."""
    return {letter for letter in _LETTER.findall(text) if len(letter) == 1}
