"""`r1eval distill filter` as a user gives it."""

import json
import random

import pytest

from distill.traces import read_traces, write_traces
from r1eval.main import main

WORDS = (
    *("add", "carry", "column", "digit", "check", "again", "so", "the"),
    *("sum", "is", "then", "wait", "let", "me", "see", "that"),
)


def call(*args):
    with pytest.raises(SystemExit) as caught:
        main([str(a) for a in args])
    return caught.value.code


def rows(problems=6, each=4, seed=0):
    """Traces of a few problems; of each the last is wrong, the one before says the first again."""
    rng = random.Random(seed)
    for p in range(problems):
        first = " ".join(rng.choices(WORDS, k=60))
        for n in range(each):
            thought = first if n in (0, each - 2) else " ".join(rng.choices(WORDS, k=60))
            yield {
                "prompt": [{"role": "user", "content": f"What is {p}+{p}?"}],
                "completion": [
                    {"role": "assistant", "content": f"<think>{thought}</think>{2 * p}"}
                ],
                "meta": {
                    "id": f"t/{p}/{n}",
                    "task": "t",
                    "problem_id": str(p),
                    "verdict": "wrong" if n == each - 1 else "correct",
                },
            }


def write(path, given):
    path.write_text("".join(json.dumps(row) + "\n" for row in given))
    return path


@pytest.fixture
def recipe(tmp_path):
    def made(*filters):
        path = tmp_path / "mine.yaml"
        path.write_text(json.dumps({"filters": list(filters)}))
        return path

    return made


def ids(path):
    return [trace.id for trace in read_traces(path)]


