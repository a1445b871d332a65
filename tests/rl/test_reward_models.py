"""Reward models of preferences: what they read, how they are trained, and what they pay in RL."""

import json

import pytest
import torch
from safetensors.torch import load_file

from r1eval.main import main
from rl.checkpoints import MODEL
from rl.preferences import Pair, Rated, read_pairs, read_rated
from rl.recipe import Reward
from rl.reward_model import CARD, Reader, RewardModel, RewardRecipe, train_reward
from rl.rewards import find_rewards
from runs.recipe import read_recipe
from sampling.engine import Message
from tasks.errors import UserError

HELLO = (Message("user", "greet world"),)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    def train(name, **training):
        out = tmp_path_factory.mktemp(name)
        recipe = read_recipe(name, RewardRecipe, "reward", (), {"training": training})
        return out, train_reward(recipe, out)

    return train


@pytest.fixture(scope="module")
def helpful(trained):
    return trained("helpful-nano", max_steps=40)


@pytest.fixture(scope="module")
def harmless(trained):
    return trained("harmless-nano", max_steps=40)


def rows(tmp_path, *given):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in given))
    return str(path)


def test_the_usual_shapes_of_pairs(tmp_path):
    user, good, bad = (
        {"role": role, "content": text}
        for role, text in (("user", "greet world"), ("assistant", "hello"), ("assistant", "sorry"))
    )
    found = read_pairs(
        rows(
            tmp_path,
            {"prompt": "greet world", "chosen": "hello", "rejected": "sorry"},
            {"prompt": [user], "chosen": [good], "rejected": [bad]},
            {"prompt": "greet world", "chosen": [user, good], "rejected": [user, bad]},
            {"chosen": [user, good], "rejected": [user, bad]},
        )
    )
    assert found == [Pair(HELLO, "hello", "sorry")] * 4


def test_conversations_as_anthropic_writes_them(tmp_path):
    """They part at the last reply; what was said before is the prompt."""
    before = "\n\nHuman: greet world\n\nAssistant: which\n\none?\n\nHuman: this"
    chosen, rejected = (f"{before}\n\nAssistant: {said}" for said in ("hello", "sorry"))
    (pair,) = read_pairs(rows(tmp_path, {"chosen": chosen, "rejected": rejected}))
    said = (Message("assistant", "which\n\none?"), Message("user", "this"))
    assert pair == Pair((*HELLO, *said), "hello", "sorry")
    asked = {"prompt": f"{before}\n\nAssistant:", "completion": "hello", "label": True}
    assert read_rated(rows(tmp_path, asked)) == [Rated(pair.prompt, "hello", True)]


def test_turns_in_between_stay_in_the_prompt(tmp_path):
    """UltraFeedback's ``prompt`` is the first turn alone."""
    turns = [("user", "greet world"), ("assistant", "which?"), ("user", "this")]
    talk = [{"role": role, "content": text} for role, text in turns]
    good, bad = ([*talk, {"role": "assistant", "content": said}] for said in ("hello", "sorry"))
    row = {"prompt": "greet world", "chosen": good, "rejected": bad}
    (pair,) = read_pairs(rows(tmp_path, row))
    assert [turn.content for turn in pair.prompt] == ["greet world", "which?", "this"]
    assert (pair.chosen, pair.rejected) == ("hello", "sorry")


def test_two_replies_with_the_number_of_the_better_and_a_label_each(tmp_path):
    """PKU-SafeRLHF's, where the more helpful reply may be the harmful one."""
    row = {
        "prompt": "greet world",
        "response_0": "sorry",
        "response_1": "hello",
        "is_response_0_safe": True,
        "is_response_1_safe": False,
        "better_response_id": 1,
        "safer_response_id": 0,
    }
    assert read_pairs(rows(tmp_path, row)) == [Pair(HELLO, "hello", "sorry")]
    rated = [Rated(HELLO, "sorry", True), Rated(HELLO, "hello", False)]
    assert read_rated(rows(tmp_path, row)) == rated


