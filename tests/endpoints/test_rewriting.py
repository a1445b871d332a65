"""A cold-start set as the paper made its own: thoughts that mix scripts, drawn from the model that
ships, are rewritten by a second model behind an API (there DeepSeek-V3, here a translator that
keeps to the form, changes one result and once does not do what it was asked).
"""

import json
import re

import pytest

from distill.traces import read_traces
from r1eval.main import main
from tasks.language import mixes
from tasks.thinking import split_thought

ASCII = str.maketrans("〇一二三四五六七八九", "0123456789")
TALKS, ERRS = "728+876", "660+028"  # the first and the third problem of nano-train
PARTS = re.compile(
    r"<problem>\n(?P<problem>.*?)\n</problem>.*<thought>\n(?P<thought>.*?)\n</thought>.*"
    r"<answer>\n(?P<answer>.*?)\n</answer>\Z",
    re.S,
)


def translate(handler, asked):
    """A `tests.endpoints.server.Fault`: answers in the form that the prompt asks for."""
    parts = PARTS.search(asked["messages"][-1]["content"])
    problem, result = parts["problem"], re.sub(r"\D", "", parts["answer"].translate(ASCII))
    if ERRS in problem:
        result = "999"
    thought, summary = parts["thought"].translate(ASCII), f"\\boxed{{{result}}}"
    said = f"<steps>\n{thought}\n</steps>\n<summary>\n{summary}\n</summary>"
    if TALKS in problem:
        said = f"Happy to help! The sum is {result}."
    handler.send(
        200,
        {
            "model": asked["model"],
            "choices": [{"message": {"content": said}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 300, "completion_tokens": 60},
        },
    )
    return True


def call(*args):
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in args])
    return ended.value.code


def thoughts(path):
    return [split_thought(one.text).thought for one in read_traces(path)]


def test_mixed_thoughts_become_a_set_in_one_script_with_verdicts_of_its_own(
    serve, tmp_path, capsys
):
    zero, out = tmp_path / "zero", tmp_path / "rewritten"
    drawn = {"model": "nano", "template": "r1", "limit": 12, "samples": 1, "temperature": 0.6}
    changes = [part for item in drawn.items() for part in ("--set", "=".join(map(str, item)))]
    assert call("distill", "generate", "nano", *changes, "--out", zero) == 0
    before = list(read_traces(zero / "traces.jsonl"))
    assert any(mixes(thought, "ascii") for thought in thoughts(zero / "traces.jsonl"))

    served = serve(name="rewriter", owner="a provider", fault=translate)
    ask = ["distill", "rewrite", zero / "traces.jsonl", "--by", served.model, "--out", out]
    assert call(*ask) == 0
    assert "1 reply left out" in capsys.readouterr().err
    (dropped,) = map(json.loads, (out / "left_out.jsonl").read_text().splitlines())
    assert TALKS in dropped["id"]
    assert dropped["reason"] == "not in the form it was asked for"

    after = {one.id: one for one in read_traces(out / "traces.jsonl")}
    assert set(after) == {one.id for one in before} - {dropped["id"]}
    assert not any(mixes(thought, "ascii") for thought in thoughts(out / "traces.jsonl"))
    for one in before:
        if one.id in after:
            expected = "wrong" if ERRS in one.id else one.meta["verdict"]
            assert after[one.id].meta["verdict"] == expected
            assert after[one.id].meta["rewritten_by"] == served.model

    asked = len(served.bodies)
    assert call(*ask) == 0
    assert len(served.bodies) == asked  # nothing is asked again
