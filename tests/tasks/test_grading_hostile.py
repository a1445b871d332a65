"""Hostile text is read in time that grows no faster than the text, and compared in bounded time.

Extraction, grouping and most comparisons run in the process of the caller, which nothing could
kill. Here they run in one that the kernel ends when a text takes ``SECONDS`` of processor time.
What is linear takes a fiftieth of that; what takes the square of the 50,000 characters, several
times as much. (A worker's time is not counted: it has a limit of its own.)
"""

from __future__ import annotations

import json
import subprocess
import sys

SECONDS = 2
SIZE = 50_000

REPEATED = [
    r"\boxed{", r"\boxed ", r"\boxed{1}", r"\frac{", r"\frac", r"\sqrt", r"\text{", r"\,", r"\.",
    "\\", "{", "}", "(", "[", "$", "$$", "**", "*", "**a", "answer ", "Answer: ", "answer to ",
    "####", "#### ", "#### 5 ", "\n#### ", " ", "\n", " \n", ",", ".", ", ", "1", "1,", "1 000",
    "5 ", "A ", "^", "_", "x=", "cm ", "is ", "option (", "答案", "√", "<|im_end|>",
    "<answer>", "</answer>", "<think>", "</think>", "<think></think>",
    "<|begin_of_thought|><|end_of_thought|>",
    "```", "```python\n", "\nQuestion:", "\n\nProblem 2.", "</s>", "[THINK]", "[/THINK]",
    '{"answer": "', '"answer": "a', "(a) 5 ", "\n(a) ", "\n- ", "- 5\n", "(a(", "not A, ", "A or ",
    "final answer: ", "I hope it is correct", "**Final Answer**\n\n", "The answer is 5. ", "So $x=",
    r"\[", r"\begin{align}", r"x &= 1\\", "twenty ", "5 and ", "since ", ", not ", r"\phantom{}",
    r"boxed{", r"\boxed1", "\n(a) \\boxed{1}", "<|im_start|>", "sorry ", "when x ",
]  # fmt: skip
AROUND = [
    ("#### 5", "x"),
    ("answer", "x"),
    ("A", "a"),
    (r"\boxed{", "}"),
    (r"\boxed{{", "1}}"),
]
CASES = [
    *(("", piece * (SIZE // len(piece)), "x") for piece in REPEATED),
    *((before, sign * SIZE, after) for before, after in AROUND for sign in " *,1\\"),
    *(
        (before, opening * (SIZE // 8) + "1" + closing * (SIZE // 8), after)
        for opening, closing in [("{", "}"), (r"\boxed{", "}"), (r"\frac{", "}"), ("(", ")")]
        for before, after in [("", ""), (r"\boxed{", "}")]
    ),
]

DEPTHS = 15, 30, 60
NESTED = [
    (r"\sum_{k=1}^{3} ", "x", ""), (r"\prod_{k=1}^{9} ", "x", ""), ("2^{", "x", "}"),
    ("x^{", "9", "}"), ("", "x", "!"), (r"\sin(", "x", ")"), (r"\frac{d}{dx}(", "x", ")"),
    (r"\frac{1}{1+", "x", "}"), (r"\{", "x", r"\}"), ("(1,", "x", ")"), (r"\sqrt{x+", "1", "}"),
    ("f(", "x", ")"), ("2(", "x", ")"), (r"\binom{", "x", "}{3}"), ("|", "x", "|"),
    (r"\begin{pmatrix} 1 & ", "x", r"\end{pmatrix}"), (r"x \pm (", "1", ")"),
]  # fmt: skip
LISTED = [
    "(A) ", "A or ", "1 and ", "(1,2), ", "5 kg ", "three ", r"1 \pm ", r"x \cup ", "x < ", "x = ",
    r"x=1 \text{ or } ", r"\{1\} ", "1 2/3 ", "|x| ", r"k\pi, k\in\mathbb{Z}, ",
]  # fmt: skip
COMPARED = [
    *(piece * (1_900 // len(piece)) for piece in REPEATED + LISTED),
    *(
        opening * depth + inside + closing * depth
        for opening, inside, closing in NESTED
        for depth in DEPTHS
    ),
    r"\sum_{k=1}^{10^9} \frac{x}{k}",
    "10^{10^{10}} x",
    "(x+y+z)^{1000000000}",
    "°" * 1000,
    ",".join(f"x^{n}" for n in range(60)),
    "5e999999999",
    f"x^{{x^{{{10**40}}}}}",
    rf"x^{{\frac{{1}}{{{10**18}!-1}}}}",
    rf"\lfloor x {10**18}^{{-{10**18}}} \rfloor",
    r"\binom{10^9}{10^8} x",
]

LIMITED = """
import json, resource, sys
from tasks.grading import extract_answer, grade_answer, group_equivalent

def read(text):
    for answer_type in ("math", "choice"):
        for finish_reason in ("stop", "length"):
            extract_answer(completion=text, finish_reason=finish_reason, answer_type=answer_type)
    group_equivalent([text, text[::-1]])

def compare(text):
    grade_answer(gold=text, answer=text + "+y")
    grade_answer(gold=text, answer=text.translate(str.maketrans("x91", "z73")))

def ask(text):
    grade_answer(gold="x+1", answer="x-1", question=text)
    grade_answer(gold="10", answer="10_2", question=text)

seconds = int(sys.argv[1])
for line in sys.stdin:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + 1 + seconds, hard))
    {"read": read, "compare": compare, "ask": ask}[sys.argv[2]](json.loads(line))
    print("done", flush=True)
"""


def test_no_text_takes_the_square_of_its_length() -> None:
    assert stopped_at("read", ["".join(case) for case in CASES]) is None


def test_no_question_takes_the_square_of_its_length() -> None:
    assert stopped_at("ask", ["".join(case) for case in CASES] + [r"\log, " * 10_000]) is None


def test_no_comparison_outside_a_worker_is_without_bound() -> None:
    assert stopped_at("compare", COMPARED) is None


def stopped_at(what: str, texts: list[str]) -> str | None:
    """The text, if any, that a process with limited time did not get through."""
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(SECONDS), what],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=False,
    )
    done = ran.stdout.count("done")
    return None if done == len(texts) else f"{texts[done][:40]}: {ran.stderr}"