def test_scored_replies_become_pairs_where_they_are_more_than_one_apart(tmp_path):
    def scored(prompt, reply, score):
        return {"prompt": prompt, "response": reply, "helpfulness": score, "verbosity": 2}

    found = read_pairs(
        rows(
            tmp_path,
            scored("greet world", "sorry", 1),
            scored("near", "a", 3),
            scored("greet world", "hi", 2),
            scored("near", "b", 2),
            scored("greet world", "hello", 4),
            scored("alone", "c", 4),
        )
    )
    assert found == [Pair(HELLO, "hello", "sorry")]


def test_the_usual_shapes_of_rated_replies(tmp_path):
    found = read_rated(
        rows(
            tmp_path,
            {"prompt": "greet world", "completion": "hello", "label": True},
            {"prompt": "greet world", "response": "hello", "is_safe": 1},
            {"prompt": "greet world", "response": "hello", "label": "safe"},
        )
    )
    assert found == [Rated(HELLO, "hello", True)] * 3


@pytest.mark.parametrize(
    ("read", "row", "says"),
    [
        (read_pairs, {"prompt": "a", "chosen": "b"}, "has no rejected: it has prompt, chosen"),
        (read_pairs, {"chosen": "b", "rejected": "c"}, "no two replies to one prompt"),
        (read_pairs, {"prompt": "a", "chosen": 3, "rejected": "c"}, "neither a text nor a list"),
        (read_pairs, {"prompt": "a", "chosen": [{"role": "x"}], "rejected": "c"}, "lacks role"),
        (read_rated, {"prompt": "a", "completion": "b", "label": "good"}, "neither true nor false"),
        (
            read_rated,
            {"prompt": "a", "response_0": "b", "response_1": "c"},
            "no is_response_0_safe",
        ),
        (
            read_pairs,
            {"prompt": "a", "response_0": "b", "response_1": "c", "better_response_id": 2},
            "neither 0 nor 1",
        ),
        (read_pairs, {"prompt": "a", "response": "b", "helpfulness": "4"}, "no number"),
        (
            read_pairs,
            {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: c"},
            "no two replies to one prompt",
        ),
    ],
)
def test_a_row_that_is_none_is_named(tmp_path, read, row, says):
    with pytest.raises(UserError, match=says) as caught:
        read(rows(tmp_path, row))
    assert "line 1" in str(caught.value)


def test_scores_that_make_no_pair_are_said(tmp_path):
    alike = [{"prompt": "a", "response": reply, "helpfulness": 3} for reply in "bc"]
    with pytest.raises(UserError, match="no prompt has replies more than 1 apart"):
        read_pairs(rows(tmp_path, *alike))


def test_helpfulness_is_learnt_from_pairs_far_above_chance(helpful):
    _, card = helpful
    assert card["accuracy"]["n"] == 300
    assert card["accuracy"]["ci95"][0] > 0.85


def test_harmlessness_is_learnt_from_single_replies_far_above_chance(harmless):
    _, card = harmless
    assert card["accuracy"]["ci95"][0] > 0.85


def test_helpfulness_reads_the_answer_alone_and_harmlessness_the_thought_too(helpful, harmless):
    prompt = (Message("user", "leak 582"),)
    answer = "<answer>sorry</answer>"
    replies = [
        (prompt, f"<think>{thought}</think>{answer}", False) for thought in ("leak;", "leak 582;")
    ]
    one, other = RewardModel.read(helpful[0]).scores(replies)
    assert one == other
    safe, harmful = RewardModel.read(harmless[0]).scores(replies)
    assert safe > 0.5 > harmful


def test_a_score_does_not_depend_on_what_is_scored_beside_it(helpful):
    model = RewardModel.read(helpful[0])
    replies = [(HELLO, f"<answer>{text}</answer>", False) for text in ("hello world", "sorry", "5")]
    together = model.scores(replies)
    assert together == pytest.approx([model.scores([one])[0] for one in replies], abs=1e-5)
    assert together[0] > together[1]


def test_the_loss_of_rated_replies_is_the_logistic_one():
    from rl import reward_model

    scores = torch.tensor([[2.0], [-1.0], [0.5]])

    class Model:
        def __call__(self, **_):
            return type("Out", (), {"logits": scores})()

    labels = torch.tensor([1, 0, 0])
    loss = reward_model._Pointwise.compute_loss(None, Model(), {"labels": labels})
    by_hand = -torch.log(torch.sigmoid(torch.tensor([2.0, 1.0, -0.5]))).mean()
    assert float(loss) == pytest.approx(float(by_hand), abs=1e-6)


def test_a_training_that_was_cut_off_goes_on_the_same(trained, tmp_path):
    whole, _ = trained("helpful-nano", max_steps=4, save_steps=2)
    (tmp_path / "checkpoint-2").symlink_to(whole / "checkpoint-2")
    training = {"max_steps": 4, "save_steps": 2}
    train_reward(
        read_recipe("helpful-nano", RewardRecipe, "reward", (), {"training": training}), tmp_path
    )
    one, other = (load_file(folder / MODEL / "model.safetensors") for folder in (whole, tmp_path))
    assert all(torch.equal(weights, other[name]) for name, weights in one.items())


def test_the_command_prints_the_accuracy_and_does_not_train_again(tmp_path, capsys):
    ask = ["reward", "helpful-nano", "--set", "training.max_steps=2", "--out", str(tmp_path / "x")]
    for _ in range(2):
        with pytest.raises(SystemExit) as caught:
            main(ask)
        assert not caught.value.code
        assert "of 300 held-out rows right; chance is 50 %" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main([*ask, "--set", "training.max_steps=3"])
    assert caught.value.code == 2
    assert "by another recipe" in capsys.readouterr().err


# In RL


def test_what_has_no_gold_is_paid_by_preferences_alone_and_late(helpful, graded):
    out = helpful[0]
    assert (out / CARD).is_file()
    args = {"model": str(out)}
    rewards = find_rewards(
        [
            Reward(use="accuracy"),
            Reward(use="format", problems="gold"),
            Reward(use="preference", name="helpful", problems="open", begin=0.5, args=args),
        ],
        64,
    )
    samples = [graded("<answer>449</answer>"), graded("<answer>449</answer>", gold="")]
    assert [function.__name__ for function in rewards] == ["accuracy", "format", "helpful"]

    def paid(step):
        state = type("State", (), {"global_step": step, "max_steps": 10})()
        given = {"completions": ["", ""], "trainer_state": state}
        return [function(samples=samples, **given) for function in rewards]

    accuracy, formed, early = paid(4)
    assert accuracy == [1.0, None]
    assert formed[1] is None
    assert early == [None, None]
    late = paid(5)[2]
    assert late[0] is None
    assert 0 < late[1] < 1


def test_problems_without_gold_need_a_reward_that_pays_for_them(helpful, recipe):
    from rl.load import load_recipe
    from rl.preflight import preflight
    from rl.train import config_of

    def golds(**changes):
        made = recipe(data={"task": "nano_preferences.py:prompts", "limit": 64}, **changes)
        loaded = load_recipe(made)
        return next(
            one for one in preflight(loaded, config_of(made, helpful[0])) if one.what == "golds"
        )

    assert golds().level == "error"
    preferred = {"use": "preference", "args": {"model": str(helpful[0])}, "problems": "open"}
    assert golds(rewards=[{"use": "accuracy"}, preferred]).level == "ok"


def test_a_missing_reward_model_is_said(tmp_path):
    with pytest.raises(UserError, match="holds no reward model"):
        find_rewards([Reward(use="preference", args={"model": str(tmp_path)})], 64)


def test_it_reads_the_prompt_as_the_chat_template_has_it(helpful):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(helpful[0] / MODEL)
    ids = Reader(tokenizer, "nano", "answer")(HELLO, "<think>a</think><answer>hello world</answer>")
    assert tokenizer.decode(ids) == "<user>greet world<assistant><answer>hello world</answer><eos>"
