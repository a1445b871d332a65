"""Every filter by what it keeps and what it drops."""

import pytest

from distill.chain import Use, judge, look, make_steps
from distill.filters.find import FILTERS, find_filter
from distill.traces import Trace
from tasks.errors import UserError
from tasks.grading import Verdict

LONG = " ".join(f"step {n} adds {n * n % 97} to what step {n + 1} found" for n in range(90))


def trace(text="<think>2 and 2</think>4", question="2+2=?", **meta):
    return Trace(
        [{"role": "user", "content": question}], [{"role": "assistant", "content": text}], meta
    )


def told(filters, traces):
    """What a chain says to traces of one problem: name of the filter and reason, None if kept."""
    steps = make_steps([Use(use=use, args=args) for use, args in filters])
    looked = [look(steps, one, "") for one in traces]
    every = dict(enumerate(steps))
    return [
        None if said.step is None else (steps[said.step].name, said.reason)
        for said in judge(every, looked)
    ]


def reasons(use, traces, **args):
    return [said and said[1] for said in told([(use, args)], traces)]


def test_a_stored_verdict_goes_before_the_grader():
    assert trace("5", gold="4", verdict="correct").verdict is Verdict.CORRECT
    assert reasons("verdict", [trace("5", gold="4", verdict="correct")]) == [None]


@pytest.mark.parametrize("verdict", ["wrong", "no_answer", "truncated", "unsure"])
def test_only_what_is_correct_is_kept(verdict):
    assert reasons("verdict", [trace(verdict=verdict)]) == [verdict]


def test_a_trace_with_a_gold_is_graded_by_our_grader():
    traces = [trace(f"<think>a</think>{a}", gold=g) for a, g in (("4.0", 4), ("5", "4"))]
    assert reasons("verdict", traces) == [None, "wrong"]
    assert reasons("verdict", [trace("<think>it is 4", gold="4")]) == ["truncated"]


def test_without_verdict_and_gold_a_trace_is_dropped_or_the_majority_decides():
    traces = [trace(f"<think>a</think>The answer is {a}.") for a in ("4", "5", "4.0")]
    assert reasons("verdict", traces) == ["no verdict and no gold"] * 3
    assert reasons("verdict", traces, majority=True) == [
        None,
        "5 is not the majority (2 of 3)",
        None,
    ]


def test_a_tie_and_a_single_vote_are_no_majority():
    one, other = (trace(f"<think>a</think>The answer is {a}.") for a in "45")
    assert reasons("verdict", [one, other], majority=True) == ["no majority"] * 2
    assert reasons("verdict", [one], majority=True) == ["no majority"]
    assert reasons("verdict", [trace("<think>a")], majority=True) == ["no answer"]


def test_the_majority_does_not_overrule_a_verdict():
    answers = ("4", "4", "5")
    traces = [trace(f"The answer is {a}.", gold="5") for a in answers]
    assert reasons("verdict", traces, majority=True) == ["wrong", "wrong", None]


@pytest.mark.parametrize(
    ("text", "meta", "reason"),
    [
        ("<think>a</think>4", {"finish_reason": "stop"}, None),
        ("<think>a</think>4", {}, None),
        ("<think>a</think>4", {"finish_reason": "length"}, "cut off (length)"),
        ("<think>a</think>4", {"finish_reason": "content_filter"}, "cut off (content_filter)"),
        ("<think>a", {"finish_reason": "stop"}, "thought not closed"),
        ("<think>a</think>\n", {}, "no answer behind the thought"),
        ("", {}, "no answer behind the thought"),
        ("4", {}, "no thought"),
        ("<think>\n</think>4", {}, "no thought"),
    ],
)
def test_what_is_complete(text, meta, reason):
    assert reasons("complete", [trace(text, **meta)]) == [reason]


def test_a_thought_in_two_languages_is_dropped_and_formulas_are_no_language():
    mixed = trace("<think>First we add 然后检查 the numbers</think>4")
    greek = trace("<think>So $\\pi r^2$ with 角 = no</think>the answer")
    assert reasons("language", [mixed]) == ["0.55 of the words are en"]
    assert reasons("language", [mixed], at_least=0.5) == [None]
    assert reasons("language", [greek], at_least=0.8) == ["0.75 of the words are en"]
    assert reasons("language", [trace("<think>8+6=14;五+八=一三;</think>4")], language="ascii")[0]


