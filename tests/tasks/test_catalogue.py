"""The catalogue: what each YAML file promises, and what the copies at hand say about it."""

import json
import os
import re

import pytest

from tasks.errors import UserError
from tasks.fingerprint import fingerprint, known_copies, whose_texts
from tasks.load import load_task
from tasks.problem import Problem
from tasks.schema import CATALOGUE, parse_spec, read_spec, task_names

needs_data = pytest.mark.skipif(
    "R1EVAL_DATA_DIR" not in os.environ, reason="needs R1EVAL_DATA_DIR, the benchmarks' texts"
)
FROM_THE_HUB = [name for name in task_names() if read_spec(name).hub]


def test_the_catalogue_holds_the_papers_tasks_and_its_neighbours():
    assert set(task_names()) == {
        "aime24", "aime25", "amc23", "gpqa_diamond", "gsm8k", "math500", "minerva_math", "nano",
        "nano-train", "olympiadbench",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "k"), [("aime24", 64), ("gpqa_diamond", 64), ("math500", 16)])
def test_the_papers_protocol_stands_where_the_paper_ran_the_task(name, k):
    paper = read_spec(name).paper
    assert (paper.samples, paper.temperature, paper.top_p, paper.max_tokens) == (
        k,
        0.6,
        0.95,
        32768,
    )
    assert "2501.12948" in paper.source


def test_tasks_the_paper_did_not_run_have_no_protocol_of_its():
    unknown = {name for name in task_names() if read_spec(name).paper is None}
    assert unknown == set(task_names()) - {"aime24", "gpqa_diamond", "math500"}


@pytest.mark.parametrize("name", FROM_THE_HUB)
def test_a_hub_copy_is_pinned_to_a_commit(name):
    assert re.fullmatch(r"[0-9a-f]{40}", read_spec(name).hub.revision)


@pytest.mark.parametrize("name", sorted(set(FROM_THE_HUB) - {"gpqa_diamond"}))
def test_every_known_copy_has_one_hash_a_problem_and_no_text(name):
    for copy in known_copies(name):
        assert len(copy.hashes) == read_spec(name).problems
        assert all(re.fullmatch(r"[0-9a-f]{16}", value) for value in copy.hashes.values())


def test_hash_files_belong_to_tasks_and_copies_of_the_catalogue():
    for path in (CATALOGUE / "fingerprints").iterdir():
        named = {copy.name for copy in read_spec(path.stem).copies}
        assert set(json.loads(path.read_text())) == named


def test_math_is_asked_as_the_paper_asks_it():
    asked = {read_spec(name).instruction for name in ("aime24", "aime25", "math500", "gsm8k")}
    assert asked == {"Please reason step by step, and put your final answer within \\boxed{}."}


@needs_data
@pytest.mark.parametrize(
    ("name", "first_id", "golds"),
    [
        ("aime24", "60", {7: "025", 15: "073"}),
        ("aime25", "2025-I-1", {0: "70", 29: "240"}),
        ("amc23", "0", {0: "27.0"}),
        ("gsm8k", "0", {0: "18"}),
        ("math500", "test/precalculus/807.json", {0: r"\left( 3, \frac{\pi}{2} \right)"}),
        ("minerva_math", "0", {0: "1.6"}),
        ("olympiadbench", "1606", {0: "2", 1: r"$\frac{1}{2 n+2}$"}),
    ],
)
def test_the_copies_at_hand_load_whole_and_are_the_known_ones(name, first_id, golds):
    task = load_task(name)
    assert len(task.problems) == read_spec(name).problems
    assert task.problems[0].id == first_id
    assert {at: task.problems[at].gold for at in golds} == golds
    assert all(problem.prompt == problem.question for problem in task.problems)
    assert task.origin.endswith(f"(texts of {read_spec(name).copies[0].name})")


def test_nano_asks_held_out_sums_of_mixed_depth():
    task = load_task("nano", limit=6)
    assert task.language == "nano"
    assert [problem.question.count("+") for problem in task.problems] == [1, 2, 3, 4, 5, 6]
    for problem in load_task("nano").problems:
        addends = [int(part) for part in problem.question.removesuffix("=?").split("+")]
        assert problem.gold == f"{sum(addends) % 1000:03d}"


def test_white_space_is_no_difference_between_copies():
    assert fingerprint("Find $x$ .\n") == fingerprint("Find  $x$.")
    assert fingerprint("Find $x$.") != fingerprint("Find $y$.")
    assert fingerprint("caf\u00e9") == fingerprint("cafe\u0301")


def test_texts_never_seen_are_not_verified():
    assert whose_texts("aime24", [Problem("1", "What is 1 + 1?", "2", "")]) == "texts not verified"


FAULTS = {
    "an unknown key": ("titel: x", "unknown key 'titel': did you mean 'title'?"),
    "a nested one": ("hub: {splitt: x}", "hub: unknown key 'splitt': did you mean 'split'"),
    "no source": (
        "{title: t, problems: 1, instruction: i, answer_type: math, max_tokens: 9, paper: null}",
        "give either 'hub' or 'world'",
    ),
    "a wrong kind": ("{title: t, problems: many}", "problems: Input should be a valid integer"),
    "no YAML": ("title: [", "not YAML"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_file_is_named_with_what_is_wrong(tmp_path, fault):
    text, message = FAULTS[fault]
    path = tmp_path / "new.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(message)) as error:
        parse_spec(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
