"""`r1eval rescore`: other graders on a finished run, alone and held against each other."""

import json
import shutil
import sqlite3

import pytest

from r1eval.main import main
from runs.store import FILE, Store
from tasks.grading.verdict import Grade, Verdict

# Gold, and what takes the place of the two completions of a problem.
TEXTS = [
    ("(1,2)", r"It is \boxed{\{1,2\}}.", r"It is \boxed{(1,2)}."),
    ("73", r"It is \boxed{073}.", r"<think>Is it \boxed{73}? Wait,"),
    (r"0.\overline{3}", r"It is \boxed{1/3}.", "So the answer is\x1b[2J 0.3."),
    ("", r"It is \boxed{4}.", "I do not know."),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of nano in which four of five problems got other golds and completions."""
    out = tmp_path_factory.mktemp("runs") / "run"
    with pytest.raises(SystemExit) as ended:
        main(
            ["eval", "nano", "--task", "nano", "--limit", "5", "--samples", "2", "--out", str(out)]
        )
    assert ended.value.code == 0
    db = sqlite3.connect(out / FILE)
    with db:
        for position, (gold, *texts) in enumerate(TEXTS):
            where = "(SELECT problem_id FROM problems WHERE position = ?)"
            db.execute("UPDATE problems SET gold = ? WHERE position = ?", (gold, position))
            for index, text in enumerate(texts):
                db.execute(
                    f"UPDATE samples SET text = ? WHERE idx = ? AND problem_id = {where}",
                    (text, index, position),
                )
    db.close()
    return out


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def rescore(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(["rescore", *map(str, arguments)])
    return ended.value.code


def verdicts(run, grader):
    """Of the samples whose text was replaced."""
    with Store(run) as store:
        grades = store.grades(grader)
        ids = [problem.problem_id for problem in store.problems()]
    return [[grades["nano", p, i].verdict.value for i in range(2)] for p in ids[: len(TEXTS)]]


def test_every_graders_verdicts_are_kept_under_its_name(run):
    assert rescore(run, "--grader", "ours,math-verify,string") == 0
    assert verdicts(run, "ours")[:3] == [
        *(["wrong", "correct"], ["correct", "no_answer"], ["correct", "wrong"])
    ]
    assert verdicts(run, "math-verify") == [
        *(["correct", "correct"], ["correct", "correct"], ["wrong", "wrong"]),
        ["unsure", "unsure"],
    ]
    assert verdicts(run, "string")[:3] == [
        *(["wrong", "correct"], ["wrong", "correct"], ["wrong", "wrong"])
    ]


def test_the_audit_names_what_they_dispute_and_the_figures_of_each(run, capsys):
    assert rescore(run, "--grader", "ours,math-verify,string") == 0
    printed = capsys.readouterr().out
    rows = [json.loads(line) for line in (run / "audit.jsonl").read_text().splitlines()]
    assert all(row["graders"].keys() == {"ours", "math-verify", "string"} for row in rows)
    assert [(row["gold"], row["index"]) for row in rows][:4] == [
        *(("(1,2)", 0), ("73", 0), ("73", 1), (r"0.\overline{3}", 0))
    ]
    for row in rows:
        assert f"{row['problem_id']} #{row['index']}: gold" in printed
    assert f"disagree on {len(rows)} samples" in printed
    assert "math-verify cannot read the gold answer" in printed
    assert "\x1b" not in printed


def test_results_are_those_of_the_first_grader(run):
    for first, other in [("string", "ours"), ("ours", "string")]:
        assert rescore(run, "--grader", f"{first},{other}") == 0
        assert json.loads((run / "results.json").read_text())["grader"] == first


def test_one_grader_needs_no_audit(run, capsys):
    assert rescore(run, "--grader", "math-verify") == 0
    assert "graded by math-verify" in capsys.readouterr().out
    assert not (run / "audit.jsonl").exists()


def test_the_audit_of_graders_that_agree_points_to_no_file(run, tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text("def kind(gold, completion):\n    return True\n")
    (tmp_path / "other.py").write_text(file.read_text())
    assert rescore(run, "--grader", f"{file}:kind,{tmp_path / 'other.py'}:kind") == 0
    printed = capsys.readouterr().out
    assert "agree on every sample" in printed
    assert "audit.jsonl" not in printed
    assert (run / "audit.jsonl").read_text() == ""


def test_an_audit_does_not_outlive_the_next_single_grader(run):
    assert rescore(run, "--grader", "ours,string") == 0
    assert (run / "audit.jsonl").exists()
    assert rescore(run) == 0
    assert not (run / "audit.jsonl").exists()


def test_spaces_around_a_graders_name_mean_nothing(run, capsys):
    assert rescore(run, "--grader", "ours, string") == 0
    printed = capsys.readouterr().out
    assert "minus ours" in printed
    assert verdicts(run, "string")


def test_a_single_sample_is_called_one(run, capsys):
    with Store(run) as store:
        keys = sorted(store.keys())
        wrong = Grade(Verdict.WRONG, "1", "as published")
        right = Grade(Verdict.CORRECT, "1", "as published")
        store.set_grades("published", [(*key, right if key == keys[0] else wrong) for key in keys])
    mine = run.parent / "mine.py"
    mine.write_text("def no(gold, completion):\n    return False\n")
    assert rescore(run, "--grader", f"{mine}:no,published") == 0
    assert "disagree on 1 sample:" in capsys.readouterr().out


def test_a_users_grader_may_be_one_of_them(run, tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text("def kind(gold, completion):\n    return True\n")
    assert rescore(run, "--grader", f"ours,{file}:kind") == 0
    assert verdicts(run, f"{file}:kind") == [["correct", "correct"]] * len(TEXTS)


def test_published_verdicts_are_those_that_came_with_the_run(run, capsys):
    before = (run / "results.json").read_bytes()
    assert rescore(run, "--grader", "ours,published") == 2
    assert "they come with imported runs" in capsys.readouterr().err
    assert (run / "results.json").read_bytes() == before
    with Store(run) as store:
        first, *_ = sorted(store.keys())
        store.set_grades("published", [(*first, Grade(Verdict.CORRECT, "1", "as published"))])
    assert rescore(run, "--grader", "ours,published") == 0
    with Store(run) as store:
        grades = store.grades("published")
    assert grades.pop(first).reason == "as published"
    assert {grade.verdict for grade in grades.values()} == {"unsure"}


@pytest.mark.parametrize(
    ("graders", "told"),
    [
        ("ours,math-verfy", "did you mean math-verify?"),
        ("strings", "did you mean string?"),
        ("gpt", "file.py:function"),
        ("ours,", "file.py:function"),
        ("ours,ours", "names ours twice"),
        ("ours,string, ours", "names ours twice"),
    ],
)
def test_an_unknown_grader_is_named_before_anything_is_graded(run, capsys, graders, told):
    before = (run / "results.json").read_bytes()
    assert rescore(run, "--grader", graders) == 2
    assert told in capsys.readouterr().err
    assert (run / "results.json").read_bytes() == before


def test_missing_samples_end_with_exit_code_3(run):
    with sqlite3.connect(run / FILE) as db:
        db.execute("DELETE FROM samples WHERE idx = 1")
    db.close()
    assert rescore(run, "--grader", "ours,string") == 3
