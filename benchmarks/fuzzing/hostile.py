r"""Texts that nobody should have written: what graders crash, hang or swell on."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.fuzzing.cases import Case
from benchmarks.fuzzing.kinds import random_answer

TOKENS = [
    r"\frac", r"\dfrac", r"\sqrt", r"\sqrt[3]", r"\left", r"\right", r"\{", r"\}", "{", "}", "(",
    ")", "[", "]", "|", "^", "_", "+", "-", "*", "/", "=", "<", ">", ",", ".", ";", ":", "!", "'",
    "&", "\\", r"\\", "$", "$$", r"\%", "%", "#", "~", r"\,", r"\!", r"\ ", " ", "\n", "\t", "0",
    "1", "2", "3", "10", "0.5", ".5", "5.", "007", "1,000", "1e9", "1e-9", "x", "y", "n", "k", "i",
    "e", "C", "d", r"\pi", r"\infty", r"\pm", r"\mp", r"\cdot", r"\times", r"\div", r"\le", r"\ge",
    r"\ne", r"\in", r"\notin", r"\cup", r"\cap", r"\setminus", r"\mid", r"\emptyset",
    r"\mathbb{Z}", r"\mathbb{R}", r"\mathbb", r"\sin", r"\cos^2", r"\tan", r"\arcsin", r"\ln",
    r"\log_2", r"\log", r"\exp", r"\binom", r"\sum_{k=1}^{n}", r"\prod", r"\int_0^1", r"\lim",
    r"\to", r"\partial", r"\overline", r"\overline{3}", r"\dot", r"\vec", r"\hat", r"\mathbf",
    r"\lfloor", r"\rfloor", r"\lceil", r"\rceil", r"\max", r"\gcd", r"\pmod", r"\equiv",
    r"\approx", r"\circ", r"^\circ", r"\text{ cm}", r"\text{ and }", r"\text{or}", r"\text{",
    r"\mathrm{kg}", r"\operatorname{arccot}", r"\boxed", r"\boxed{", r"\begin{pmatrix}",
    r"\end{pmatrix}", r"\begin{cases}", r"\end{cases}", r"\begin{array}{cc}", r"\end{array}", "dx",
    "dy/dx", "f(x)", "f^{-1}(x)", "x_1", "x_{12}", "A", "(B)", "and", "or", "seven", "percent",
    "√2", "½", "²", "π", "∞", "≤", "×", "−", "°", "∈", "∪", "：", "，", "一", "٣", "𝟙", "\u200b",
]  # fmt: skip
COMPLETION_TOKENS = [
    "<think>", "</think>", "<answer>", "</answer>", "<|begin_of_thought|>", "<|end_of_thought|>",
    "<|begin_of_solution|>", "<|end_of_solution|>", "<|im_end|>", r"\boxed{", r"\boxed ", r"\fbox{",
    "}", "{", "####", "\n#### 7", "**Answer:** ", "Answer: B", "The answer is ", "the answer is: ",
    "So ", "Wait, ", "Therefore, ", "is 12.", "option (C)", "I choose D", "答案是", "$", "\n", " ",
    "x = 5", "7", "(A)", r"\[", r"\]", "cannot", "no solution", "```", "**", "\n\n", ". ",
]  # fmt: skip
NESTS = [
    ("(", ")"), ("[", "]"), ("{", "}"), (r"\{", r"\}"), (r"\left(", r"\right)"), ("|", "|"),
    (r"\frac{", "}{2}"), (r"\frac{1}{1+", "}"), (r"\sqrt{", "}"), ("x^{", "}"), ("2^{", "}"),
    ("x_{", "}"), (r"\sin(", ")"), (r"\text{", "}"), (r"\boxed{", "}"), (r"\overline{", "}"),
    ("-(", ")"), ("1+(", ")"), ("(1,", ")"), (r"\binom{", "}{2}"),
    (r"\begin{pmatrix}", r"\end{pmatrix}"),
    (r"\lfloor ", r"\rfloor "), ("f(", ")"), (r"\ln ", ""), ("--", ""), ("2(", ")"), ("(", "!)"),
    (r"\frac{d}{dx}(", ")"), (r"\int_0^1 ", " dx"), (r"\sum_{k=1}^{3} ", ""), ("a=", ""),
    ("!", ""),
]  # fmt: skip
HUGE = [
    "{n}^{{{n}^{{{n}}}}}", "{n}^{{{n}}}", "{n}!", "{n}!!", "({n}!)!", r"\binom{{{n}}}{{{m}}}",
    "{n}^{{-{n}}}", "e^{{{n}}}", "e^{{e^{{{n}}}}}", "1e{n}", "1e-{n}", r"10^{{{n}}}",
    r"1.5 \times 10^{{{n}}}", "(x+1)^{{{n}}}", "(x+y+z)^{{{m}}}", "x^{{x^{{{n}}}}}",
    r"\sqrt[{n}]{{{m}}}", r"\sum_{{k=1}}^{{{n}}} \frac{{1}}{{k}}",
    r"\sum_{{k=1}}^{{\infty}} k^{{-{n}}}",
    r"\prod_{{k=1}}^{{{n}}} k", r"\int_0^{{{n}}} e^{{-x^2}} dx", r"\sin({n}^{{{m}}})", r"\ln({n}!)",
    r"\tan({n}\pi)", r"{m}_{{{n}}}", r"\log_{{{n}}} {m}", r"\lfloor \pi \cdot 10^{{{n}}} \rfloor",
    r"\frac{{1}}{{{n}!-1}}", r"{n}\%", r"0.\overline{{{n}}}", r"x^{{{n}}}-1=0", "{n}.{n}e{m}",
    r"\gcd({n}!, {m})", r"\frac{{d^{{{n}}}}}{{dx^{{{n}}}}} x^{{{m}}}", "({n}, {n}^{{{n}}})",
    r"k\pi^{{{n}}}, k\in\mathbb{{Z}}", "{n} km^{{{m}}}", r"\frac{{{n}}}{{0}}", "0^{{-{n}}}",
]  # fmt: skip
SIZES = [7, 99, 1000, 2024, 10**6, 10**9, 10**18, 10**40]


def soup(rng: Random) -> str:
    return "".join(rng.choices(TOKENS, k=rng.randint(1, 25)))


def noise(rng: Random) -> str:
    """Any characters: controls, digits of all scripts, right-to-left, emoji, half characters."""
    ranges = [(0, 0x7F), (0, 0x7F), (0, 0x2FF), (0x300, 0x10FFFF), (0xD800, 0xDFFF), (0x660, 0x669)]
    ranges += [(0x2000, 0x22FF), (0x1D7CE, 0x1D7FF), (0x0, 0x1F), (0xFF00, 0xFF60), (0xB2, 0xBE)]
    count = rng.randint(1, 20)
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(count))


def damaged(rng: Random) -> str:
    """A proper answer with pieces deleted, doubled, swapped, inserted, or cut off."""
    text = random_answer(rng).text
    for _ in range(rng.randint(1, 4)):
        a, b = sorted(rng.randint(0, len(text)) for _ in range(2))
        text = rng.choice(
            [
                text[:a] + text[a + 1 :],
                text[:a] + text[b:],
                text[:b] + text[a:],
                text[b:] + text[:a],
                text[:b],
                text[a:],
                text[:a] + rng.choice(TOKENS) + text[a:],
            ]
        )
    return text


def nested(rng: Random) -> str:
    depth = rng.choice([3, 10, 30, 100, 300, 1000])
    opening, closing = rng.choice(NESTS)
    if rng.random() < 0.2:
        closing = ""
    return opening * depth + rng.choice(["1", "x", "", "1,2"]) + closing * depth


def huge(rng: Random) -> str:
    text = rng.choice(HUGE).format(n=rng.choice(SIZES), m=rng.choice(SIZES))
    return rng.choice([text, text, f"-{text}", f"{text}+1", rf"\frac{{1}}{{{text}}}", f"x+{text}"])


def repeated(rng: Random) -> str:
    piece = "".join(rng.choices(TOKENS, k=rng.randint(1, 3))) + rng.choice(["", " ", ", ", " or "])
    return piece * rng.choice([20, 50, 200, 1000, 10_000])


def completion(rng: Random) -> str:
    pieces = [*COMPLETION_TOKENS, random_answer(rng).text, soup(rng), damaged(rng)]
    text = "".join(rng.choices(pieces, k=rng.randint(1, 30)))
    return text if rng.random() < 0.95 else text * rng.choice([100, 1000])


TEXTS: tuple[tuple[Callable[[Random], str], int], ...] = (
    (soup, 6),
    (damaged, 8),
    (noise, 3),
    (nested, 2),
    (huge, 2),
    (repeated, 1),
)
"""Kinds of text, and how often each is drawn."""


def hostile_text(rng: Random) -> str:
    makers, weights = zip(*TEXTS, strict=True)
    make: Callable[[Random], str] = rng.choices(makers, weights)[0]
    return make(rng)


def hostile_case(rng: Random) -> Case:
    """A hostile text as the answer, gold, question or completion, or as several of them."""
    text = hostile_text(rng)
    proper = random_answer(rng).text
    match rng.choice(["answer", "gold", "both", "near", "itself", "question", "completion"]):
        case "answer":
            return Case("hostile answer", proper, text)
        case "gold":
            return Case("hostile gold", text, proper)
        case "both":
            return Case("hostile both", hostile_text(rng), text)
        case "near":
            return Case(
                "hostile neighbour", text, text.replace("1", "2", 1) + rng.choice(["", " ", "0"])
            )
        case "itself":
            return Case("hostile itself", text, f" {text}", True if text.strip() else None)
        case "question":
            return Case("hostile question", proper, random_answer(rng).text, question=text)
        case _:
            return Case(
                "hostile completion",
                proper,
                completion(rng),
                completion=True,
                finish_reason=rng.choice([None, "stop", "length"]),
                answer_type=rng.choice(["math", "choice"]),
            )
