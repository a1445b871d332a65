"""A text that knows how it ended, among lm-eval's plain texts."""

from __future__ import annotations


class Drawn(str):
    """lm-eval hands on texts alone. Of those that our engines drew our grader, called by lm-eval,
    still wants to know which were cut off: their last number is no answer.

    >>> text = Drawn("So it is 1", "length")
    >>> text, text.finish_reason
    ('So it is 1', 'length')
    """

    finish_reason: str | None

    def __new__(cls, text: str, finish_reason: str | None = None) -> Drawn:
        made = super().__new__(cls, text)
        made.finish_reason = finish_reason
        return made