def test_loops_are_dropped_and_worked_text_is_not():
    looped = trace(f"<think>{'Wait, let me check that again. ' * 60}</think>4")
    assert reasons("repetition", [looped, trace(f"<think>{LONG}</think>4")])[0] == "0.97 said again"
    assert reasons("repetition", [trace()]) == [None]


def test_a_paragraph_ends_at_an_empty_line_only():
    lines = "\n".join(["x" * 99] * 21)
    assert reasons("paragraphs", [trace(lines)]) == ["a paragraph of 2099 characters"]
    assert reasons("paragraphs", [trace(lines.replace("\n", "\n \n"))]) == [None]


def test_code_blocks_are_counted():
    block = "```python\nprint(4)\n```\n"
    assert reasons("code", [trace(block), trace(2 * block)], at_most=1) == [None, "2 code blocks"]
    assert reasons("code", [trace("~~~\n4"), trace("a ``` b `c`")]) == ["1 code block", None]


def test_length_in_tokens_and_characters():
    assert reasons("length", [trace(tokens=10)], at_least=11) == ["10 tokens"]
    assert reasons("length", [trace("1234")], unit="characters", at_most=3) == ["4 characters"]
    assert reasons("length", [trace()]) == [
        "its tokens were not counted (bound characters instead)"
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't assist with that request.",
        "I cannot help with this.",
        "As an AI language model, I have no opinion.",
        "Unfortunately, I am unable to provide that.",
        "抱歉，我无法回答这个问题。",
    ],
)
def test_refusals_are_dropped(answer):
    assert reasons("refusal", [trace(f"<think>a</think>{answer}")])[0].startswith("refused: ")


@pytest.mark.parametrize(
    "answer",
    [
        "We cannot divide by 0, so the answer is 4.",
        "I can't simplify further: 4.",
        "Sorry for the detour. The answer is 4.",
    ],
)
def test_what_only_sounds_like_a_refusal_is_kept(answer):
    assert reasons("refusal", [trace(f"<think>I can't answer this</think>{answer}")]) == [None]


def test_difficulty_counts_every_trace_that_was_given():
    traces = [trace(verdict=v) for v in ("correct", "wrong", "wrong", "unsure")]
    assert reasons("difficulty", traces, at_least=0.5) == ["solved 1 of 3 times"] * 4
    chain = [("verdict", {}), ("difficulty", {"at_most": 0.5})]
    assert told(chain, traces)[0] is None  # 1 of 3, not 1 of the 1 that verdict left
    assert reasons("difficulty", [trace(), trace()]) == [None, None]


def test_per_problem_keeps_the_shortest_by_tokens_or_by_text():
    traces = [trace("a" * n, tokens=9 - n, id=str(n)) for n in (1, 2, 3)]
    dropped = "not among the 1 shortest of 3"
    assert reasons("per_problem", traces, most=1) == [dropped, dropped, None]
    bare = [trace("a" * n, id=str(n)) for n in (1, 2, 3)]
    assert reasons("per_problem", bare, most=1) == [None, dropped, dropped]


def test_a_random_choice_is_the_same_in_any_order_and_another_by_another_seed():
    traces = [trace(id=str(n)) for n in range(20)]

    def kept(seed, given):
        said = reasons("per_problem", given, most=5, keep="random", seed=seed)
        return {t.id for t, reason in zip(given, said, strict=True) if reason is None}

    assert kept(0, traces) == kept(0, traces[::-1])
    assert len({frozenset(kept(seed, traces)) for seed in range(5)}) > 1


def test_diverse_keeps_what_is_least_alike():
    other = LONG.replace("adds", "takes").replace("found", "gave")
    traces = [trace(LONG), trace(LONG + " So it is 4."), trace(other), trace(LONG + " It is 4.")]
    said = reasons("per_problem", traces, most=2, keep="diverse")
    assert [reason is None for reason in said] == [True, False, True, False]


