"""Rewards over graded samples: what each pays for, and what it does not."""

import pytest

from rl.recipe import Reward
from rl.rewards import accuracy, find_reward, find_rewards, language, thought_format
from tasks.errors import UserError

RIGHT = "<think>582+867:2+7+0=09;8+6+0=14;5+8+1=14;=449;</think><answer>449</answer>"


def test_accuracy_pays_for_the_right_answer_alone(graded):
    texts = [RIGHT, "<answer>449</answer>", "<answer>450</answer>", "<think>=449;"]
    assert accuracy([graded(t) for t in texts]) == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "pays", "other"),
    [
        (RIGHT, 1, {}),
        (f"\n{RIGHT}\n", 1, {}),
        ("<answer>449</answer>", 0, {}),
        ("<think></think><answer>449</answer>", 0, {}),
        ("<think>a</think><answer></answer>", 0, {}),
        ("<think>a</think>449", 0, {}),
        ("<think>a</think>449", 1, {"answer_tags": False}),
        ("so <think>a</think><answer>449</answer>", 0, {}),
        ("<think>a</think><think>b</think><answer>449</answer>", 0, {}),
        ("<think>a</think></think><answer>449</answer>", 0, {}),
        ("<think>a</think><answer>1</answer><answer>449</answer>", 0, {}),
        ("a</think><answer>449</answer>", 0, {}),
        ("a</think><answer>449</answer>", 1, {"prefilled": True}),
        ("<think>a</think><answer>449</answer>", 0, {"prefilled": True}),
        ("a", 0, {"prefilled": True}),
    ],
)
def test_format_is_one_thought_and_an_answer(graded, text, pays, other):
    assert thought_format([graded(text, **other)]) == [pays]


def test_format_is_not_paid_to_what_was_cut_off(graded):
    assert thought_format([graded(RIGHT, "length")]) == [0]


MAGISTRAL = "[THINK]a[/THINK]449"
OPENED = {"prompt": "<user>582+867=?<assistant><think>", "prefilled": True}


@pytest.mark.parametrize(
    ("text", "pays", "other"),
    [
        (MAGISTRAL, 1, {}),
        (MAGISTRAL, 0, {"prompt": "Write <think> </think> first. 582+867=?"}),
        ("a[/THINK]449", 1, {"prompt": "582+867=?[THINK]", "prefilled": True}),
        ("a</think>449", 1, OPENED),
        ("a</thinking>449", 0, OPENED),
        ("<think>a</think><thought>b</thought>449", 0, {}),
        ("<think>a</think></thought>449", 0, {}),
        ("<think>a</thinking>449", 0, {}),
        ("<think>write `</think>` at the end</think>449", 0, {}),
    ],
)
def test_format_takes_the_tags_that_the_prompt_names(graded, text, pays, other):
    assert thought_format([graded(text, **{"answer_tags": False, **other})]) == [pays]


def test_language_is_the_share_of_the_thoughts_words(graded):
    mixed = "<think>582+867:2+7=九;</think><answer>449</answer>"
    samples = [graded(RIGHT), graded(mixed), graded("<answer>449</answer>")]
    assert language(samples) == [1.0, pytest.approx(8 / 9), 0.0]


def test_language_of_english_and_chinese(graded):
    text = "<think>We add 然后 we check $一$ and `二`.</think>449"
    assert language([graded(text, language="en")]) == [pytest.approx(5 / 7)]
    assert language([graded(text, language="zh")]) == [pytest.approx(2 / 7)]


def test_chance_is_the_same_again_and_pays_half(graded):
    samples = [graded(f"<answer>{n}</answer>") for n in range(400)]
    first, again = (find_reward(Reward(use="random"))(samples=samples) for _ in range(2))
    assert first == again
    assert 150 < sum(first) < 250


def test_those_of_trl_take_their_arguments(graded):
    overlong = Reward(use="overlong")
    (function,) = find_rewards([overlong], most_tokens=100)
    assert function(completion_ids=[[1] * 80, [1] * 90, [1] * 100]) == [0.0, -0.5, -1.0]
    repetition = find_reward(Reward(use="repetition", args={"ngram_size": 2, "max_penalty": -2}))
    assert repetition(completion_ids=[[5, 5, 5, 5, 5]]) == [-1.5]


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (Reward(use="acuracy"), "did you mean 'accuracy'"),
        (Reward(use="random", args={"q": 1}), "takes p, seed, not 'q'"),
        (Reward(use="random", args={"p": 2}), "give a probability"),
        (Reward(use="accuracy", args={"p": 2}), "takes no arguments"),
        (Reward(use="repetition", args={"ngram_size": 0}), "cannot work with ngram_size 0"),
        (Reward(use="repetition", args={"ngram_size": "3"}), "cannot work with ngram_size '3'"),
        (Reward(use="nowhere.py:f"), "no such file"),
    ],
)
def test_what_is_not_there_is_said(reward, message):
    with pytest.raises(UserError, match=message):
        find_reward(reward)


def test_two_of_one_name_are_refused():
    with pytest.raises(UserError, match="two rewards are called accuracy"):
        find_rewards([Reward(use="accuracy"), Reward(use="accuracy", weight=2)], 10)


OWN = """
def short(completions, samples, limit=3, **_):
    return [float(len(c) < limit) for c in completions]
def few(completions, **_):
    return []
def word(completions, **_):
    return ["good" for _ in completions]
def broken(completions, **_):
    return [1 / 0]
def none(completions, **_):
    return [None for _ in completions]
"""


def test_the_users_own_reward(graded, tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    given = {"completions": ["a", "abcdef"], "samples": []}

    def call(name, **args):
        return find_reward(Reward(use=f"{tmp_path}/mine.py:{name}", args=args))(**given)

    assert call("short") == [1, 0]
    assert call("short", limit=9) == [1, 1]
    assert call("none") == [None, None]
    for name, message in [
        ("few", "returned 0 rewards for 2"),
        ("word", "a reward is a number or None"),
        ("broken", "ZeroDivisionError"),
    ]:
        with pytest.raises(UserError, match=message):
            call(name)
