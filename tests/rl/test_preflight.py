"""What would waste hours is found before the first step."""

import json

import pytest

from rl.load import load_recipe
from rl.preflight import preflight
from rl.train import config_of


@pytest.fixture
def findings(recipe, tmp_path):
    def look(probe=False, **other):
        made = recipe(**other)
        return list(preflight(load_recipe(made), config_of(made, tmp_path), probe))

    return look


def told(found, level):
    return [f"{finding.what}: {finding.text}" for finding in found if finding.level == level]


def test_a_sound_recipe_has_nothing_but_ok(findings):
    found = findings(probe=True, data={"limit": None}, grpo={"max_completion_length": 256})
    assert not told(found, "error")
    assert not told(found, "warning")
    assert any("groups have a signal" in text for text in told(found, "ok"))


@pytest.mark.parametrize(
    ("other", "level", "text"),
    [
        ({"grpo": {"max_completion_length": 600}}, "error", "context: no prompt leaves room"),
        ({"grpo": {"top_p": 0.9}}, "warning", "it is biased"),
        ({"data": {"limit": 3}}, "error", "do not fill a rollout of 4 questions"),
        ({"lora": {"r": 4}}, "error", "the reference is the base under the adapter"),
        ({"grpo": {"beta": 0.0}}, "error", "there is no reference"),
    ],
)
def test_each_fault_is_named(findings, other, level, text):
    assert any(text in said for said in told(findings(**other), level))


def test_no_signal_is_an_error(findings, tmp_path):
    task = tmp_path / "hard.jsonl"
    rows = [f'{{"id": {n}, "problem": "{n:03d}+001=?", "answer": "7777"}}' for n in range(64)]
    task.write_text("\n".join(rows))
    only = [{"use": "accuracy"}]
    found = findings(probe=True, data={"task": str(task)}, rewards=only)
    assert any("there is no signal" in said for said in told(found, "error"))
    assert any("(none correct)" in said for said in told(found, "error"))


def test_a_signal_in_the_last_half_of_the_data_is_found(findings, tmp_path):
    task = tmp_path / "half.jsonl"
    rows = [
        {"id": n, "problem": f"{n:03d}+001=?", "answer": "7777" if n < 32 else f"{n + 1:03d}"}
        for n in range(64)
    ]
    task.write_text("\n".join(map(json.dumps, rows)))
    found = findings(probe=True, data={"task": str(task)}, rewards=[{"use": "accuracy"}])
    assert not told(found, "error")
    assert any("of 16 groups have a signal" in said for said in told(found, "ok"))


def test_a_gold_that_cannot_be_graded_is_named(findings, tmp_path):
    task = tmp_path / "odd.jsonl"
    answers = ["12"] * 60 + ["x = ???"] * 4
    rows = [f'{{"id": {n}, "problem": "1+1=?", "answer": "{a}"}}' for n, a in enumerate(answers)]
    task.write_text("\n".join(rows))
    found = findings(data={"task": str(task)})
    golds = [finding for finding in found if finding.what == "golds"]
    assert golds[0].level in {"ok", "warning"}


def test_most_being_cut_off_is_said(findings):
    found = findings(probe=True, template="r1", grpo={"max_completion_length": 8})
    assert any("were cut off" in said for said in told(found, "warning"))


def test_prompts_that_leave_no_room_are_left_out_and_counted(findings, recipe):
    lengths = {len(one.prompt_ids) for one in load_recipe(recipe()).problems}
    assert len(lengths) > 1
    most = 512 - sorted(lengths)[-1] + 1
    found = findings(grpo={"max_completion_length": most})
    assert any("problems are left out" in text for text in told(found, "warning"))
    kept = load_recipe(recipe(grpo={"max_completion_length": most})).problems
    assert 0 < len(kept) < 64


def test_batches_meant_for_more_processes_are_said(findings):
    assert "a step takes 1/8 of the completions" in told(findings(processes=8), "warning")[0]


def test_a_vllm_that_is_lacking_or_newer_than_trl_knows_is_said(recipe, tmp_path):
    made = recipe()
    config = config_of(made, tmp_path)
    config.use_vllm = True  # which a machine without a GPU takes out of the recipe
    found = [one for one in preflight(load_recipe(made), config, False) if one.what == "vllm"]
    assert [one.level for one in found] in (["error"], ["warning"])
    assert "vLLM" in found[0].text
