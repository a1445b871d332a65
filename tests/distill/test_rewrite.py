"""Traces in the words of a second model: what keeps to the form is a trace again, with a verdict of
its own; what does not is in the ledger.
"""

import json
import sqlite3

import pytest

from distill.rewrite import asked_of, rewritten, write_problems
from distill.traces import Trace, read_traces, write_traces
from r1eval.main import main
from runs.models import find_model
from tasks.errors import UserError
from tasks.load import load_task


def trace(name, gold="4", **meta):
    return Trace(
        [{"role": "user", "content": f"What is 2+2? ({name})"}],
        [{"role": "assistant", "content": "<think>\n两个二 is four\n</think>\n\nFour: 4."}],
        {"id": name, "question": "What is 2+2?", "verdict": "correct", "gold": gold, **meta},
    )


def call(*args):
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in args])
    return caught.value.code


@pytest.fixture
def traces(tmp_path):
    path = tmp_path / "zero.jsonl"
    write_traces(path, [trace("a"), trace("b"), trace("c"), trace("d", gold=None)])
    return path


def test_the_second_model_reads_problem_thought_and_answer_as_a_task(traces, tmp_path):
    task = load_task(str(write_problems(traces, tmp_path / "run")), needs_gold=False)
    assert [one.id for one in task.problems] == ["a", "b", "c", "d"]
    asked = task.problems[0].prompt
    assert asked == asked_of(trace("a"))
    for part in ("What is 2+2?", "两个二 is four", "Four: 4."):
        assert part in asked


def test_a_run_of_a_real_model_becomes_traces_and_a_ledger(traces, tmp_path, capsys):
    """SmolLM2 does not keep to the form in 8 tokens; then replies that do are put in their place,
    and one whose result has changed.
    """
    try:
        find_model("smollm2")
    except UserError:
        pytest.skip("needs smollm2: make smollm2")
    out = tmp_path / "run"
    ask = ["distill", "rewrite", traces, "--by", "smollm2", "--out", out, "--set", "max_tokens=8"]
    assert call(*ask) == 2
    assert "rewrote no trace in the form" in capsys.readouterr().err
    said = "<steps>\nTwo and two {}.\n</steps>\n<summary>\n\\boxed{{{}}}\n</summary>"
    with sqlite3.connect(out / "samples.db") as store:
        for name, result in (("a", "4"), ("c", "5"), ("d", "4")):
            text = said.format(result, result)
            store.execute("UPDATE samples SET text = ? WHERE problem_id = ?", (text, name))
    first, wrong, unknown = rewritten(out, traces, "ours")
    assert first.text == "<think>\nTwo and two 4.\n</think>\n\n\\boxed{4}"
    assert first.prompt == trace("a").prompt
    assert first.meta["rewritten_by"] == "smollm2"
    assert (first.meta["verdict"], wrong.meta["verdict"]) == ("correct", "wrong")
    assert "verdict" not in unknown.meta
    left_out = [json.loads(line) for line in (out / "left_out.jsonl").read_text().splitlines()]
    reason = "not in the form it was asked for"
    assert left_out == [{"id": "b", "filter": "rewrite", "reason": reason}]
    assert call(*ask) == 0  # goes on: nothing is asked again
    assert [one.id for one in read_traces(out / "traces.jsonl")] == ["a", "c", "d"]


def test_two_traces_of_one_name_and_none_are_refused(tmp_path):
    path = tmp_path / "twice.jsonl"
    write_traces(path, [trace("a"), trace("a")])
    with pytest.raises(UserError, match="two traces have the id a"):
        write_problems(path, tmp_path / "run")
    path.write_text("")
    with pytest.raises(UserError, match="holds no traces"):
        write_problems(path, tmp_path / "other")
