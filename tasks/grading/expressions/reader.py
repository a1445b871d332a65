r"""Tidy LaTeX, or mathematics in plain text, read into a tree.

>>> parse(r"\frac{1}{2}x")
Product(factors=(Number(value=1/2), Name(name='x')))
>>> parse(r"2\frac{3}{5}"), parse("9!/7!"), parse(r"0.1\overline{6}")
(Number(value=13/5), Number(value=72), Number(value=1/6))
>>> parse(r"3 \text{ red apples}")
Traceback (most recent call last):
tasks.grading.expressions.tokens.Unreadable: no mathematics: ' red apples'

A reader by recursive descent: sum, product, sign, power, atom. What is written between bars is an
absolute value, between square brackets the same as between round ones.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flint import fmpq

from tasks.grading.braces import is_wrapped
from tasks.grading.expressions.derivatives import OPERATOR, name_derivatives
from tasks.grading.expressions.tokens import Token, TooLarge, Unreadable, tokens
from tasks.grading.expressions.tree import (
    MINUS_ONE,
    Call,
    Constant,
    Matrix,
    Name,
    Node,
    Number,
    Product,
    Quotient,
    Series,
    add,
    as_integer,
    binomial,
    divide,
    factorial,
    multiply,
    negate,
    power,
    remainder,
)
from tasks.grading.expressions.vocabulary import (
    ACCENTS,
    ARGUMENTS,
    CONNECTIVES,
    CONSTANTS,
    FUNCTIONS,
    INVERSES,
    LETTERS,
    OWN_FUNCTIONS,
    SPELLINGS,
)

MAX_DEPTH = 80
MAX_DIGITS = 1_000

_TIMES = ("*", r"\times", r"\cdot", r"\ast")
_OVER = ("/", r"\div")
_CLOSING = {"(": ")", "[": "]", "{": "}", r"\{": r"\}"}
_BARS = {
    "|": "|", r"\vert": r"\vert", r"\lvert": r"\rvert", r"\mid": r"\mid",
    r"\lfloor": r"\rfloor", r"\lceil": r"\rceil", r"\|": r"\|", r"\lVert": r"\rVert",
    r"\Vert": r"\Vert",
}  # fmt: skip
_BAR_FUNCTIONS = {r"\lfloor": "floor", r"\lceil": "ceil"}
_MATRIX = re.compile(r"[pbvBV]?matrix|smallmatrix|array")


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of tidy text. Raises Unreadable where it is no single expression."""
    while len(text) > 2 and text[0] == "(" and is_wrapped(text):
        text = text[1:-1].strip()
    if OPERATOR.search(text):
        raise Unreadable("a derivative of what follows")
    reader = _Reader(tokens(name_derivatives(text)))
    node = reader.sum()
    if reader.at != len(reader.tokens):
        raise Unreadable(f"not understood from {reader.peek()!r}")
    return node


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.depth = 0
        self.bars: list[str] = []  # the closing bars that are awaited
        self.indices: list[str] = []  # of the sums around: there i is no imaginary unit

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at].text if at < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at].kind if at < len(self.tokens) else ""

    def next(self) -> Token:
        if self.at == len(self.tokens):
            raise Unreadable("ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, *expected: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at].text in expected:
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise Unreadable(f"{sign} is missing")

    # sums and products

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge("nested too deeply")
        terms = [self.product()]
        while self.peek() in ("+", "-"):
            if self.next().text == "+":
                terms.append(self.product())
            else:
                terms.append(negate(self.product()))
        self.depth -= 1
        value = add(tuple(terms))
        if self.take(r"\choose"):
            return binomial(value, self.sum())
        return divide(value, self.sum()) if self.take(r"\over") else value

    def product(self) -> Node:
        value = self.signed()
        while True:
            if self.take(*_TIMES):
                value = _times(value, self.signed())
            elif self.take(*_OVER):
                value = divide(value, self.signed())
            elif self.take(r"\bmod", r"\mod"):
                value = remainder(value, self.signed())
            elif self.starts_factor():
                value = _times(value, self.power())
            else:
                return value

    def signed(self) -> Node:
        if self.take("-"):
            return negate(self.signed())
        if self.take("+"):
            return self.signed()
        return self.mixed()

    def mixed(self) -> Node:
        r"""``2\frac{3}{5}`` and ``1 1/2`` are sums; every other pair of neighbours is a product."""
        whole = self.kind() == "number" and self.peek().isdigit()
        mark = self.at
        value = self.power()
        if not whole or self.at != mark + 1 or type(value) is not Number:
            return value
        after = self.at
        part: Node | None = None
        if self.peek() == r"\frac":
            part = self.power()
        elif [self.kind(i) for i in (0, 2)] == ["number"] * 2 and self.peek(1) == "/":
            part = divide(self.number(), self.number() if self.take("/") else value)
        if type(part) is Number and 0 < part.value < 1:
            return Number(value.value + part.value)
        self.at = after
        return value

    def starts_factor(self) -> bool:
        kind, text = self.kind(), self.peek()
        if kind in ("letter", "text"):
            return True
        if kind in ("number", "repeating"):
            return self.at > 0 and self.tokens[self.at - 1].kind not in ("number", "repeating")
        if kind == "command":
            return text in _STARTS or (text in _BARS and text not in self.bars)
        return text in _CLOSING or (text in _BARS and text not in self.bars)

    # powers and atoms

    def power(self) -> Node:
        base = self.postfix(self.atom())
        if not self.take("^"):
            return base
        if self.take(r"\circ"):
            return self.postfix(_times(base, _DEGREE))
        return self.postfix(power(base, self.exponent()))

    def exponent(self) -> Node:
        self.depth += 1
        value = self.raised()
        self.depth -= 1
        return value

    def raised(self) -> Node:
        if self.depth > MAX_DEPTH:
            raise TooLarge("nested too deeply")
        if self.take("-"):
            return negate(self.exponent())
        self.take("+")
        if self.peek() == "{":
            value = self.group()
            return power(value, self.exponent()) if self.take("^") else value
        if self.kind() == "command" and self.peek()[1:] in FUNCTIONS:
            return self.atom()
        return self.power()

    def postfix(self, value: Node) -> Node:
        while True:
            if self.take("!"):
                value = factorial(value, 2 if self.take("!") else 1)
            elif self.take("%", r"\%"):
                value = divide(value, Number(fmpq(100)))
            else:
                return value

    def atom(self) -> Node:
        kind, text, _ = token = self.next()
        if kind in ("number", "repeating"):
            self.at -= 1
            return self.number()
        if kind == "letter":
            return self.named(text)
        if kind == "command":
            return self.command(text)
        if kind == "text":
            return self.text(text)
        if text in _BARS:
            return self.barred(text)
        if text in _CLOSING:
            self.at -= 1
            return self.group()
        raise Unreadable(f"not understood: {token.text!r}")

    def number(self) -> Number:
        kind, text, _ = self.next()
        if kind == "repeating":
            return Number(_repeating(text))
        if kind != "number":
            raise Unreadable(f"{text!r} is no number")
        return Number(_decimal(text))

    def group(self) -> Node:
        closing = _CLOSING[self.next().text]
        bars, self.bars = self.bars, []
        value = self.sum()
        self.expect(closing)
        self.bars = bars
        return value

    def argument(self) -> Node:
        if self.peek() != "{":
            raise Unreadable("an argument is missing")
        return self.group()

    def barred(self, opening: str) -> Node:
        closing = _BARS[opening]
        self.bars.append(closing)
        value = self.sum()
        self.bars.pop()
        self.expect(closing)
        if opening in (r"\|", r"\lVert", r"\Vert"):
            return Call("norm", (value,))
        return Call(_BAR_FUNCTIONS.get(opening, "abs"), (value,))

    # names

    def named(self, letter: str) -> Node:
        """A letter with its index, primes and, where it is a function, its arguments."""
        if letter == "C" and (chosen := self.combination()) is not None:
            return chosen
        index, primes = "", ""
        while self.peek() in ("_", "'"):
            if self.take("'"):
                primes += "'"
            else:
                self.next()
                index += f"_{self.index()}"
        name = letter + index + primes
        if name in ("e", "i") and name not in self.indices:
            return Constant(name)
        if self.peek() in ("(", "[") and self.is_applied(letter):
            return self.applied(name)
        return Name(name)

    def combination(self) -> Node | None:
        """``C_{2n}^{n}``, the other way to write a binomial; ``C_1^2`` is a square."""
        mark = self.at
        if self.take("_") and self.peek() not in ("0", "1"):
            upper = self.group() if self.peek() == "{" else self.atom()
            if self.take("^"):
                return binomial(upper, self.exponent())
        self.at = mark
        return None

    def is_applied(self, letter: str) -> bool:
        """Whether the bracket after a letter holds arguments: ``f(...)``, ``y(t)``, ``I(0)``."""
        if self.peek(2) in (")", "]"):
            return letter in OWN_FUNCTIONS or self.peek(1) in ARGUMENTS or self.peek(1) == "0"
        return letter in OWN_FUNCTIONS or (letter.isupper() and self.peek(2) == ",")

    def applied(self, name: str) -> Node:
        closing = _CLOSING[self.next().text]
        bars, self.bars = self.bars, []
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.expect(closing)
        self.bars = bars
        if name == r"\Gamma":
            return Call("gamma", tuple(arguments))
        if name == "C" and len(arguments) == 2:
            return binomial(*arguments)
        return Call(f"own {name}", tuple(arguments))

    def index(self) -> str:
        """The text of an index, without spaces, braces and wrappers."""
        if self.peek() != "{":
            return _bare(self.next().text)
        depth, pieces = 0, list[str]()
        while True:
            text = self.next().text
            depth += (text == "{") - (text == "}")
            if depth == 0:
                return "".join(pieces)
            if text not in "{}":
                pieces.append(_bare(text))

    def text(self, text: str) -> Node:
        r"""``\text{B}`` is a letter, ``\text{lcm}`` a function, ``\text{SRAC}`` a name."""
        word = text[text.index("{") + 1 : -1]
        bare = word.strip()
        if bare in FUNCTIONS:
            return self.function(bare)
        if bare in ("e", "i"):
            return Constant(bare)
        if bare in CONNECTIVES or not re.fullmatch(r"[a-zA-Z]{1,8}'{0,2}", bare):
            raise Unreadable(f"no mathematics: {word!r}")
        return self.named(bare) if len(bare) == 1 else Name(bare)

    # commands

    def command(self, text: str) -> Node:
        name = text[1:]
        if text in CONSTANTS:
            return Constant(CONSTANTS[text])
        if text in (r"\angle", r"\triangle"):
            return self.figure(text)
        if text in LETTERS:
            return self.named(text)
        if name in FUNCTIONS:
            return self.function(name)
        if text in _BARS:
            return self.barred(text)
        if text in ACCENTS:
            return self.accented(text)
        match name:
            case "frac":
                return divide(self.argument(), self.argument())
            case "binom":
                return binomial(self.argument(), self.argument())
            case "sum" | "prod":
                return self.series(name)
            case "begin":
                return self.matrix()
            case _:
                raise Unreadable(f"not understood: {text}")

    def figure(self, sign: str) -> Node:
        r"""``\angle ABC`` is ``\angle CBA``, and no product."""
        letters = []
        while self.kind() == "letter" and self.peek().isupper():
            index = self.next().text
            if self.take("_"):
                index += f"_{self.index()}"
            letters.append(index)
        if sign == r"\angle" and len(letters) == 3:
            letters = [*min(letters[:1], letters[2:]), letters[1], *max(letters[:1], letters[2:])]
        return Name(f"{sign} {' '.join(letters if sign == chr(92) + 'angle' else sorted(letters))}")

    def accented(self, accent: str) -> Node:
        r"""``\vec{a}`` is a name; a line over more than letters is a conjugate."""
        mark = self.at
        letters = self.index()
        if accent == r"\overline" and not letters.isalpha():
            self.at = mark
            return Call("conjugate", (self.argument(),))
        if len(letters) == 2 and letters.isupper():  # the line from A to B
            letters = "".join(sorted(letters)) if accent == r"\overline" else letters
        return self.named(f"{accent}{{{letters}}}")

    def function(self, name: str) -> Node:
        name = SPELLINGS.get(name, name)
        if name == "sqrt":
            return self.root()
        base: Node | None = None
        exponent: Node | None = None
        while True:
            if base is None and self.take("_"):
                base = self.group() if self.peek() == "{" else self.atom()
            elif exponent is None and self.take("^"):
                exponent = self.exponent()
            else:
                break
        if exponent == MINUS_ONE and name in INVERSES:
            name, exponent = INVERSES[name], None
        arguments = self.function_arguments(name)
        value: Node = Call(name, arguments)
        if base is not None:
            if name != "log":
                raise Unreadable(f"{name} takes no index")
            value = divide(Call("ln", arguments), Call("ln", (base,)))
        return value if exponent is None else power(value, exponent)

    def root(self) -> Node:
        degree: Node = Number(fmpq(2))
        if self.peek() == "[":
            degree = self.group()
        inside = self.group() if self.peek() in _CLOSING else self.atom()
        whole = as_integer(degree)
        if whole is not None and whole % 2 == 1:  # defined for negative numbers too
            return Call("root", (inside, degree))
        return power(inside, divide(Number(fmpq(1)), degree))

    def function_arguments(self, name: str) -> tuple[Node, ...]:
        """What a function is applied to: a group, or the factors up to the next sign."""
        opening = self.peek()
        if opening in _CLOSING:
            self.next()
            bars, self.bars = self.bars, []
            arguments = [self.sum()]
            while self.take(","):
                arguments.append(self.sum())
            self.expect(_CLOSING[opening])
            self.bars = bars
            return tuple(arguments)
        if self.take("-"):
            return (negate(self.function_arguments(name)[0]),)
        value = self.power()
        while self.starts_factor() and not self.starts_function() and self.peek() not in ("(", "["):
            value = _times(value, self.power())
        if (
            name in INVERSES
            and self.peek() == "/"
            and self.kind(1) == "number"
            and any(type(part) is Constant for part in (value, *getattr(value, "factors", ())))
        ):  # \sin \pi/3, where \sin(\pi)/3 can hardly be meant
            self.next()
            value = divide(value, self.number())
        return (value,)

    def starts_function(self) -> bool:
        text = self.peek()
        return self.kind() == "command" and (text[1:] in FUNCTIONS or text in (r"\sum", r"\prod"))

    def series(self, name: str) -> Node:
        self.expect("_")
        self.expect("{")
        index = self.next().text
        self.expect("=")
        low = self.sum()
        self.expect("}")
        self.expect("^")
        high = self.exponent()
        self.indices.append(index)
        body = self.product()
        self.indices.pop()
        return Series(name, index, low, high, body)

    def matrix(self) -> Node:
        kind = self.environment()
        if not _MATRIX.fullmatch(kind):
            raise Unreadable(f"not understood: {kind}")
        if kind == "array" and self.peek() == "{":
            self.environment()
        rows: list[tuple[Node, ...]] = []
        while not self.take(r"\end"):
            cells = [self.sum()]
            while self.take("&"):
                cells.append(self.sum())
            rows.append(tuple(cells))
            if not self.take(r"\\") and self.peek() != r"\end":
                raise Unreadable("a matrix is not closed")
        if self.environment() != kind or not rows or len({len(row) for row in rows}) > 1:
            raise Unreadable("no matrix")
        matrix = Matrix(tuple(rows))
        return Call("det", (matrix,)) if kind in ("vmatrix", "Vmatrix") else matrix

    def environment(self) -> str:
        self.expect("{")
        letters = []
        while not self.take("}"):
            letters.append(self.next().text)
        return "".join(letters)


_DEGREE = Quotient(Constant("pi"), Number(fmpq(180)))
_STARTS = (
    LETTERS
    | ACCENTS
    | CONSTANTS.keys()
    | {"\\" + name for name in FUNCTIONS}
    | {r"\frac", r"\binom", r"\sum", r"\prod", r"\begin"}
)


def _times(left: Node, right: Node) -> Node:
    factors = left.factors if type(left) is Product else (left,)
    return multiply((*factors, right))


def _bare(text: str) -> str:
    """A piece of an index without its wrapper: ``{\text{max}}`` is ``max``."""
    return (
        text[text.index("{") + 1 : -1].strip()
        if text.startswith(r"\text") and "{" in text
        else text
    )


def _decimal(token: str) -> fmpq:
    mantissa, _, exponent = token.lower().replace(",", "").replace(" ", "").partition("e")
    whole, _, fraction = mantissa.partition(".")
    shift = int(exponent or 0) - len(fraction)
    if len(mantissa) > MAX_DIGITS or abs(shift) > 10 * MAX_DIGITS:
        raise Unreadable("a number of too many digits")
    digits = int(whole + fraction)
    return fmpq(digits * 10**shift) if shift >= 0 else fmpq(digits, 10**-shift)


def _repeating(token: str) -> fmpq:
    token = token.replace(",", "").replace(" ", "")
    start, _, period = token.removesuffix("}").partition("\\overline")
    period = period.removeprefix("{")
    whole, _, fixed = start.partition(".")
    scale = 10 ** len(fixed)
    return fmpq(int(whole + fixed or "0"), scale) + fmpq(
        int(period), scale * (10 ** len(period) - 1)
    )
