"""The tables ship as facts: each is whole, and says what the transcription it came from says."""

import json
import os
from pathlib import Path

import pytest

from evals.paper.tables import read_table, table_names
from r1eval.main import main

MODELS = {
    "Claude-3.5-Sonnet-1022": "claude_3.5_sonnet_1022",
    "GPT-4o-0513": "gpt_4o_0513",
    "DeepSeek-V3": "deepseek_v3",
    "OpenAI-o1-mini": "o1_mini",
    "OpenAI-o1-1217": "o1_1217",
    "DeepSeek-R1": "deepseek_r1",
}
STAGES = {
    "DeepSeek-R1-Zero": "r1_zero",
    "R1-Dev1": "dev1",
    "R1-Dev2": "dev2",
    "R1-Dev3": "dev3",
    "DeepSeek-R1": "r1",
}


@pytest.fixture(scope="module")
def transcribed():
    path = Path(os.environ.get("R1EVAL_DATA_DIR", "")).parent / "paper" / "paper_tables.json"
    if not os.environ.get("R1EVAL_DATA_DIR") or not path.is_file():
        pytest.skip("the transcription is not here: R1EVAL_DATA_DIR/../paper/paper_tables.json")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("r1-zero", "r1_zero_vs_o1_v1_table2"),
        ("distilled", "distilled_v1_table5_v2_table15"),
        ("distill-vs-rl", "distill_vs_rl_v1_table6_v2_table16"),
    ],
)
def test_a_table_of_models_says_what_was_transcribed(transcribed, name, key):
    printed = {
        row["model"]: tuple(value for field, value in row.items() if field != "model")
        for row in transcribed["tables"][key]["rows"]
    }
    assert read_table(name).rows == printed


@pytest.mark.parametrize(
    ("name", "key", "fields"),
    [
        ("r1", "r1_vs_others_v1_table4_v2_table8", MODELS),
        ("stages", "stages_v2_table3", STAGES),
    ],
)
def test_a_table_of_benchmarks_says_what_was_transcribed(transcribed, name, key, fields):
    rows = transcribed["tables"][key]["rows"]
    printed = {model: tuple(row[field] for row in rows) for model, field in fields.items()}
    assert read_table(name).rows == printed


def test_s1_says_what_was_transcribed(transcribed):
    rows = transcribed["related"]["s1_table1"]["rows"]
    printed = {r["model"]: (r["aime24"], r["math500"], r["gpqa_diamond"]) for r in rows}
    assert read_table("s1").rows == printed


def test_votes_say_what_was_transcribed(transcribed):
    facts = transcribed["tables"]["majority_vote_and_pass64_v2_E4"]["facts"]
    votes = read_table("votes")
    assert votes.value("DeepSeek-R1", "aime24 pass@64") == facts["r1_aime2024_pass@64"]
    assert votes.value("DeepSeek-R1", "aime24 majority vote") == facts["r1_aime2024_majority_vote"]


def test_v2_of_r1_zero_is_kept_beside_v1():
    table = read_table("r1-zero")
    assert table.value("DeepSeek-R1-Zero", "aime24 pass@1") == 71.0
    assert [v.value for v in table.variants if v.column == "aime24 pass@1"] == [77.9]


def test_the_list_names_every_table(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["paper"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines()] == table_names()


@pytest.mark.parametrize("name", table_names())
def test_every_table_prints(capsys, name):
    with pytest.raises(SystemExit) as ended:
        main(["paper", name])
    assert ended.value.code == 0
    assert "Sources: " in capsys.readouterr().out


def test_an_unknown_table_names_the_nearest(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["paper", "distill"])
    assert ended.value.code == 2
    assert "did you mean 'distilled'?" in capsys.readouterr().err
