"""From a run folder to its figures: whose verdicts count, what is missing and why."""

import json
import tracemalloc
from dataclasses import replace

import pytest

from evals.load import outcomes
from evals.results import write_results
from runs.grade import grade_run
from runs.store import Store
from tasks.errors import UserError

from .conftest import write_run


def delete(folder, table, where="1"):
    with Store(folder) as store:
        store._db.execute(f"DELETE FROM {table} WHERE {where}")


def users_grader(folder, body):
    file = folder / "mine.py"
    file.write_text(f"def grade(gold, completion):\n    return {body}\n")
    return f"{file}:grade"


def graded_by(grader, folder, *texts):
    """The figures and votes of one problem (gold 7) with these completions."""
    write_run(folder, 0, samples=len(texts), text=lambda _, index: texts[index])
    with Store(folder) as store:
        grade_run(store, grader)
    (task,) = write_results(folder, grader)["tasks"]
    return task, outcomes(folder, grader)["t"][0].votes


@pytest.mark.parametrize(
    "body", ["'= 7' in completion", "'correct' if '= 7' in completion else 'wrong'"]
)
def test_under_a_users_grader_wrong_answers_vote_apart_as_under_ours(tmp_path, body):
    """Three right ones, four wrong ones that differ, two of which agree: the right ones win."""
    texts = [f"I say x = {answer}.\n\nThe answer is {answer}." for answer in "777126"]
    texts.append("I say x = 6.\n\nThe answer is 6.0.")
    task, votes = graded_by(users_grader(tmp_path, body), tmp_path / "run", *texts)
    assert votes == (0, 0, 0, 1, 2, 3, 3)
    assert task["metrics"]["cons@7"]["value"] == 1.0


def test_under_a_users_grader_a_wrong_sample_without_an_answer_abstains(tmp_path):
    texts = [r"\boxed{7}", r"\boxed{8}", "I do not know.", "No idea at all."]
    task, votes = graded_by(users_grader(tmp_path, "'7' in completion"), tmp_path / "run", *texts)
    assert votes == (0, 1, None, None)
    assert task["outcomes"]["wrong"] == 3
    assert task["metrics"]["cons@4"]["value"] == 0.5


def test_an_error_of_the_users_grader_is_told_as_the_users(tmp_path):
    grader = users_grader(tmp_path, "1 / 0")
    with pytest.raises(UserError, match="ZeroDivisionError"):
        graded_by(grader, tmp_path / "run", "7")


def test_a_sample_without_a_verdict_is_not_missing_but_an_error(tmp_path):
    run = write_run(tmp_path / "run", 1, 2)
    delete(run, "verdicts", "problem_id = 'p1' AND idx = 3")
    with pytest.raises(UserError, match=f"1 of 8 samples .* r1eval rescore {run} --grader ours"):
        outcomes(run)
    with pytest.raises(UserError, match="r1eval rescore"):
        write_results(run)


def test_missing_samples_are_reported_with_their_reasons(tmp_path):
    run = write_run(tmp_path / "run", 1, 2)
    assert "missing_reasons" not in write_results(run)["tasks"][0]
    for table in ("samples", "verdicts"):
        delete(run, table, "problem_id = 'p1' AND idx > 0")
    with Store(run) as store:
        store.add_missing("t", "p1", 0, "drawn after all")
        for index in (1, 2):
            store.add_missing("t", "p1", index, "the prompt is too long")
    (task,) = write_results(run)["tasks"]
    assert task["outcomes"]["missing"] == 3
    assert task["missing_reasons"] == {"the prompt is too long": 2, "not drawn yet": 1}


def test_a_run_that_stopped_before_its_problems_were_stored_has_everything_missing(tmp_path):
    run = write_run(tmp_path / "run", 1, 2)
    for table in ("samples", "verdicts", "problems"):
        delete(run, table)
    (task,) = write_results(run)["tasks"]
    assert (task["problems"], task["outcomes"]["missing"]) == (2, 8)
    assert task["metrics"]["pass@1"]["excluded"] == 2
    assert task["missing_reasons"] == {"not drawn yet": 8}
    assert json.loads((run / "results.json").read_text())["tasks"] == [task]


def test_grading_and_figures_hold_a_few_texts_at_once_and_no_token_ids(tmp_path):
    """600 samples of 40 kB text and 10,000 token ids are 24 MB and 200 MB in Python."""
    run = write_run(tmp_path / "run", 0, samples=600)
    with Store(run) as store:
        samples = [replace(s, text="7 " * 20_000) for s in store.samples()]
    delete(run, "samples")
    with Store(run) as store:
        for sample in samples:
            store.add_sample(replace(sample, token_ids=tuple(range(10_000))))
    del samples, sample
    grader = users_grader(tmp_path, "'unsure'")
    tracemalloc.start()
    with Store(run) as store:
        grade_run(store, grader)
    write_results(run, grader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