def test_exact_duplicates_are_found_whatever_their_case_and_spaces():
    traces = [trace("Ａ b", id="one"), trace("a  B\n", id="two"), trace("a c", id="three")]
    assert reasons("exact", traces) == [None, "the same text as one", None]


def test_near_duplicates_are_found_and_others_are_not():
    other = LONG.replace("adds", "takes").replace("found", "gave")
    traces = [trace(LONG, id="one"), trace(LONG.replace("step 7 ", "now "), id="two"), trace(other)]
    said = reasons("near", traces)
    assert said[0] is said[2] is None
    assert said[1].endswith("like one")


def test_what_was_dropped_before_is_no_twin():
    traces = [trace(verdict="wrong", id="one"), trace(verdict="correct", id="two")]
    assert told([("verdict", {}), ("exact", {})], traces) == [("verdict", "wrong"), None]


def test_a_users_own_filter(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "def mine(row, most=1):\n"
        "    n = row['meta']['n']\n"
        "    return {0: True, 1: None, 2: False, 3: 'three is much'}[n] if n < 4 else n / 0\n"
        "def odd(row): return 7\n"
    )
    traces = [trace(n=n) for n in range(4)]
    said = told([(f"{mine}:mine", {"most": 2})], traces)
    assert said == [None, None, ("mine", "mine returned False"), ("mine", "three is much")]
    with pytest.raises(UserError, match="ZeroDivisionError"):
        reasons(f"{mine}:mine", [trace(n=4)])
    with pytest.raises(UserError, match="odd returned 7: give True, False, None or a reason"):
        reasons(f"{mine}:odd", [trace()])


@pytest.mark.parametrize(
    ("use", "args", "text"),
    [
        ("verdit", {}, "unknown filter 'verdit': did you mean 'verdict'?"),
        ("nothing like it", {}, "or file.py:function"),
        ("near", {"at_last": 0.5}, "the filter near: unknown key 'at_last': did you mean"),
        ("near", {"at_least": 5}, "the filter near: at_least: Input should be less than"),
        ("near", {"words": "many"}, "the filter near: words:"),
        ("language", {"language": "klingon"}, "unknown language 'klingon'"),
        ("difficulty", {"at_least": 0.9, "at_most": 0.1}, "at_least 0.9 is more than at_most 0.1"),
        ("length", {"at_least": 40000}, "at_least 40000 is more than at_most 32768"),
        ("decontamination", {"tasks": ["aime42"]}, "cannot read aime42: unknown task"),
        ("decontamination", {"tasks": ["nano"], "question": 2}, "2 words in a row tell nothing"),
        ("nowhere.py:f", {}, "no such file: nowhere.py"),
    ],
)
def test_a_name_or_an_argument_that_is_not_known_is_named(use, args, text):
    with pytest.raises(UserError) as error:
        find_filter(use, args)
    assert text in str(error.value)


HOSTILE = [
    "",
    " \n\t\u2028 ",
    "\x00" * 100,
    "\ud800\udfff lone",
    "<think>" * 2000 + "</think>" * 2000,
    "`" * 5000 + "$" * 5000 + "\\begin{a}" * 300,
    "a" * 500_000,
    "字" * 50_000,
    "é\u0301" * 20_000 + "🧮" * 1000 + "\u202e",
    "\n" * 100_000,
    "I'm sorry" * 20_000,
]


@pytest.mark.parametrize("use", [use for use in FILTERS if use != "decontamination"])
def test_no_text_breaks_a_filter(use):
    args = {"keep": "diverse", "most": 2} if use == "per_problem" else {}
    traces = [trace(text, text, id=f"\ud800{n}", gold="4") for n, text in enumerate(HOSTILE)]
    said = told([(use, args)], traces)
    assert len(said) == len(HOSTILE)


def test_no_text_breaks_decontamination():
    traces = [trace(text, text) for text in HOSTILE]
    assert told([("decontamination", {"tasks": ["nano"]})], traces) == [None] * len(HOSTILE)
