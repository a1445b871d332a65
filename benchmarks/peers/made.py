r"""Labelled pairs out of nothing: for warming up, for plain integers, and where labels are missing.

>>> [row["label"] for row in integers(4, seed=1)]
['equal', 'not_equal', 'equal', 'not_equal']
>>> rows = pairs(200, seed=1)
>>> len({(row["gold"], row["answer"]) for row in rows})
200
"""

from __future__ import annotations

from random import Random
from typing import Any

Row = dict[str, Any]

HARD = (
    (r"\sum_{k=1}^{n} k^2", r"\frac{n(n+1)(2n+1)}{6}"),
    (r"\int_0^1 x^3 \, dx", r"\frac{1}{4}"),
    (r"\lim_{x \to 0} \frac{\sin x}{x}", "1"),
    (r"\frac{d}{dx} x^3", "3x^2"),
    (r"A \cup (B \cap C)", r"(A \cup B) \cap (A \cup C)"),
)
"""Few rules settle these: in warming up they wake whatever a grader keeps for such cases."""


def pairs(count: int, seed: int) -> list[Row]:
    """Distinct pairs, as often equal as not, of twenty kinds in turn."""
    random = Random(seed)
    rows: list[Row] = []
    seen = set()
    while len(rows) < count:
        for gold, equal, other in forms(random):
            for answer, label in ((equal, "equal"), (other, "not_equal")):
                if (gold, answer) not in seen:
                    seen.add((gold, answer))
                    rows.append(row(len(rows), gold, answer, label))
    return rows[:count]


def integers(count: int, seed: int) -> list[Row]:
    """Distinct pairs of plain integers up to six digits, the same and different ones in turn."""
    random = Random(seed)
    golds = random.sample(range(-99_999, 1_000_000), count)
    return [
        row(i, str(gold), str(gold + i % 2 * random.randint(1, 999)), ("equal", "not_equal")[i % 2])
        for i, gold in enumerate(golds)
    ]


def warm_up(seed: int) -> list[Row]:
    """Pairs of every kind, the hard ones first."""
    hard = [row(i, gold, answer, "equal") for i, (gold, answer) in enumerate(HARD)]
    return hard + pairs(120, seed)


def row(index: int, gold: str, answer: str, label: str) -> Row:
    return {
        "id": f"made-{index}",
        "source": "made",
        "question": None,
        "gold": gold,
        "answer": answer,
        "label": label,
    }


def forms(random: Random) -> list[tuple[str, str, str]]:
    """(gold, the same in another form, something else), one of each kind."""
    a, b, c = random.sample(range(2, 100), 3)
    odd, big = 2 * a + 1, random.randint(10_000, 9_999_999)
    return [
        (str(big), f"{big:,}".replace(",", "{,}"), str(big + a)),
        (str(a), f"0{a}.0", f"{a}.5"),
        (rf"\frac{{{odd}}}{{2}}", f"{a}.5", f"{a}.25"),
        (rf"\frac{{{a * b}}}{{{b * c}}}", rf"\dfrac{{{a}}}{{{c}}}", rf"\frac{{{a + 1}}}{{{c}}}"),
        (rf"{a}\sqrt{{{b}}}", rf"\sqrt{{{a * a * b}}}", rf"\sqrt{{{a * b}}}"),
        (rf"{a}\pi", rf"\pi \cdot {a}", f"{a}"),
        (rf"{a}\%", rf"\frac{{{a}}}{{100}}", rf"\frac{{{a}}}{{10}}"),
        (rf"{a}.{b} \times 10^{{{c}}}", f"{a}.{b}e{c}", f"{a}.{b}e{c + 1}"),
        (rf"{a}\text{{ cm}}", str(a), rf"{a}\text{{ kg}}"),
        (f"x^2 - {a * a}", f"(x-{a})(x+{a})", f"(x-{a})^2"),
        (f"{a}x + {b}y", f"{b}y+{a}x", f"{b}x+{a}y"),
        (f"y = {a}x + {b}", f"y - {b} = {a}x", f"y = {a}x - {b}"),
        (f"x = {a}", f"{a}", f"{a + b}"),
        (f"{a}, {a + b}, {a + b + c}", rf"\{{{a + b + c}, {a}, {a + b}\}}", f"{a}, {a + b}"),
        (f"({a}, {a + b})", rf"\left( {a}, {a + b} \right)", f"({a + b}, {a})"),
        (f"[{a}, {a + b})", rf"{a} \le x < {a + b}", f"[{a}, {a + b}]"),
        (rf"({a}, \infty)", f"x > {a}", rf"[{a}, \infty)"),
        (rf"\sin^2({a}x)", rf"1 - \cos^2({a}x)", rf"\sin({a}x)"),
        (f"e^{{{a}x}}", f"(e^x)^{{{a}}}", f"e^{{x^{{{a}}}}}"),
        (
            rf"\begin{{pmatrix}} {a} & {b} \\ 0 & {c} \end{{pmatrix}}",
            rf"\begin{{bmatrix}}{a}&{b}\\0&{c}\end{{bmatrix}}",
            rf"\begin{{pmatrix}} {a} & 0 \\ {b} & {c} \end{{pmatrix}}",
        ),
    ]
