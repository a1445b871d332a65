"""From a whole completion to a verdict."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.grading import Verdict, extract_answer, grade_answer, grade_completion

RAMBLE = "Then p(4) is 6(4 - r), and I should check that once more with r = -6. " * 10


def verdict(completion: str, *, gold: str = "24", **options: str) -> Verdict:
    return grade_completion(gold=gold, completion=completion, **options).verdict  # type: ignore[arg-type]


def test_a_box_in_the_thought_does_not_count_for_a_finished_answer_either() -> None:
    assert verdict(r"<think>\boxed{24}</think>I am not sure.") == "no_answer"


def test_a_prefilled_thought_that_was_not_closed_is_truncated() -> None:
    assert verdict(r"It is \boxed{24}", thought="prefilled") == "truncated"
    assert verdict(r"It is \boxed{24}", thought="auto") == "correct"


def test_a_thought_that_was_not_closed_was_cut_off_unless_the_model_stopped_by_itself() -> None:
    assert verdict(r"<think>It is \boxed{24}, or") == "truncated"
    assert verdict(r"<think>It is \boxed{24}, or", finish_reason="length") == "truncated"
    assert verdict(r"<think>It is \boxed{24}.", finish_reason="stop") == "no_answer"
    assert verdict("It is 24.", thought="prefilled", finish_reason="stop") == "no_answer"


@pytest.mark.parametrize("end", ["So, p(0) + p(4) = 24", "24", "the total is 24 +", "= 24"])
def test_a_ramble_that_stops_on_the_right_number_does_not_count(end: str) -> None:
    assert verdict(RAMBLE + end) == "no_answer"
    assert verdict(RAMBLE + end, finish_reason="length") == "truncated"


def test_a_text_known_to_be_finished_may_end_in_its_answer() -> None:
    assert verdict(f"{RAMBLE}\n\n24", finish_reason="stop") == "correct"
    assert verdict(f"<think>{RAMBLE}</think>24") == "correct"


def test_a_text_that_was_cut_off_counts_only_what_was_marked_as_the_answer() -> None:
    assert verdict(r"So it is \boxed{24}. Let me check", finish_reason="length") == "correct"
    assert verdict(r"So it is \boxed{25}. Let me check", finish_reason="length") == "wrong"
    assert verdict("Therefore, the answer is 24.", finish_reason="length") == "truncated"
    assert verdict(r"So it is \boxed{2", finish_reason="length") == "truncated"


@pytest.mark.parametrize(
    "box", [r"\boxed{24", r"\fbox{24", r"**\boxed {24", r"$$\boxed{\frac{48}{2}"]
)
@pytest.mark.parametrize("finish_reason", ["stop", None])
def test_a_box_that_nothing_closes_states_no_answer(box: str, finish_reason: str | None) -> None:
    grade = grade_completion(gold="24", completion=box, finish_reason=finish_reason)
    assert (grade.verdict, grade.extracted) == ("no_answer", None)
    assert grade_completion(gold="24", completion=rf"\boxed{{24}} {box}").verdict == "correct"


def test_an_empty_completion_has_no_answer() -> None:
    assert verdict("") == "no_answer"
    assert grade_answer(gold="24", answer=" ").verdict == "no_answer"


@pytest.mark.parametrize(
    ("completion", "extracted"),
    [
        ("The answer is (B).", "B"),
        (r"\boxed{\text{(B)}}", "B"),
        ("答案是B", "B"),
        ("B) because the others are larger", "B"),
        ("A cube has 6 faces, and so has D. Therefore B", "B"),
    ],
)
def test_a_choice_is_found_where_the_task_asks_for_one(completion: str, extracted: str) -> None:
    grade = grade_completion(gold="B", completion=completion, answer_type="choice")
    assert (grade.verdict, grade.extracted) == ("correct", extracted)


def test_an_article_is_no_choice() -> None:
    grade = grade_completion(gold="A", completion="A cube is larger.", answer_type="choice")
    assert grade.verdict != "correct"


def test_a_verdict_says_what_it_rests_on() -> None:
    grade = grade_completion(gold="24", completion=r"It is \boxed{024}.")
    assert (grade.extracted, grade.reason) == ("024", "same number")


@pytest.mark.parametrize(
    ("completion", "options", "answer"),
    [
        (r"<think>\boxed{3}</think>So it is \boxed{4}.", {}, "4"),
        (r"<think>\boxed{3}", {}, None),
        ("So the answer is 4.", {"finish_reason": "length"}, None),
        ("I choose B.", {"answer_type": "choice"}, "B"),
    ],
)
def test_the_answer_alone_can_be_had(
    completion: str, options: dict[str, str], answer: str | None
) -> None:
    assert extract_answer(completion=completion, **options) == answer  # type: ignore[arg-type]
    grade = grade_completion(gold="4", completion=completion, **options)  # type: ignore[arg-type]
    assert grade.extracted == answer


@pytest.mark.parametrize(
    "completion",
    [
        "It is \\boxed{24}.\n\nProblem 2. Find the next one.\nIt is \\boxed{25}.",
        "It is 24.\n\nHuman: And the next?\n\nAssistant: It is 25.",
        "#### 24\n\n### Instruction:\nFind the next.\n\n### Response:\n#### 25",
        "<think>a</think>The answer is 24.\n\nUser: Next?\n<think>b</think>The answer is 25.",
        "It is 24.<|im_end|>\n<|im_start|>user\nThe next?<|im_end|>\n\\boxed{25}",
        "We have 4 rows of 6.\n\n**Question:** How many in all?\n\n**Answer:** \\boxed{24}",
        "Problem: Find 4 times 6.\n\nSolution: The product is 24.",
    ],
)
def test_the_answer_is_the_one_to_the_problem_that_was_asked(completion: str) -> None:
    assert verdict(completion) == "correct"


def test_a_problem_that_follows_shows_that_the_answer_was_finished() -> None:
    assert verdict("It is 24.\n\nQuestion: And the", finish_reason="length") == "correct"
    assert verdict("It is 24. And the", finish_reason="length") == "truncated"


@pytest.mark.parametrize(
    "later",
    [
        "Correction: I counted one twice, so the final answer is **24**.",
        "Actually, the answer should be 24.",
        "The correct answer is 24.",
        "**Final answer:** 24.",
    ],
)
def test_a_later_statement_takes_a_box_back(later: str) -> None:
    assert verdict(f"It is \\boxed{{25}}.\n\n{later}") == "correct"


@pytest.mark.parametrize(
    "later",
    [
        "Check: 24 + 25 = 49.",
        "Note that if n = 3, the answer is 25.",
        "In decimals, the answer is about 24.5.",
        "The final answer is as boxed above; 25 would be too much.",
        "So the answer is clear.",
    ],
)
def test_a_check_or_a_remark_does_not(later: str) -> None:
    assert verdict(f"It is \\boxed{{24}}.\n\n{later}") == "correct"


@pytest.mark.parametrize(
    "completion",
    [
        "I'm sorry, I cannot answer this; 24 values would be needed.",
        "Would there be 24 of them?",
        "Let x = 24.",
        "We have to find the 24th term.",
        "So the number of those that are divisible by 4 or 24",
        "```python\nprint(24)\n```",
        '{"answer": null, "given": 24}',
        "Then it is 24. Hmm, that cannot be. " * 3,
        "Put the final answer within \\boxed{}: 4 times 6",
        "<reasoning>\\boxed{24}",
        "[THINK]The answer is 24.",
    ],
)
def test_what_is_not_stated_is_not_credited(completion: str) -> None:
    assert verdict(completion) in ("no_answer", "truncated")


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("So we have three options, hence 24 ways (8 for each).", "24 ways"),
        ("There are 24 numbers below 100 with this property.", "24 numbers"),
        ("So the minimum is $24$, attained at $x = 2$.", "$24$"),
        ("One might say 25; instead of 25, however, it is 24.", "24"),
        ("Each costs $3, so all of them cost $24.", "$24"),
        ("$$T = 4 \\cdot 6 = 24.$$", "T = 24"),
        ("\\begin{align*} x &= 1 \\\\ y &= 2 \\end{align*}", "x = 1, y = 2"),
        ("(a) Anna has 8.\n(b) Ben has 15.", "8, 15"),
        ("She needs 2 3/4 cups of flour.", "2 3/4 cups"),
        ("Therefore n equals n(n+1)/2, as was to be shown.", "n(n+1)/2"),
        ("So 24 is my final answer.", "24"),
        ("The oldest of them is Anna.", "Anna"),
        ("So it will be June 20.", "June 20"),
        ("Thus there are exactly 24 such pairs $(a, b)$.", "24 such"),
        ("So x = 3 and x = -3.", "x = 3, x = -3"),
        ("Thus $f(x) = x^2$ for all real $x$.", "$f(x) = x^2$"),
        ("The total is 24 (21 + 3).", "24"),
        ("So our answer is 24!", "24"),
        ("The sum is 24. That's it!", "24"),
        ("Thus the curve is an **ellipse**.", "ellipse"),
        ("So it ends at 4:30 pm.", "4:30 pm"),
        ("Therefore $x=1$ or $x=2$.", "$x=1$, $x=2$"),
        ("So f'(x) = 2x.", "2x"),
        ("24\n\nHere is why: 4 rows of 6.", "24"),
        ("So $n = 24$. This satisfies $n - 4 = 20$.", "$n = 24$"),
        ("Thus the number is 24. QED", "24"),
        ("No, it is not possible.", "No"),
        ("因此一共有24个。", "24"),
        ("Portanto, a resposta é 24.", "24"),
        ("Die Antwort lautet 24, weil 4 mal 6 so viel ist.", "24"),
    ],
)
def test_of_a_sentence_the_value_it_states_is_taken(completion: str, answer: str) -> None:
    assert extract_answer(completion=completion) == answer


@pytest.mark.parametrize(
    "completion",
    [
        "The answer is 24 or 25.",
        "Answer: 24 or 25",
        "24 or 25",
        "So n is 24 or 25.",
        "So $n$ is $24$ or $25$.",
        "So $n = 24$ or $25$.",
        "**Answer:** **24** or **25**",
        "## Final Answer\n24 or 25",
        "There are 24 or 25 ways.",
        "It takes 24 minutes or 25 minutes.",
        "It is either 24 or it is 25.",
        "It might be 24 or it might be 25.",
        "The answer is probably 24, but it could be 25.",
        "The answer is 24, maybe 25.",
        "The answer is 24; or perhaps 25.",
        "The answer is 24 (or possibly 25).",
        "The answer is 24. It could also be 25.",
        "The answer is 24, unless n is odd, in which case it is 25.",
        "It is 24 if n is even, and 25 otherwise.",
        "The answer is twenty-four or twenty-five.",
        "La réponse est 24 ou 25.",
        "Die Antwort ist 24 oder 25.",
        "答案是24或25。",
        "The answer is 24 and/or 25.",
        "The answer is 24 but might be 25.",
        "The answer might be 24 or might be 25.",
        "The answer is 24, if not 25.",
        "I get 24, but 25 is also possible.",
        "The answer is 24, although 25 is equally likely.",
        "So $n=24 \\text{ or } n=25$.",
        "\\[ n^2 - 49n + 600 = 0 \\implies n = 24 \\quad\\text{or}\\quad n = 25. \\]",
        "\\begin{align} f(n) &= 0 \\\\ n &= 24 \\text{ or } n = 25 \\end{align}",
        "<answer>24 or 25</answer>",
        "It is \\boxed{\\text{either } 24 \\text{ or } 25}.",
    ],
)
def test_alternatives_are_an_answer_together_and_none_of_them_alone(completion: str) -> None:
    assert verdict(completion, gold="24") == "wrong"
    assert verdict(completion, gold="25") == "wrong"
    assert verdict(completion, gold="24, 25") == "correct"


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("The answer is 24 or 24.0.", "24.0"),
        ("The answer is 24 or 24.", "24"),
        ("It takes 1 year and 6 months, or 18 months.", "18 months"),
        ("So it costs $0.24 or 24 cents.", "24 cents"),
        ("So he has 2 dozen or 24 eggs.", "24 eggs"),
        ("It is $24\\pi$ cm², or about $75.4$ cm².", "$24\\pi$"),
        ("The angle is $90^\\circ$ or $\\frac{\\pi}{2}$ radians.", "$\\frac{\\pi}{2}$"),
        ("<answer>24 or 48/2</answer>", "48/2"),
        ("So it is 24 km or 24000 m.", "24000 m"),
        ("So $x = \\frac{48}{2} \\text{ or } x = 24$.", "x = 24"),
        ("So it is $\\frac{48}{2} \\text{ or } 24$.", "24"),
    ],
)
def test_one_value_said_twice_is_no_alternative(completion: str, answer: str) -> None:
    assert extract_answer(completion=completion) == answer


@pytest.mark.parametrize(
    "completion",
    [
        "25 or 24? Checking, 25 fails, so the answer is 24.",
        "Either 2 or 12 works for a, so the answer is 24.",
        "The number of those divisible by 2 or 3 is 24.",
        "There are 24 numbers divisible by 2 or 3.",
        "Whether n is 2 or 3, the answer is 24.",
        "Since $a = 24$ or $a = 25$ and $a$ is even, $a = 24$.",
        "The answer is 24 or 25, but 25 is too large.",
        "The answer is 24 or 25. As n is even, it is 24.",
        "Since $x = 2$ or $x = 3$, we get $T = 20 + 4 = 24$.",
        "The answer is 24, not 25 or 26.",
        "The answer is 24 (or 25 if we count the empty one).",
        "It might be 24 or 25. The answer is 24.",
        "So, the answer might be 24.",
        "So the number of boxes with neither pens nor pencils is 24.",
        "The answer is 24 if n is 2 or 3.",
        "The answer is 24 for n = 2 or n = 3.",
        "The answer is 24, whether n is 2 or 3.",
        "The answer is 24 or 25. Discard the odd one: 24.",
        "My first answer was 25, but 24 is correct.",
        "The answer is 24, but 25 is not possible.",
        "The answer is 24, and 25 is too large.",
        "It could be 25, but 25 is not even so it is 24.",
        "9 for Tom and 15 for Ann make 24.",
    ],
)
def test_values_that_are_no_alternatives_to_the_answer_leave_it_as_it_is(completion: str) -> None:
    assert verdict(completion) == "correct"


@pytest.mark.parametrize(
    "completion",
    ["It is neither 24 nor 25.", "The answer is 24 to 25.", "It is between 24 and 25."],
)
def test_bounds_and_denials_name_none_of_their_numbers(completion: str) -> None:
    assert verdict(completion, gold="24") in ("wrong", "no_answer")
    assert verdict(completion, gold="25") in ("wrong", "no_answer")


def test_of_names_in_an_alternative_none_is_the_answer() -> None:
    assert verdict("The tallest is Anna or it is Ben.", gold="Ben") != "correct"


@pytest.mark.parametrize("completion", ["So x = ±2.", "So x = +/-2.", "So the roots are ±2."])
def test_both_signs_name_two_values(completion: str) -> None:
    assert verdict(completion, gold="2") == verdict(completion, gold="-2") == "wrong"
    assert verdict(completion, gold="2,-2") == "correct"


@pytest.mark.parametrize(
    "joined", [r"\text{ and }", r"\quad \text{and} \quad", r"\;\mbox{ and }\;"]
)
def test_equations_that_and_joins_each_keep_their_name(joined: str) -> None:
    answer = extract_answer(completion=f"So $x = 4/2 = 2 {joined} y = 6/2 = 3$.")
    assert answer is not None
    assert grade_answer(gold="x = 2, y = 3", answer=answer).verdict == "correct"
    assert grade_answer(gold="x = 3", answer=answer).verdict == "wrong"


@pytest.mark.parametrize(
    "completion",
    [
        "So it is 0.333...",
        "So it is 0.333....",
        "So it is **0.333...**.",
        "So it is 0.333… I hope it is correct.",
        "So it is 0.333... meters.\n\nI hope it is correct.",
        "So it is 33.333...%.",
        "The answer is 0.333..., since 3 of them make 1.",
        "The answer is 1/3 or 0.333...",
    ],
)
def test_a_decimal_that_goes_on_keeps_its_dots_at_the_end_of_a_sentence(completion: str) -> None:
    assert verdict(completion, gold="1/3") == "correct"


def test_a_decimal_that_stops_is_no_third() -> None:
    assert verdict("So it is 0.333.", gold="1/3") == "wrong"


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("So it is -0.333...", "-1/3"),
        ("So x + 0.333... = 5.", "5"),
        ("The limit of 0.999... is 1.", "1"),
        ("So 0.111...1 has 24 ones.", "24"),
        ("It costs \\$1,333.333...", "4000/3"),
    ],
)
def test_other_dots_leave_the_answer_as_it_is(completion: str, gold: str) -> None:
    assert verdict(completion, gold=gold) == "correct"


def test_a_ratio_in_words_is_read_whole() -> None:
    assert verdict("The ratio is 3 to 4.", gold="3:4") == "correct"


def test_a_step_of_a_computation_concludes_nothing() -> None:
    assert verdict(f"{RAMBLE}\n\nSubstitute $r$:\n\\[\n4 \\cdot 6 = 24\n\\]") == "no_answer"
    assert verdict(f"{RAMBLE}\n\n2. **Multiply 4 by 6, which is 24:**") == "no_answer"
    assert verdict(f"{RAMBLE}\n\n- There are 24.") == "no_answer"
    assert verdict(f"{RAMBLE}\n\nThus, the product is:\n\\[\n4 \\cdot 6 = 24\n\\]") == "correct"


LATEX_SIGNS = r"""
\frac { } ( ) [ ] \{ \} \sqrt ^ _ 1 23 x , . = < \le \pm \cup \in \text{ cm} \boxed{ $ % & \\ ! /
e \pi \infty \begin{pmatrix} \end{pmatrix} answer is <think> </think> **
"""
LATEX_LIKE = st.lists(st.sampled_from(LATEX_SIGNS.split()), max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.one_of(LATEX_LIKE, st.text(max_size=30)), LATEX_LIKE)
def test_no_text_raises_and_every_answer_equals_itself(answer: str, other: str) -> None:
    if answer.strip():
        assert grade_answer(gold=answer, answer=answer).verdict == "correct"
    assert grade_answer(gold="7", answer=answer).verdict in list(Verdict)
    assert grade_completion(gold="7", completion=answer + other).verdict in list(Verdict)


def test_nesting_and_length_do_not_raise() -> None:
    for answer in ("(1," * 600, r"\frac{" * 300, "{" * 1900, r"\sqrt{" * 300 + "2" + "}" * 300):
        assert grade_answer(gold="(1,2)", answer=answer).verdict in ("wrong", "unsure")
    assert grade_answer(gold="1", answer="1" * 100_000).verdict == "wrong"


def test_alternatives_are_read_without_a_wait_for_sympy() -> None:
    powers = [rf"$\int_0^1 x^{{{n}x}}dx$" for n in range(1, 6)]
    start = time.perf_counter()
    assert extract_answer(completion=f"It is {' or '.join(powers)}.") == ", ".join(powers)
    assert time.perf_counter() - start < 1
