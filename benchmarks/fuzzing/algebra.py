r"""Expressions, equations, and families of answers."""

from __future__ import annotations

from random import Random

from benchmarks.fuzzing.answer import Answer, fraction, small
from benchmarks.fuzzing.expressions import (
    NAMES,
    Tree,
    changed,
    differ,
    random_tree,
    rewritten,
    usable,
    write,
)


def expression(rng: Random) -> Answer:
    names = tuple(rng.sample(NAMES, rng.randint(0, 3)))
    tree = _usable_tree(rng, names)
    equals: list[Tree] = [tree]
    for _ in range(3):
        equals.append(rewritten(equals[-1], rng))
    others = [other for _ in range(4) if differ(tree, other := changed(tree, rng))]
    return Answer(
        "expression" if names else "constant",
        write(tree, rng),
        tuple(write(equal, rng) for equal in equals),
        tuple(write(other, rng) for other in others),
    )


def _usable_tree(rng: Random, names: tuple[str, ...]) -> Tree:
    for _ in range(20):
        tree = random_tree(rng, rng.randint(1, 3), names)
        if usable(tree):
            return tree
    return 7


def polynomial(rng: Random) -> Answer:
    """A product of factors, expanded."""
    x = rng.choice(["x", "y", "t", "n", "z", "p"])
    a, b, c = (rng.choice([-1, 1]) * rng.randint(1, 9) for _ in range(3))
    factors = [rf"({x}{a:+d})", rf"({x}{b:+d})"]
    sums = [f"{x}^2", f"{a + b:+d}{x}", f"{a * b:+d}"]
    text = "".join(sums)
    equals = (
        "".join(factors),
        "".join(reversed(factors)),
        rf"{a * b}{a + b:+d}{x}+{x}^{{2}}",
        rf"{x}({x}{a + b:+d}){a * b:+d}",
        rf"\frac{{{2}{x}^3{2 * (a + b):+d}{x}^2{2 * a * b:+d}{x}}}{{2{x}}}",
    )
    others = (
        rf"{x}^2{a + b + 1:+d}{x}{a * b:+d}",
        rf"{x}^2{a + b:+d}{x}{a * b + 1:+d}",
        rf"-{x}^2{a + b:+d}{x}{a * b:+d}",
        rf"{x}^3{a + b:+d}{x}{a * b:+d}",
        rf"({x}{a:+d})({x}{b:+d})({x}{c:+d})",
        rf"q^2{a + b:+d}q{a * b:+d}",
    )
    return Answer("polynomial", text, equals, others)


def identity(rng: Random) -> Answer:
    """Identities of functions: text, equals, others."""
    x, a, b = rng.choice(["x", "y", r"\theta", r"\alpha"]), rng.randint(2, 9), rng.randint(2, 9)
    n, c = rng.randint(1, 11), a + b
    text, equals, others = rng.choice(
        [
            (
                rf"\sin(2{x})",
                (rf"2\sin {x}\cos {x}", rf"2\cos({x})\sin({x})"),
                (rf"2\sin {x}", rf"\cos(2{x})", rf"\sin 2 \cdot {x}^2"),
            ),
            (
                rf"\cos^2 {x}",
                (rf"1-\sin^2 {x}", rf"(\cos {x})^2", rf"\frac{{1+\cos 2{x}}}{{2}}"),
                (rf"1+\sin^2 {x}", rf"\cos({x}^2)", rf"\cos {x}"),
            ),
            (
                rf"\tan {x}",
                (rf"\frac{{\sin {x}}}{{\cos {x}}}", rf"\frac{{1}}{{\cot {x}}}"),
                (rf"\cot {x}", rf"-\tan {x}", rf"\arctan {x}"),
            ),
            (
                rf"\ln {a * b}",
                (rf"\ln {a}+\ln {b}", rf"\ln({a}\cdot {b})", rf"-\ln\frac{{1}}{{{a * b}}}"),
                (rf"\ln {a * b + 1}", rf"\ln {a}\cdot\ln {b}", rf"\log_{{10}} {a * b}"),
            ),
            (
                rf"\log_{a} {b + 10}",
                (rf"\frac{{\ln {b + 10}}}{{\ln {a}}}", rf"\log_{{{a}}}({b + 10})"),
                (rf"\log_{a} {b + 11}", rf"1+\log_{a} {b + 10}", rf"\log_{{{b + 10}}} {a}"),
            ),
            (rf"\log_{{{a}}} {a**n}", (str(n), f"{n}.0"), (str(n + 1), str(-n))),
            (
                rf"\binom{{{c}}}{{{a}}}",
                (rf"\frac{{{c}!}}{{{a}!{b}!}}", rf"\binom{{{c}}}{{{b}}}"),
                (rf"\frac{{{c}!}}{{{a}!}}", rf"\binom{{{c + 1}}}{{{a}}}"),
            ),
            (f"{a}!", (rf"{a}\cdot {a - 1}!",), (f"{a + 1}!", f"-{a}!")),
            (
                rf"e^{{{a}{x}}}",
                (rf"(e^{{{x}}})^{{{a}}}", rf"\exp({a}{x})"),
                (rf"e^{{{a + 1}{x}}}", rf"{a}e^{{{x}}}"),
            ),
            (
                rf"\frac{{\pi}}{{{a}}}",
                (rf"\pi/{a}", rf"\frac{{{b}\pi}}{{{a * b}}}", rf"\frac{{1}}{{{a}}}\pi"),
                (rf"\frac{{\pi}}{{{a + 1}}}", rf"-\frac{{\pi}}{{{a}}}", rf"\frac{{1}}{{{a}}}"),
            ),
            (
                f"|{x}-{a}|",
                (f"|{a}-{x}|", rf"\sqrt{{({x}-{a})^2}}", rf"\left|{x}-{a}\right|"),
                (f"{x}-{a}", f"|{x}+{a}|", f"|{x}|-{a}"),
            ),
        ]
    )
    return Answer("identity", text, equals, others)


