"""Pairs that look alike and are not the same: none may be called correct."""

from __future__ import annotations

import pytest

from tasks.grading import Verdict, grade_answer

PAIRS = r"""
2^{64} n | (2^{64}-1) n
20! x | (20!+1)x
z | z+10^{-30}
|a-b| | a-b
|x-y| | y-x
\sqrt{(a-b)^2} | a-b
\max(a,b) | a
\lfloor a/b \rfloor | 1
|a-b|=3 | a-b=3
|x-100| | 100-x
f(x) | f(-x)
f(x-y) | f(y-x)
2.5 \text{ hours} | f'''(0)
x+y=5 | 5
5 | x+y=5
x-y=0 | 0
\sin\theta=0 | 0
x/y=2 | 2
xy>0 | x>0
f(x)>0 | x>0
a+b>c | a+b>d
x>3 | y>3
x>1, y>2 | x>2, y>1
x>0 \text{ and } y>0 | y>0
\mathbb{R} | x<1, x>-1
1 1/2 | 11/2
2 3/4 | 23/4
12 | 1 \quad 2
\frac{1}{2} mgh | \frac{1}{2}
2 xyz | 2
2 mgh | 2 mgr
\angle ABC | \angle ACB
\triangle ABC | \triangle DEF
5 | 5 theta
5 | 5\text{x}
5 | 5 million
\$5 million | \$5
5 | 5 dozen
5 | 5 \text{ squared}
5 | 5 \text{ or more}
5 \text{ mmol} | 5 \text{ mol}
5\% \text{ increase} | 5\% \text{ decrease}
5 \text{ m east} | 5 \text{ m west}
5 boys, 6 girls | 5 girls, 6 boys
\frac12 ab | \frac12 ac
AC | AB
A, C | A, D
(a,c) | (a,b)
a>c | a>b
mc^2 | mk^2
C | K
\cos A | \cos C
x+2c | x+c
C-1 | C+1
n\pi | (n+1)\pi
n\pi r^2 | -n\pi r^2
(0,m) | (0,n)
[k,\infty) | [m,\infty)
(r,s) | (r,t)
\frac{d}{dx}x | 1
\lfloor x\rfloor >1 | x>1
\lfloor x\rfloor = 3 | x=3
x^3-3x^2+3x>9 | x>9
\lfloor n/12\rfloor | \lfloor (n+1)/12\rfloor
\lceil n/10\rceil | \lfloor (n+8)/10\rfloor
\lfloor n/20\rfloor | 0
x^{20}=1 | x^{10}=1
mgh | mgH
x=1,y=2 | 2,1
9 \cdot 10^5 | 900900
1:2 | 0:0
5 | two and three
3 | one two
5 | \text{It cannot be } 5
\int_0^1 A x dx | \int_0^1 A_0 x dx
x^2+y^2 \le 1 | x^2+y^2 \ge 1
(3,4] | 3,4
2 | two thirds
1 | one hundred tiles
\{1\} | \{\{1\}\}
\emptyset | \{\emptyset\}
IX | XI
12:13 \text{ p.m.} | 72:13 \text{ p.m.}
3^{3^{3^{3}}} | 3^{3^{27}}+1
\lceil \log_2 n \rceil | \lfloor \log_2 n \rfloor + 1
\frac{2}{3} \frac{C}{S} | \frac{3C}{2S}
y=1 | x(y-1)=0
\frac{1}{3} | 0.333
\frac{1}{3} | 0.3...
\frac{1}{3} | 0.33...
\frac{1}{9} | 0.111...1
\frac{1}{9} | 0.111... 1
2 | 1.999...8
\frac{14}{99} | 0.1414...
\frac{1}{3} | 0.333, ...
5 | 5th + 1
6 | 5th + 1
2 | 2th
2th | 2
5 | -5th
5 | 2x + 5th
\frac{1}{5} | 5th
2x+3rd | 2x+3
12 | 1, 2nd
"""
ASKED = [
    (
        r"\frac{\partial u}{\partial t}=2\frac{\partial u}{\partial x}",
        r"\frac{\partial u}{\partial x}=2\frac{\partial u}{\partial t}",
        "Write the transport equation.",
    ),
    ("|x|", "x", "How many positive integers n are there?"),
    (r"(n-2)\pi", r"n\pi", "What is the angle sum of a polygon with $n$ sides?"),
    (r"\angle C", r"\angle B", "Which angle in the triangle is the largest?"),
    (r"\sqrt{k/m}", r"\sqrt{c/m}", "A spring of constant $k$ with damping $c$ and mass $m$."),
    (r"\frac{a+c}{2}", r"\frac{a+b}{2}", "Let $a$, $b$, $c$ be positive constants."),
    ("x+C", "x+C+1", "C is the number of cats, x that of dogs. How many animals?"),
    ("1,1,2", "1,2,2", "List the roots with multiplicity."),
    (r"\ln(x^2)", r"2\ln x", r"Simplify for all real $x \ne 0$."),
    ("A^{-1}B", "BA^{-1}", "Let A and B be invertible matrices. Solve AX = B for X."),
    ("10:30", "1:3", "At what time do they meet?"),
]


@pytest.mark.parametrize("line", PAIRS.strip().splitlines())
def test_they_are_not_the_same(line: str) -> None:
    gold, answer = line.rsplit(" | ", 1)
    assert grade_answer(gold=gold, answer=answer).verdict is not Verdict.CORRECT


@pytest.mark.parametrize(("gold", "answer", "question"), ASKED)
def test_the_question_keeps_them_apart(gold: str, answer: str, question: str) -> None:
    assert grade_answer(gold=gold, answer=answer, question=question).verdict is not Verdict.CORRECT
