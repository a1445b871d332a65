"""Hostile text is read in time that grows no faster than the text.

Extraction and grouping run in the process of the caller, which nothing could kill. Here they run in
one that the kernel ends when a text takes ``SECONDS`` of processor time. What is linear takes a
fiftieth of that; what takes the square of the 50,000 characters, several times as much.
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

READ = """
import json, resource, sys
from tasks.grading import extract_answer, group_equivalent

seconds = int(sys.argv[1])
for line in sys.stdin:
    text = "".join(json.loads(line))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + 1 + seconds, hard))
    for answer_type in ("math", "choice"):
        for finish_reason in ("stop", "length"):
            extract_answer(completion=text, finish_reason=finish_reason, answer_type=answer_type)
    group_equivalent([text, text[::-1]])
    print("read", flush=True)
"""


def test_no_text_takes_the_square_of_its_length() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(SECONDS)],
        input="".join(json.dumps(case) + "\n" for case in CASES),
        capture_output=True,
        text=True,
        check=False,
    )
    done = ran.stdout.count("read")
    assert done == len(CASES), f"stopped at {[part[:30] for part in CASES[done]]}: {ran.stderr}"