def ledger(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def traces(tmp_path):
    return write(tmp_path / "t.jsonl", rows())


def test_what_is_kept_the_ledger_and_the_funnel_add_up(tmp_path, traces, recipe, capsys):
    mine = recipe({"use": "verdict"}, {"use": "exact"}, {"use": "length", "args": {
        "unit": "characters"}})  # fmt: skip
    before = traces.read_bytes()
    out = tmp_path / "kept.jsonl"
    assert call("distill", "filter", traces, "--recipe", mine, "--out", out) == 0
    assert traces.read_bytes() == before
    assert ids(out) == [f"t/{p}/{n}" for p in range(6) for n in (0, 1)]
    dropped = ledger(tmp_path / "kept.ledger.jsonl")
    assert dropped[:2] == [
        {"id": "t/0/2", "filter": "exact", "reason": "the same text as t/0/0"},
        {"id": "t/0/3", "filter": "verdict", "reason": "wrong"},
    ]
    assert sorted(ids(out) + [row["id"] for row in dropped]) == sorted(ids(traces))
    funnel = json.loads((tmp_path / "kept.funnel.json").read_text())
    assert (funnel["given"], funnel["kept"]) == (24, 12)
    assert [(f["name"], f["dropped"], f["left"]) for f in funnel["filters"]] == [
        ("verdict", 6, 18),
        ("exact", 6, 12),
        ("length", 0, 12),
    ]
    assert "12 traces in" in capsys.readouterr().out


def test_traces_of_a_problem_are_brought_together(tmp_path, traces, recipe):
    mixed = list(rows())
    random.Random(1).shuffle(mixed)
    apart = write(tmp_path / "apart.jsonl", mixed)
    mine = recipe({"use": "per_problem", "args": {"most": 2}})
    kept = []
    for path in (traces, apart):
        out = tmp_path / f"kept-{path.name}"
        assert call("distill", "filter", path, "--recipe", mine, "--out", out) == 0
        kept.append(ids(out))
    together, found = kept
    assert len(found) == len(together) == 12
    problems = [name.split("/")[1] for name in found]
    assert problems == sorted(problems, key=problems.index)  # each stands together


def test_several_processes_give_what_one_gives(tmp_path, recipe, monkeypatch):
    monkeypatch.setattr("distill.filter._SMALL", 0)
    monkeypatch.setattr("distill.workers._BYTES", 2000)
    given = write(tmp_path / "t.jsonl", rows(40, 5))
    mine = recipe(*({"use": use} for use in ("verdict", "language", "difficulty", "exact",
        "near", "repetition")), {"use": "per_problem", "args": {"keep": "diverse", "most": 2}},
        {"use": "decontamination", "args": {"tasks": ["nano"]}})  # fmt: skip
    made = []
    for number in (1, 3):
        out = tmp_path / f"{number}.jsonl"
        command = ("distill", "filter", given, "--recipe", mine, "--out", out)
        assert call(*command, "--processes", number) == 0
        made.append([out.read_bytes(), (tmp_path / f"{number}.ledger.jsonl").read_bytes()])
    assert made[0] == made[1]
    assert all(made[0])


def test_parquet_in_and_out(tmp_path, traces, recipe):
    write_traces(tmp_path / "t.parquet", read_traces(traces))
    mine = recipe({"use": "verdict"}, {"use": "difficulty"})
    for given, out in ((traces, "a.parquet"), (tmp_path / "t.parquet", "b.jsonl")):
        command = ("distill", "filter", given, "--recipe", mine, "--out", tmp_path / out)
        assert call(*command) == 0
    assert list(read_traces(tmp_path / "a.parquet")) == list(read_traces(tmp_path / "b.jsonl"))
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    assert not (tmp_path / "a.parquet.jsonl").exists()


def test_a_row_is_kept_as_it_was_and_named_where_it_had_no_name(tmp_path, recipe):
    named, bare = list(rows())[:2]
    named["source"] = "mine"
    del bare["meta"]["id"]
    given = write(tmp_path / "t.jsonl", [named, bare])
    out = tmp_path / "kept.jsonl"
    command = ("distill", "filter", given, "--recipe", recipe({"use": "verdict"}), "--out", out)
    assert call(*command) == 0
    first, second = map(json.loads, out.read_text().splitlines())
    assert first == named
    assert second["meta"]["id"] == "t.jsonl:2"


def test_ablation_says_what_each_costs_and_gives(tmp_path, traces, recipe, capsys):
    mine = recipe({"use": "verdict"}, {"use": "exact"})
    command = ("distill", "filter", traces, "--recipe", mine, "--out", tmp_path / "kept.jsonl")
    assert call(*command, "--ablate") == 0
    every, verdict, exact = json.loads((tmp_path / "kept.ablation.json").read_text())["rows"]
    assert every["without"] == {"kept": 12, "dropped": 12, "accuracy": 1.0}
    assert verdict["alone"] == {"kept": 18, "dropped": 6, "accuracy": 1.0}
    assert verdict["without"] == {"kept": 18, "dropped": 6, "accuracy": pytest.approx(2 / 3)}
    assert exact["without"] == {"kept": 18, "dropped": 6, "accuracy": 1.0}
    assert len(ids(tmp_path / "kept.jsonl")) == 12
    assert "drops alone" in capsys.readouterr().out.replace("\n", " ")


def test_the_default_and_the_papers_recipe_run(tmp_path, traces, monkeypatch):
    monkeypatch.setattr("distill.filters.decontamination.evaluation_tasks", lambda: ["nano"])
    for name in ("default", "paper"):
        out = tmp_path / f"{name}.jsonl"
        assert call("distill", "filter", traces, "--recipe", name, "--out", out) == 0
        assert ids(out)


def test_nothing_left_names_the_filter_and_keeps_the_ledger(tmp_path, traces, recipe, capsys):
    mine = recipe({"use": "verdict"}, {"use": "length", "args": {"at_least": 9}}, {"use": "exact"})
    out = tmp_path / "kept.jsonl"
    assert call("distill", "filter", traces, "--recipe", mine, "--out", out) == 2
    told = capsys.readouterr().err
    assert "nothing is left of 24 traces: the filter length dropped the last of them" in told
    assert not out.exists()
    assert len(ledger(tmp_path / "kept.ledger.jsonl")) == 24


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ([{"use": "verdit"}], "did you mean 'verdict'?"),
        ([{"use": "near", "arg": {}}], "unknown key 'arg': did you mean 'args'?"),
        ([{"use": "near", "args": {"threshold": 1}}], "unknown key 'threshold'"),
        ([], "filters: Tuple should have at least 1 item"),
        ([{"use": "gone.py:mine"}], "no such file: gone.py"),
    ],
)
def test_a_faulty_recipe_is_one_line(tmp_path, traces, recipe, capsys, filters, text):
    command = ("distill", "filter", traces, "--recipe", recipe(*filters))
    assert call(*command, "--out", tmp_path / "kept.jsonl") == 2
    said = capsys.readouterr().err.strip()
    assert text in said
    assert "\n" not in said
    assert not list(tmp_path.glob("kept*"))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("{broken", "line 3: not JSON"),
        ('{"prompt": 1}', "line 3: prompt is no list of turns"),
        ("[" * 100_000, "line 3: not JSON"),
    ],
)
@pytest.mark.parametrize("use", ["verdict", "difficulty"])
def test_a_broken_line_is_named_and_nothing_written(tmp_path, recipe, capsys, line, text, use):
    given = write(tmp_path / "t.jsonl", list(rows())[:2])
    given.write_text(given.read_text() + line + "\n")
    command = ("distill", "filter", given, "--recipe", recipe({"use": use}))
    assert call(*command, "--out", tmp_path / "kept.jsonl") == 2
    assert text in capsys.readouterr().err
    assert not list(tmp_path.glob("kept*"))


def test_other_mistakes_are_named(tmp_path, traces, recipe, capsys):
    mine = recipe({"use": "verdict"})
    empty = write(tmp_path / "empty.jsonl", [])
    for given, out, text in (
        (tmp_path / "no.jsonl", tmp_path / "kept.jsonl", "no such file of traces"),
        (empty, tmp_path / "kept.jsonl", "holds no traces"),
        (traces, traces, "give three files"),
        (traces, tmp_path / "no" / "kept.jsonl", "give a file in a folder that exists"),
    ):
        assert call("distill", "filter", given, "--recipe", mine, "--out", out) == 2
        assert text in capsys.readouterr().err
    assert call("distill", "filter", traces, "--recipe", "defalt", "--out", tmp_path / "k") == 2
    assert "did you mean default?" in capsys.readouterr().err
