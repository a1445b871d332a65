"""Each cell gets the verdict that its run deserves, and says why where it gets none."""

import json
import re
from dataclasses import replace

import pytest

from evals.paper.commands import command
from evals.paper.judge import judge, judge_remeasured
from evals.paper.measured import Measured, Share
from evals.paper.tables import read_remeasured, read_table, table_names
from evals.paper.verdict import paper_variance
from pipeline.evaluation import evaluation
from pipeline.gpus import read_cluster
from r1eval.main import main

ROW = "DeepSeek-R1-Distill-Qwen-7B"  # 55.5 at pass@1, 83.3 at cons@64 of AIME 2024
AS_THE_PAPER = Measured(
    source="out/run",
    model=f"deepseek-ai/{ROW}",
    task="aime24",
    template="r1",
    temperature=0.6,
    top_p=0.95,
    max_tokens=32768,
    samples=64,
    problems=30,
    other_texts=0,
    truncated=0.0,
    unusable=0,
    silent=0.0,
    metrics={"pass@1": Share(0.55, 0.008**2), "cons@64": Share(0.8, None)},
)


def cell(column="aime24 pass@1", **other):
    cells = judge(read_table("distilled"), ROW, [replace(AS_THE_PAPER, **other)])
    return next(one for one in cells if one.column == column)


def shares(value, spread=0.008):
    return {"pass@1": Share(value, spread**2)}


def test_near_the_printed_figure_it_agrees():
    found = cell()
    assert (found.verdict, found.why) == ("agrees", ())
    assert found.comparison.difference == pytest.approx(-0.005)


def test_far_from_it_it_differs_and_says_what_may_have_moved_it():
    found = cell(metrics=shares(0.42), truncated=0.3, silent=0.2, unusable=7, samples=8)
    assert found.verdict == "differs"
    assert found.comparison.p < 1e-6
    assert found.why == (
        "30% are cut off before an answer",
        "20% hold no thought: does the prompt open one with <think>?",
        "7 samples are missing or undecided",
        "8 samples a problem, the paper's 64",
        "open-r1 measured 50.8 (-8.8 from it)",
        "A Sober Look measured 52.3 (-10.3 from it)",
    )


def test_few_samples_are_inconclusive_and_it_says_how_many_more_would_settle_it():
    found = cell(metrics=shares(0.545, 0.04), samples=4)
    assert found.verdict == "inconclusive"
    more = found.comparison.more_samples
    enough = shares(0.545, 0.04 * (4 / (4 + more)) ** 0.5)
    assert cell(metrics=enough, samples=4 + more).verdict == "agrees"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"template": "chat"}, "prompt by chat, the paper's by r1"),
        ({"temperature": 1.0}, "drawn at T 1, top-p 0.95; the paper's at T 0.6, top-p 0.95"),
        ({"max_tokens": 8192, "truncated": 0.4}, "40% cut off at 8,192 tokens, the paper's at 32,"),
        ({"max_tokens": 65536}, "up to 65,536 tokens, the paper 32,768"),
        ({"problems": 10}, "10 of 30 problems"),
        ({"other_texts": 2}, "2 problems have another text than QwenLM/Qwen2.5-Math's"),
    ],
)
def test_what_was_drawn_in_another_way_is_not_judged(other, why):
    found = cell(**other)
    assert (found.verdict, found.comparison) == ("not comparable", None)
    assert found.why[0].startswith(why)


def test_a_smaller_cap_that_cut_nothing_off_is_no_other_way():
    assert cell(max_tokens=16384).verdict == "agrees"


def test_a_vote_of_fewer_samples_is_not_judged():
    found = cell("aime24 cons@64", metrics={"cons@16": Share(0.8, None)}, samples=16)
    assert (found.verdict, found.value) == ("not comparable", None)
    assert found.why == ("cons@64 of 16 samples a problem",)


def test_one_vote_a_problem_settles_little():
    assert cell("aime24 cons@64").verdict == "inconclusive"
    assert cell("aime24 cons@64", metrics={"cons@64": Share(0.3, None)}).verdict == "differs"


def test_what_was_not_asked_is_not_run_and_what_cannot_be_measured_is_left_out():
    cells = judge(read_table("distilled"), ROW, [AS_THE_PAPER])
    assert {one.column for one in cells if one.verdict == "not run"} == {
        "math500 pass@1",
        "gpqa_diamond pass@1",
    }
    assert not any("codeforces" in one.column or "livecode" in one.column for one in cells)


