"""Worked problems shown before the one that is asked, for a cold-start set: "few-shot prompting
with a long CoT as an example", and answers "with reflection and verification" (arXiv 2501.12948v1,
section 2.3.1).

All stands in the user's turn: chat templates of reasoning models drop thoughts from earlier turns
of the assistant.
"""

from __future__ import annotations

EXAMPLES = (
    (
        "A rectangle is 3 cm longer than it is wide, and its area is 40 cm². What is its perimeter "
        "in centimetres?",
        """<think>
Let the width be w. Then the length is w + 3, and the area gives w(w + 3) = 40.
So w² + 3w − 40 = 0. Two numbers with product −40 and sum 3 are 8 and −5, so (w + 8)(w − 5) = 0.
A width is positive, so w = 5, and the length is 8.
The perimeter is 2 · 5 + 8 = 18. Wait, that counts the length once. It is 2 · (5 + 8) = 26.
Check: 5 · 8 = 40, which is the area, and 8 is 3 more than 5. Good.
</think>

The width w satisfies w(w + 3) = 40, so w = 5 and the length is 8. The perimeter is 2 · (5 + 8).

\\boxed{26}""",
    ),
    (
        "How many integers from 1 to 100 are divisible by 4 or by 6?",
        """<think>
Divisible by 4: 100 / 4 = 25 of them. Divisible by 6: 96 is the last, 96 / 6 = 16 of them.
Some are divisible by both and were counted twice. Are those the multiples of 24? No: 12 is
divisible by 4 and by 6. It is the least common multiple that matters, which is 12. Up to 100 there
are 8 multiples of 12, the last is 96.
So there are 25 + 16 − 8 = 33.
Let me check on a small range, 1 to 12: 4, 6, 8 and 12 are four numbers. By the formula it is
3 + 2 − 1 = 4. It agrees.
</think>

There are 25 multiples of 4 and 16 of 6 up to 100; the 8 multiples of 12 are among both.
25 + 16 − 8 = 33.

\\boxed{33}""",
    ),
)


def shown(problem: str) -> str:
    """The examples, and the problem to be solved in the same way.

    >>> shown("What is 2 + 2?").count("Problem: "), shown("What is 2 + 2?").splitlines()[-1]
    (3, 'Solution:')
    """
    before = [f"Problem: {asked}\nSolution:\n{said}" for asked, said in EXAMPLES]
    how = (
        "Solve the last problem in the way of those before it: think in <think> </think>, step by "
        "step, look back at what you wrote and verify it; then give a short solution that ends "
        "with the final answer in \\boxed{}."
    )
    return "\n\n".join([how, *before, f"Problem: {problem}\nSolution:"])