def equation(rng: Random) -> Answer:
    a, b = rng.randint(2, 9), rng.choice([-1, 1]) * rng.randint(1, 9)
    equals = (
        f"{a}x{b:+d} = y",
        f"{a}x - y {b:+d} = 0",
        f"y - {a}x = {b}",
        f"2y = {2 * a}x{2 * b:+d}",
        f"y={b}+{a}x",
    )
    others = (
        f"y = {a + 1}x{b:+d}",
        f"y = {a}x{-b:+d}",
        f"y = -{a}x{b:+d}",
        f"x = {a}y{b:+d}",
        f"y = {a}x^2{b:+d}",
        str(b),
    )
    return Answer("equation", f"y = {a}x{b:+d}", equals, others)


def circle(rng: Random) -> Answer:
    a, b, r = rng.randint(1, 9), rng.randint(1, 9), rng.randint(10, 15)
    text = f"(x-{a})^2+(y+{b})^2={r * r}"
    equals = (
        f"(y+{b})^2+(x-{a})^2={r}^2",
        f"x^2+y^2-{2 * a}x+{2 * b}y={r * r - a * a - b * b}",
        f"(x-{a})^2+(y+{b})^2-{r * r}=0",
    )
    others = (
        f"(x+{a})^2+(y+{b})^2={r * r}",
        f"(x-{a})^2+(y+{b})^2={r * r + 1}",
        f"(x-{a})^2={r * r}",
    )
    return Answer("circle", text, equals, others)


def named(rng: Random) -> Answer:
    name, value = rng.choice("xyabnp"), small(rng)
    text = f"{name} = {fraction(value, rng)}"
    equals = (fraction(value, rng), f"{name}={fraction(value, rng)}")
    others = (
        f"{name} = {fraction(value + 1, rng)}",
        f"q = {fraction(value, rng)}",
        fraction(value + 2, rng),
    )
    return Answer("named value", text, equals, others)


def family(rng: Random) -> Answer:
    """Infinitely many answers, named by an integer."""
    a, b = rng.randint(2, 8), rng.randint(1, 4)
    text = rf"\frac{{\pi}}{{{a}}}+{b}k\pi, k\in\mathbb{{Z}}"
    equals = (
        rf"\frac{{\pi}}{{{a}}}+{b}n\pi, n\in\mathbb{{Z}}",
        rf"{b}\pi k+\frac{{\pi}}{{{a}}}, k \in \mathbb{{Z}}",
        rf"\frac{{\pi}}{{{a}}}+{b}m\pi, \text{{where }} m \text{{ is an integer}}",
    )
    others = (
        rf"\frac{{\pi}}{{{a + 1}}}+{b}k\pi, k\in\mathbb{{Z}}",
        rf"\frac{{\pi}}{{{a}}}+{b + 1}k\pi, k\in\mathbb{{Z}}",
        rf"\frac{{\pi}}{{{a}}}",
        rf"{b}k\pi, k\in\mathbb{{Z}}",
    )
    return Answer("family", text, equals, others)
