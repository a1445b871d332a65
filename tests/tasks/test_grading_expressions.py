"""Expressions compared in the caller's process: right, bounded, and the same from any thread."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.grading import Verdict, grade_answer
from tasks.grading.expressions import parse
from tasks.grading.expressions.tree import Name, Product, Sum

SAME = [
    (r"\frac{n!}{k!(n-k)!}", r"\binom{n}{k}"),
    (r"(-1)^n", r"\cos(n\pi)"),
    (r"\sum_{i=0}^{n} \binom{n}{i}", "2^n"),
    (r"\sqrt[3]{-8}", "-2"),
    (r"|x|^2", "x^2"),
    (r"\sqrt{2 L C}", r"\sqrt{2}\sqrt{L}\sqrt{C}"),
    (r"\log_2 10", r"\frac{\ln 10}{\ln 2}"),
    (r"\sin^{-1} x", r"\arcsin x"),
    (r"np.exp(-2*t)/3", r"\frac{1}{3e^{2t}}"),
    (r"{n \choose 2}", "n(n-1)/2"),
    (r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}", "ad - bc"),
    (r"f(x+1) - f(1+x) + g(2)", "g(2)"),
    (r"3^{3^{3^3}}", r"27^{3^{26}}"),
]
DIFFERENT = [
    ("2+x", "2x"),  # trees of another kind with the same parts
    (r"\sin(4)+7", r"\sin(4) \cdot 7"),
    ("f(x)", "g(x)"),
    ("x_1", "x_2"),
    (r"\vec{a}", "a"),
    (r"\sin^{-1} x", r"\frac{1}{\sin x}"),
    (r"\frac{1}{2^{99}}", r"\frac{1}{2^{98}}"),
    (r"\left\lfloor \frac{n}{2} \right\rfloor", r"\frac{n}{2}"),
    ("|x-3|", "3-x"),
    (r"e^{\pi\sqrt{163}}", "262537412640768744"),
    (r"10^{10^{10^{10}}}", r"10^{10^{10^{9}}}"),
    (r"x^2", "-x^2"),
    (r"\arctan(\tan x)", "x"),
]
BOUNDED = [
    r"\lfloor 2^{2^{40}} \rfloor",
    r"(-1)^{2^{2^{400}}}",
    r"\sum_{k=1}^{9} " * 12 + "k",
    r"\prod_{k=1}^{4000} k^{k^{k}}",
    r"((((5!)!)!)!)!",
    "9" * 1900,
    "2" + "^2" * 300,
    "(" * 400 + "x" + ")" * 400,
    r"\gcd(2^{2^{50}}, 6)",
]


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_equal_expressions_are_equal_both_ways(gold: str, answer: str) -> None:
    assert grade_answer(gold=gold, answer=answer).verdict is Verdict.CORRECT
    assert grade_answer(gold=answer, answer=gold).verdict is Verdict.CORRECT


@pytest.mark.parametrize(("gold", "answer"), DIFFERENT)
def test_different_expressions_are_different_both_ways(gold: str, answer: str) -> None:
    assert grade_answer(gold=gold, answer=answer).verdict is Verdict.WRONG
    assert grade_answer(gold=answer, answer=gold).verdict is Verdict.WRONG


def test_trees_of_another_kind_are_not_equal() -> None:
    assert Sum((Name("x"), Name("y"))) != Product((Name("x"), Name("y")))
    assert parse("x+y") != parse("xy")


def test_what_is_too_much_to_compute_is_given_up_in_little_processor_time() -> None:
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
from tasks.grading import grade_answer
for text in sys.stdin.read().splitlines():
    grade_answer(gold=text, answer="12345.5")
    grade_answer(gold="x + 1", answer=text)
print("done")
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        input="\n".join(BOUNDED),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "done\n", ran.stderr


def test_expressions_are_compared_without_sympy() -> None:
    pairs = [*SAME, *DIFFERENT, ("x^2+y^2=4", "y^2=4-x^2"), ("(1,2]", r"1 < x \le 2"), ("7", "7.0")]
    code = f"""
import sys
from tasks.grading import grade_answer
for gold, answer in {pairs!r}:
    grade_answer(gold=gold, answer=answer)
print([name for name in ("sympy", "math_verify", "torch", "mpmath") if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_many_threads_find_what_one_finds() -> None:
    """The precision is the process's: no thread may lower another's."""
    pairs = [("1", f"1-2^{{-{bits}}}") for bits in range(300, 900, 20)]
    pairs += [*SAME, *DIFFERENT] * 3
    random.Random(0).shuffle(pairs)
    alone = [grade_answer(gold=gold, answer=answer).verdict for gold, answer in pairs]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda p: grade_answer(gold=p[0], answer=p[1]).verdict, pairs))
    assert together == alone


def test_a_forked_child_compares_while_the_parent_does() -> None:
    code = """
import os, threading
from tasks.grading import grade_answer

def compare():
    while not stop.is_set():
        grade_answer(gold="1", answer="1-2^{-900}")

stop = threading.Event()
thread = threading.Thread(target=compare)
thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        verdict = grade_answer(gold=r"\\\\sqrt{8}", answer=r"2\\\\sqrt{2}").verdict
        os._exit(0 if verdict == "correct" else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
thread.join()
print("done")
""".replace("\\\\\\\\", "\\\\")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert ran.stdout == "done\n", ran.stderr
