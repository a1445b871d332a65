r"""Programs in a text: what they would print is not stated by writing them down.

>>> without_code('Run this:\n```python\nprint("The answer is", n)\n```\nIt prints 7.')
'Run this:\nIt prints 7.'
>>> without_code("```output\n7\n```"), without_code("```python\nprint(7)")
('7', '')
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+#-]*)[^\n]*\n?", re.MULTILINE)
_TEXT = {"", "output", "text", "txt", "plaintext", "markdown", "latex", "tex", "math", "json"}


def without_code(text: str) -> str:
    """``text`` without the fenced blocks that name a programming language, and without fences."""
    if "```" not in text:
        return text
    kept, last, inside = [], 0, False
    keep = True
    for fence in _FENCE.finditer(text):
        if keep:
            kept.append(text[last : fence.start()])
        inside = not inside
        keep = not inside or fence[1].lower() in _TEXT
        last = fence.end()
    if keep:
        kept.append(text[last:])
    return "\n".join(part.strip("\n") for part in kept).strip("\n")
