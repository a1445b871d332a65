r"""Random expressions of known value: written in LaTeX, rewritten as equals, changed to others.

>>> from random import Random
>>> tree = Op("+", (Op("sqrt", ("x",)), Op("neg", (2,))))
>>> write(tree, Random(0))
'\\sqrt{x}-2'
>>> differ(tree, rewritten(tree, Random(0))), differ(tree, Op("sqrt", ("x",)))
(False, True)
"""

from __future__ import annotations

import cmath
from dataclasses import dataclass
from math import prod
from random import Random

NAMES = ("x", "y", "a", "b", "z", r"\theta", "x_1")
VALUES = (
    (0.7390851, 1.3216732, 2.1180340, 0.4812118, 3.2360680, 1.2020569, 2.5029078),
    (1.6180340, 0.5772157, 0.9159656, 2.6854520, 0.3819660, 1.4513692, 0.2614972),
)
POINTS = [
    {**dict(zip(NAMES, values, strict=True)), "e": cmath.e, r"\pi": cmath.pi} for values in VALUES
]
FUNCTIONS = {"sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "ln": cmath.log}


@dataclass(frozen=True)
class Op:
    """``+ * /`` or ``^`` of parts, ``neg``, ``sqrt`` or a function of one."""

    name: str
    parts: tuple[Tree, ...]


Tree = int | str | Op
"""A natural number, a name (``e`` and ``\\pi`` are the constants), or an operation."""


def random_tree(rng: Random, depth: int, names: tuple[str, ...]) -> Tree:
    """An expression in the names; without any, a number."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(names) if names and rng.random() < 0.6 else rng.randint(1, 12)

    def part() -> Tree:
        return random_tree(rng, depth - 1, names)

    match rng.choice(["+", "+", "*", "*", "/", "^", "neg", "sqrt", "call", "constant"]):
        case "+" | "*" as name:
            return Op(name, tuple(part() for _ in range(rng.randint(2, 3))))
        case "/":
            return Op("/", (part(), part()))
        case "^":
            return Op("^", (part(), rng.randint(2, 4)))
        case "call":
            return Op(rng.choice(list(FUNCTIONS)), (part(),))
        case "constant":
            exponent: Tree = rng.choice(names) if names else 2
            return Op("^", ("e", exponent)) if rng.random() < 0.5 else r"\pi"
        case name:
            return Op(name, (part(),))


def value(tree: Tree, point: dict[str, float]) -> complex:
    """Raises ArithmeticError or ValueError where the expression has no value."""
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return point[tree]
    parts = [value(part, point) for part in tree.parts]
    match tree.name:
        case "+":
            return sum(parts)
        case "*":
            return prod(parts)
        case "/":
            return parts[0] / parts[1]
        case "^":
            return complex(parts[0]) ** parts[1]
        case "neg":
            return -parts[0]
        case "sqrt":
            return cmath.sqrt(parts[0])
        case name:
            return FUNCTIONS[name](parts[0])


def usable(tree: Tree) -> bool:
    """Whether it has a value of ordinary size at the points."""
    try:
        return all(1e-6 < abs(value(tree, point)) < 1e9 for point in POINTS)
    except (ArithmeticError, ValueError):
        return False


def differ(left: Tree, right: Tree) -> bool:
    """Whether both are usable and plainly of different value at some point."""
    return (
        usable(left)
        and usable(right)
        and any(
            abs(value(left, point) - value(right, point)) > 1e-5 * abs(value(left, point))
            for point in POINTS
        )
    )


def write(tree: Tree, rng: Random) -> str:
    """One of its spellings in LaTeX."""
    return _write(tree, rng)[0]


_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def _write(tree: Tree, rng: Random) -> tuple[str, int]:
    """The text, and how tightly it is bound."""
    if not isinstance(tree, Op):
        return str(tree), _ATOM
    match tree.name, tree.parts:
        case "+", (first, *others):
            text = _write(first, rng)[0]
            for part in others:
                match part:
                    case Op("neg", (positive,)):
                        text += "-" + _bound(positive, _PRODUCT, rng)
                    case _:
                        text += "+" + _bound(part, _PRODUCT, rng)
            return text, _SUM
        case "neg", (part,):
            return "-" + _bound(part, _PRODUCT, rng), _SUM
        case "*", parts:
            return _product([_bound(part, _POWER, rng) for part in parts], rng), _PRODUCT
        case "/", (above, below):
            if rng.random() < 0.3:
                return f"{_bound(above, _ATOM, rng)}/{_bound(below, _ATOM, rng)}", _PRODUCT
            command = rng.choice(["frac", "frac", "dfrac", "tfrac"])
            return f"\\{command}{{{write(above, rng)}}}{{{write(below, rng)}}}", _POWER
        case "^", (base, exponent):
            return f"{_bound(base, _ATOM, rng)}^{{{write(exponent, rng)}}}", _POWER
        case "sqrt", (part,):
            return f"\\sqrt{{{write(part, rng)}}}", _ATOM
        case name, (part,):
            return f"\\{name}{_in_parentheses(write(part, rng), rng)}", _POWER
    raise AssertionError(tree)


def _bound(tree: Tree, tightness: int, rng: Random) -> str:
    text, bound = _write(tree, rng)
    return text if bound >= tightness else _in_parentheses(text, rng)


def _in_parentheses(text: str, rng: Random) -> str:
    return rng.choice([f"({text})", f"({text})", rf"\left({text}\right)"])


def _product(factors: list[str], rng: Random) -> str:
    r"""No sign where the next factor begins with a letter or parenthesis: ``2\frac12`` is 2.5."""
    text = factors[0]
    for factor in factors[1:]:
        plain = factor[0].isalpha() or factor.startswith(("(", r"\left", r"\sqrt", r"\pi"))
        sign = "" if plain and rng.random() < 0.8 else rng.choice([r"\cdot ", r" \times "])
        space = " " if sign == "" and factor[0].isalpha() and text[-1].isalpha() else ""
        text += sign + space + factor
    return text


def rewritten(tree: Tree, rng: Random) -> Tree:
    """The same value, put differently: reordered, expanded, with 0 added, a fraction extended."""
    if isinstance(tree, Op):
        tree = Op(tree.name, tuple(rewritten(part, rng) for part in tree.parts))
    if rng.random() < 0.5:
        return tree
    match tree:
        case Op("+" | "*" as name, parts) if rng.random() < 0.6:
            return Op(name, tuple(rng.sample(parts, len(parts))))
        case Op("*", (Op("+", terms), *others)):
            return Op("+", tuple(Op("*", (term, *others)) for term in terms))
        case Op("/", (above, below)):
            factor = rng.choice([2, 3, 5])
            return Op("/", (Op("*", (factor, above)), Op("*", (factor, below))))
        case Op("^", (base, 2)):
            return Op("*", (base, base))
        case Op("sqrt", (part,)):
            return Op("^", (part, Op("/", (1, 2))))
        case Op("neg", (part,)):
            return Op("+", (0, tree))
        case int() if tree > 1 and rng.random() < 0.3:
            return Op("+", (tree - 1, 1))
        case Op("+"):
            return Op("+", (*tree.parts, 0))
        case _:
            return tree


def changed(tree: Tree, rng: Random) -> Tree:
    """Another expression; mostly, but not always, another value: ask ``differ``."""
    if isinstance(tree, Op) and rng.random() < 0.75:
        at = rng.randrange(len(tree.parts))
        part = changed(tree.parts[at], rng)
        return Op(tree.name, (*tree.parts[:at], part, *tree.parts[at + 1 :]))
    match tree:
        case int():
            return tree + 1
        case str():
            return rng.choice([Op("neg", (tree,)), Op("*", (2, tree)), "y" if tree == "x" else "x"])
        case Op("+" | "*", (first, _)):
            return rng.choice([first, Op("*" if tree.name == "+" else "+", tree.parts)])
        case Op("sin" | "cos" | "tan" | "ln" as name, parts):
            return Op("cos" if name == "sin" else "sin", parts)
        case Op("neg" | "sqrt", (part,)):
            return part
        case _:
            return rng.choice([Op("neg", (tree,)), Op("+", (tree, 1))])