def test_others_measurements_go_through_it():
    by = {one.by: one for one in read_remeasured()}
    cells = judge_remeasured(read_table("distilled"), by["open-r1"])
    verdicts = {(one.row, one.column): one.verdict for one in cells}
    assert verdicts["DeepSeek-R1-Distill-Llama-70B", "aime24 pass@1"] == "differs"  # 63.0 and 70.0
    assert verdicts["DeepSeek-R1-Distill-Qwen-14B", "math500 pass@1"] == "agrees"  # 94.1 and 93.9
    assert len(cells) == 18


def test_a_spread_over_seeds_is_taken_where_one_is_told():
    by = {one.by: one for one in read_remeasured()}
    found = judge_remeasured(read_table("distilled"), by["A Sober Look"])
    small = next(one for one in found if one.row == "DeepSeek-R1-Distill-Qwen-1.5B")
    low, high = small.comparison.ci95
    noise = paper_variance(0.289, 30, 64)  # 28.7 ± 4.8 over ten seeds, the paper's 28.9
    assert (high - low) / 2 == pytest.approx(1.96 * (0.048**2 / 10 + noise) ** 0.5, rel=1e-3)


def test_a_table_that_was_drawn_otherwise_is_judged_by_its_own_way():
    greedy = replace(AS_THE_PAPER, temperature=0.0, top_p=1.0, samples=1)
    greedy = replace(greedy, metrics={"pass@1": Share(0.5, None)})
    row = "s1 w/o BF"  # 50.0
    found = {one.column: one for one in judge(read_table("s1"), row, [greedy, AS_THE_PAPER])}
    assert found["aime24 pass@1"].why == (
        "drawn at T 0.6, top-p 0.95; the paper's at T 0, top-p 1",
    )
    both = [one for one in judge(read_table("s1"), row, [greedy]) if one.comparison]
    assert [one.verdict for one in both] == ["inconclusive"]


@pytest.mark.parametrize("name", table_names())
def test_what_a_command_costs_is_known_for_every_model_that_can_be_had(name):
    table = read_table(name)
    gpu = read_cluster("H100").gpu
    asked = {command(table, row, column) for row in table.rows for column in table.columns}
    for one in asked - {None}:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", one.model)
        assert evaluation(one.model, one.completions, one.longest, gpu).hours > 0


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Two samples of each of three problems that are called AIME 2024."""
    rows = [{"id": n, "problem": f"{n}+1=?", "answer": f"{n + 1:03d}"} for n in range(3)]
    folder = tmp_path / "data" / "benchmarks"
    folder.mkdir(parents=True)
    (folder / "aime24.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setenv("R1EVAL_DATA_DIR", str(tmp_path / "data"))
    asked = ["--task", "aime24", "--samples", "2", "--protocol", "r1", "--max-tokens", "16"]
    assert call("eval", "nano", *asked, "--out", tmp_path / "run") == 0
    return tmp_path / "run"


def call(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    return ended.value.code


def test_a_run_stands_beside_the_table(run, capsys):
    capsys.readouterr()
    assert call("paper", "distilled", "--run", run, "--as", ROW) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "3 of 30 problems" in told
    assert "3 problems have another text" in told
    assert f"--task math500 --protocol r1 --samples 16 --out out/{ROW.lower()}-math500" in told
    assert "70.3 M tokens, at most 262 M, 4.7 H100 hours" in told


def test_every_table_with_the_row_is_shown_where_none_is_named(run, capsys):
    assert call("paper", "--run", run, "--as", "DeepSeek-R1-Distill-Qwen-32B") == 0
    told = capsys.readouterr().out
    assert read_table("distilled").title in told
    assert read_table("distill-vs-rl").title in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["distilled", "--run", "RUN"], "which is no row of distilled: say which it is with --as"),
        (["--run", "RUN"], "no table of the paper has a row 'nano'"),
        (["distilled", "--run", "RUN", "--as", "DeepSeek-R1-Distill-Qwen-8B"], "did you mean"),
        (["distilled", "--run", "nowhere"], "no such run folder: nowhere"),
        (["distilled", "--as", ROW], "--as says what the runs are: add --run"),
        (["--published"], "of which table?"),
        (["s1", "--published"], "nobody's measurements of this table"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(run, capsys, arguments, told):
    capsys.readouterr()
    assert call("paper", *(str(run) if one == "RUN" else one for one in arguments)) == 2
    err = capsys.readouterr().err
    assert told in " ".join(err.split())
