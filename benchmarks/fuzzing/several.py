r"""Answers of several parts: tuples, sets, intervals, matrices."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from benchmarks.fuzzing.answer import Answer, distinct, fraction, joined, small


def sequence(rng: Random) -> Answer:
    """A tuple."""
    values = distinct(rng, rng.randint(2, 4))
    inside = joined(values, rng)
    equals = (
        rf"\left({joined(values, rng)}\right)",
        f"({inside})".replace(", ", " , "),
        f"({inside})".replace(", ", r",\,"),
    )
    others = (
        f"({joined([*reversed(values)], rng)})",
        f"({joined([values[0] + 1, *values[1:]], rng)})",
        f"({joined(values[:-1], rng)})",
        f"({joined([*values, Fraction(13)], rng)})",
        rf"\{{{inside}\}}",
        f"[{inside}]",
    )
    return Answer("tuple", f"({inside})", equals, others)


def finite_set(rng: Random) -> Answer:
    return _in_any_order(rng, r"\{", r"\}", "(%s)")


def listing(rng: Random) -> Answer:
    return _in_any_order(rng, "", "", "(%s) and nothing else")


def _in_any_order(rng: Random, opening: str, closing: str, otherwise: str) -> Answer:
    values = distinct(rng, rng.randint(2, 5))

    def written(parts: list[Fraction]) -> str:
        return opening + joined(parts, rng) + closing

    equals = tuple(written(rng.sample(values, len(values))) for _ in range(3))
    others = (
        written([values[0] + 30, *values[1:]]),
        written([*values, Fraction(13)]),
        written(values[1:]),
        otherwise.replace("%s", joined(values, rng)),
    )
    return Answer("set" if opening else "list", written(values), equals, others)


def pairs(rng: Random) -> Answer:
    """A list of tuples."""
    a, b, c = zip(rng.sample(range(-9, 30), 3), rng.sample(range(-9, 30), 3), strict=True)
    text = f"{a}, {b}"
    equals = (f"{b}, {a}", rf"\{{{a}, {b}\}}", rf"{a} \text{{ and }} {b}")
    others = (f"{a}", f"{a}, {b}, {c}", f"{a}, {(b[0], b[1] + 50)}", f"{a}, {(a[0], b[1] + 50)}")
    return Answer("pairs", text, equals, others)


def roots(rng: Random) -> Answer:
    """Several values of one name."""
    name = rng.choice("xyzab")
    low, high = (fraction(value, rng) for value in distinct(rng, 2))
    equals = (
        rf"{name} = {high} \text{{ or }} {name} = {low}",
        f"{name} = {low}, {name} = {high}",
        f"{name} = {low}, {high}",
        f"{low}, {high}",
        rf"{low} \text{{ and }} {high}",
    )
    others = (f"{name} = {low}", high, f"{name} = {low}, {name} = 40", f"{low}, 40")
    return Answer("roots", rf"{name} = {low} \text{{ or }} {name} = {high}", equals, others)


def plus_minus(rng: Random) -> Answer:
    a, n = rng.randint(1, 9), rng.choice([2, 3, 5, 7, 11])
    equals = (rf"{a}-\sqrt{{{n}}}, {a}+\sqrt{{{n}}}", rf"\{{{a}+\sqrt{{{n}}}, {a}-\sqrt{{{n}}}\}}")
    others = (rf"{a}+\sqrt{{{n}}}", rf"{a + 1} \pm \sqrt{{{n}}}", rf"{a} \pm \sqrt{{{n + 1}}}")
    return Answer("plus-minus", rf"{a} \pm \sqrt{{{n}}}", equals, others)


def _bounds(rng: Random) -> tuple[str, str, str, str]:
    low, high = sorted(distinct(rng, 2))
    left, right = rng.choice("(["), rng.choice(")]")
    if rng.random() < 0.2:
        return "(", r"-\infty", fraction(high, rng), right
    if rng.random() < 0.2:
        return left, fraction(low, rng), r"\infty", ")"
    return left, fraction(low, rng), fraction(high, rng), right


def _flipped(bracket: str) -> str:
    return {"(": "[", "[": "(", ")": "]", "]": ")"}[bracket]


def interval(rng: Random) -> Answer:
    left, low, high, right = _bounds(rng)
    text = f"{left}{low}, {high}{right}"
    below = r"\le" if left == "[" else "<"
    above = r"\le" if right == "]" else "<"
    equals = [
        rf"\left{left}{low}, {high}\right{right}",
        rf"x \in {text}",
        f"{left} {low} ,{high} {right}",
    ]
    others = []
    if low == r"-\infty":
        equals.append(rf"x {above} {high}")
    elif high == r"\infty":
        equals.append(rf"{low} {below} x")
    else:
        equals.append(rf"{low} {below} x {above} {high}")
        others.append(f"{left}{low}, {high}-1/9{right}")
        others.append(rf"\{{{low}, {high}\}}")
    if low != r"-\infty":
        others.append(f"{_flipped(left)}{low}, {high}{right}")
        others.append(rf"{left}{low}-1, {high}{right}")
    if high != r"\infty":
        others.append(f"{left}{low}, {high}{_flipped(right)}")
    return Answer("interval", text, tuple(equals), tuple(others))


def union(rng: Random) -> Answer:
    a, b, c, d = sorted(rng.sample(range(-20, 20), 4))
    left, right = rng.choice("(["), rng.choice(")]")
    one, two = f"{left}{a}, {b})", f"({c}, {d}{right}"
    equals = (rf"{two} \cup {one}", rf"\left{left}{a},{b}\right) \cup \left({c},{d}\right{right}")
    others = (
        one,
        rf"{one} \cap {two}",
        rf"{_flipped(left)}{a}, {b}) \cup {two}",
        rf"{one} \cup ({c}, {d + 1}{right}",
        rf"{one} \cup {two} \cup (30, 31)",
        f"{left}{a}, {d}{right}",
    )
    return Answer("union", rf"{one} \cup {two}", equals, others)


def inequality(rng: Random) -> Answer:
    value = fraction(small(rng), rng)
    other = fraction(Fraction(40 + rng.randint(1, 9)), rng)
    sign, turned, strict = rng.choice(
        [("<", ">", True), (">", "<", True), (r"\le", r"\ge", False), (r"\ge", r"\le", False)]
    )
    bracket = "()" if strict else "[]"
    up = sign in (">", r"\ge")
    span = rf"{bracket[0]}{value}, \infty)" if up else rf"(-\infty, {value}{bracket[1]}"
    loosened = {"<": r"\le", ">": r"\ge", r"\le": "<", r"\ge": ">"}[sign]
    equals = (f"{value} {turned} x", span, rf"x \in {span}", rf"\{{x \mid x {sign} {value}\}}")
    others = (
        f"x {turned} {value}",
        f"x {loosened} {value}",
        f"x {sign} {other}",
        f"x = {value}",
        value,
    )
    return Answer("inequality", f"x {sign} {value}", equals, others)


def outside(rng: Random) -> Answer:
    """All reals but those between two, or but one."""
    low, high = sorted(rng.sample(range(-20, 21), 2))
    if rng.random() < 0.3:
        text = rf"(-\infty, {low}) \cup ({low}, \infty)"
        equals = [rf"x \in {text}", rf"({low}, \infty) \cup (-\infty, {low})"]
        return Answer("outside", text, tuple(equals), (rf"(-\infty, {low})", r"(-\infty, \infty)"))
    text = rf"x < {low} \text{{ or }} x > {high}"
    equals = [
        rf"(-\infty, {low}) \cup ({high}, \infty)",
        rf"x > {high} \text{{ or }} x < {low}",
        rf"x \in (-\infty, {low}) \cup ({high}, \infty)",
    ]
    others = [
        rf"(-\infty, {low}] \cup ({high}, \infty)",
        rf"({low}, {high})",
        f"x < {low}",
        rf"x < {low} \text{{ or }} x > {high + 1}",
        rf"x < {low} \text{{ or }} x \ge {high}",
    ]
    return Answer("outside", text, tuple(equals), tuple(others))


def matrix(rng: Random) -> Answer:
    rows = [[small(rng) for _ in range(2)] for _ in range(rng.randint(1, 3))]

    def written(cells: list[list[Fraction]], kind: str = "pmatrix") -> str:
        body = r" \\ ".join(" & ".join(fraction(cell, rng) for cell in row) for row in cells)
        return rf"\begin{{{kind}}} {body} \end{{{kind}}}"

    transposed = [list(column) for column in zip(*rows, strict=True)]
    others = [
        written([[rows[0][0] + 1, *rows[0][1:]], *rows[1:]]),
        written([*rows, [Fraction(1), Fraction(2)]]),
        written([row[:1] for row in rows]),
    ]
    if transposed != rows:
        others.append(written(transposed))
    return Answer("matrix", written(rows), (written(rows, "bmatrix"), written(rows)), tuple(others))
