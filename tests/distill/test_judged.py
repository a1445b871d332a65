"""A judge is asked about traces where no rule applies, and about no others."""

import pytest

from distill.judged import Review
from distill.traces import Trace, write_traces
from r1eval.main import main
from tasks.grading.judge import Judge

SAME, DIFFERENT = "VERDICT: SAME", "VERDICT: DIFFERENT"


def trace(name, answer, gold="no solution", **meta):
    asked = [{"role": "user", "content": "Solve x = x + 1."}]
    said = [{"role": "assistant", "content": f"<think>Hm.</think>\n\n\\boxed{{{answer}}}"}]
    return Trace(asked, said, {"id": name, "gold": gold, "finish_reason": "stop", **meta})


def reviewed(reply, *traces):
    prompts = []

    def ask(asked, seed):
        prompts.extend(asked)
        return [reply] * len(asked)

    review = Review(Judge(ask, votes=3), "a judge")
    return {one.id: one for one in review(traces)}, review, prompts


TRACES = (
    trace("open", r"\text{there is none}"),
    trace("stored", r"\text{there is none}", verdict="wrong"),
    trace("right", r"\text{no solution}"),
    trace("number", "3", gold="4"),
    trace("cut", r"\text{there is none}", verdict="truncated"),
    Trace([{"role": "user", "content": "?"}], [{"role": "assistant", "content": "x"}], {"id": "-"}),
)


def test_only_what_no_rule_decides_is_asked_about():
    told, review, prompts = reviewed(SAME, *TRACES)
    assert list(told) == ["open", "stored", "right", "number", "cut", "-"]
    assert len(prompts) == 3  # two equal cases, put once, three votes
    assert (review.asked, review.changed) == (2, 2)
    for name in ("open", "stored"):
        assert told[name].meta["verdict"] == "correct"
        assert told[name].meta["reason"] == "judge: 3 of 3 votes"
        assert told[name].meta["judge"] == "a judge"
    assert all("judge" not in told[name].meta for name in ("right", "number", "cut", "-"))


def test_a_judge_that_says_no_leaves_it_wrong():
    told, review, _ = reviewed(DIFFERENT, *TRACES)
    assert told["open"].meta["verdict"] == "wrong"
    assert (review.asked, review.changed) == (2, 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--judge", "nano"], "does not know English"),
        (["--judge", "nano", "--judge-votes", "2"], "odd"),
        (["--judge-votes", "3"], "needs --judge"),
    ],
)
def test_bad_input(tmp_path, capsys, options, says):
    path = tmp_path / "traces.jsonl"
    write_traces(path, TRACES)
    with pytest.raises(SystemExit) as caught:
        main(["distill", "filter", str(path), "--out", str(tmp_path / "kept.jsonl"), *options])
    assert caught.value.code == 2
    assert says in capsys.readouterr().err
