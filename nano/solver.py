"""A worked thought: column by column, the carry always written, in either numeral script.

One addition is five clauses, 40 tokens: what is added, units, tens, hundreds, result.

>>> work((582, 867), Habits(), random.Random(0))
'582+867:2+7+0=09;8+6+0=14;5+8+1=14;=449;'

A habit is how the solver strays from that. It may write in Han numerals or mix the scripts:

>>> work((582, 867), Habits(script="han"), random.Random(0))
'五八二+八六七:二+七+〇=〇九;八+六+〇=一四;五+八+一=一四;=四四九;'

It may slip; a slip that it notices is corrected after `wait`, one that it does not notice is
carried on. It may also check with `wait` a clause that was right:

>>> work((582, 867), Habits(slip=0.3, notice=1.0), random.Random(5))
'582+867:2+7+0=09;8+6+0=14;5+8+1=14;=439;wait=449;'
"""

import random
from dataclasses import dataclass
from typing import Literal

from nano.language import WAIT, Script, spell

Hand = Script | Literal["mixed"]


@dataclass(frozen=True)
class Habits:
    """How a thought is written. Probabilities are per clause that can go wrong (not the first)."""

    script: Hand = "ascii"
    switch: float = 0.3
    """Chance that a mixed thought changes its script before a clause."""
    slip: float = 0.0
    """Chance that one digit comes out wrong."""
    notice: float = 0.0
    """Chance that a slip is noticed and corrected after `wait`."""
    check: float = 0.0
    """Chance that a right clause is written once more after `wait`."""


class _Page:
    """The thought so far, and the script the pen is in."""

    def __init__(self, habits: Habits, rng: random.Random) -> None:
        self.habits, self.rng, self.text = habits, rng, ""
        self.script: Script = (
            rng.choice(("ascii", "han")) if habits.script == "mixed" else habits.script
        )

    def write(self, clause: str) -> None:
        """Append `clause`, given in ASCII digits, in the script of the moment."""
        if self.text and self.habits.script == "mixed" and self.rng.random() < self.habits.switch:
            self.script = "ascii" if self.script == "han" else "han"
        self.text += spell(clause, self.script)

    def derive(self, given: str, value: str) -> str:
        """Append `given=value;` and what follows from the habits; the value that stands."""
        habits, rng = self.habits, self.rng
        if rng.random() < habits.slip:
            wrong = _slip(value, rng)
            self.write(f"{given}={wrong};")
            if rng.random() >= habits.notice:
                return wrong
        else:
            self.write(f"{given}={value};")
            if rng.random() >= habits.check:
                return value
        self.text += WAIT
        self.write(f"{given}={value};")
        return value


def _slip(value: str, rng: random.Random) -> str:
    """`value` with one of its digits wrong; the carry of a column stays 0 or 1."""
    place = rng.randrange(len(value))
    if len(value) == 2 and place == 0:
        return ("1" if value[0] == "0" else "0") + value[1]
    digit = rng.choice([digit for digit in "0123456789" if digit != value[place]])
    return value[:place] + digit + value[place + 1 :]


def work(addends: tuple[int, ...], habits: Habits, rng: random.Random) -> str:
    """The thought that adds `addends` (two or more, 0..999) one after another, modulo 1000."""
    page = _Page(habits, rng)
    total = f"{addends[0]:03d}"
    for addend in addends[1:]:
        other = f"{addend:03d}"
        page.write(f"{total}+{other}:")
        carry, digits = "0", ""
        for place in (2, 1, 0):
            column = f"{total[place]}+{other[place]}+{carry}"
            value = int(total[place]) + int(other[place]) + int(carry)
            written = page.derive(column, f"{value:02d}")
            carry, digits = written[0], written[1] + digits
        total = page.derive("", digits)
    return page.text


def conclusion(thought: str) -> str:
    """The result a thought ends with, in ASCII digits.

    >>> conclusion("582+867:二+七+〇=〇九;8+6+0=14;5+8+1=14;=四四九;")
    '449'
    """
    return spell(thought[-4:-1], "ascii")
