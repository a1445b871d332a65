"""``tasks lint``: what it finds, and how it shows it."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from r1eval.tasks import tasks
from tasks.errors import UserError
from tasks.fingerprint import KnownCopy, fingerprint
from tasks.lint import gold_fault, lint, text_differences
from tasks.problem import Problem
from tasks.wording import lost_words, match_problems, word_diff

needs_data = pytest.mark.skipif(
    "R1EVAL_DATA_DIR" not in os.environ, reason="needs R1EVAL_DATA_DIR, the benchmarks' texts"
)


def benchmark(name):
    return Path(os.environ["R1EVAL_DATA_DIR"], "benchmarks", f"{name}.jsonl")


def rows(path, *problems):
    """A file of (id, problem, answer)."""
    keys = ("id", "problem", "answer")
    lines = [json.dumps(dict(zip(keys, row, strict=True))) for row in problems]
    path.write_text("\n".join(lines) + "\n")
    return path


def run(*arguments):
    return CliRunner().invoke(tasks, [str(argument) for argument in arguments])


# Ids and golds


def test_duplicate_ids_empty_golds_and_broken_golds_are_named(tmp_path):
    path = rows(
        tmp_path / "t.jsonl",
        ("a", "x?", "1"),
        ("a", "y?", "2"),
        ("b", "z?", ""),
        ("c", "u?", "\\frac{1}{2"),
        ("d", "v?", "..."),
    )
    assert [(found.problem_id, found.message) for found in lint(str(path)).findings] == [
        ("a", "duplicate id: 2 problems have it"),
        ("b", "empty gold"),
        ("c", "gold \\frac{1}{2 has unpaired braces"),
        ("d", "gold ... says nothing that can be graded"),
    ]


def test_an_aime_answer_lies_between_0_and_999(tmp_path):
    path = rows(tmp_path / "aime.jsonl", ("1", "x?", "999"), ("2", "y?", "1000"), ("3", "z?", "a"))
    found = {finding.problem_id: finding.message for finding in lint("aime24", path).findings}
    assert found == {
        None: "3 problems where the catalogue says 30",
        "2": "gold 1000 is outside 0 to 999",
        "3": "gold a is not an integer",
    }


@pytest.mark.parametrize(
    ("gold", "kind"),
    [("073", "integer"), ("2,125", "integer"), ("-1", "integer"), ("27.0", "number"),
     ("C", "choice"), ("\\frac{3}{4}", "math"), ("(0, \\infty)", "math")],
)  # fmt: skip
def test_golds_as_they_occur_are_sound(gold, kind):
    assert gold_fault(gold, kind, None) is None


@pytest.mark.parametrize(
    ("gold", "kind"),
    [("7.5", "integer"), ("1,00", "integer"), ("x", "number"), ("Paris", "choice")],
)
def test_golds_of_the_wrong_kind_are_found(gold, kind):
    assert gold_fault(gold, kind, None).startswith(f"gold {gold} is not a")


# Words


def test_a_lost_word_is_shown_in_its_place():
    old = "There are exactly three positive real values of $k$."
    new = "There are exactly three real values of $k$ ."
    assert [(piece.kind, piece.text) for piece in word_diff(old, new)] == [
        ("same", "There are exactly three"),
        ("lost", "positive"),
        ("same", "real values of $k$ ."),
    ]
    assert lost_words(old, new) == ["positive"]


def test_white_space_and_dollar_signs_are_no_wording():
    pieces = word_diff("Find $x$, if $x>2$.", "Find\n $ x $ , if $x > 2$ .")
    assert [piece.kind for piece in pieces] == ["same"]


def test_words_in_formulas_and_drawings_are_not_prose():
    old = "Find $k$. \\[f(abc)\\] [asy] draw(line); [/asy] \\begin{align*} yes \\end{align*}"
    assert lost_words(old, "Find it.") == []


def test_problems_are_matched_by_text_then_id_then_place_then_likeness():
    def problem(key, text):
        return Problem(key, text, "0", text)

    ours = [
        problem("1", "What is the sum of the first ten primes?"),
        problem("2", "How many apples are in three full baskets?"),
        problem("3", "Let f be even. What is the value of f at 2?"),
        problem("4", "An ant walks around a cube. How far?"),
        problem("5", "Nobody else asks this."),
    ]
    theirs = [
        problem("2", "How many ripe apples are there in three baskets?"),
        problem("x", "What is the sum of the first ten primes?"),
        problem("y", "Let f be an even map. What is the value of f at 2?"),
        problem("z", "Entirely something different, about tea."),
        problem("w", "An ant walks around a big cube. How far?"),
    ]
    found = {ours[at].id: other.id for at, other in match_problems(ours, theirs).items()}
    assert found == {"1": "x", "2": "2", "3": "y", "4": "w"}


def test_without_another_copy_only_the_fingerprint_is_known_to_differ():
    ours = [Problem("1", "Find the root.", "1", ""), Problem("2", "Find x.", "1", "")]
    known = {"1": fingerprint("Find the positive root."), "2": fingerprint("Find x .")}
    (difference,) = text_differences(ours, {}, [KnownCopy("ours", None, known)])
    assert (difference.problem_id, difference.other_id, difference.pieces) == ("1", None, ())


# The command


@needs_data
def test_the_lost_condition_of_aime25_is_made_visible():
    done = run("lint", "aime25", "--data", benchmark("aime25_missing_condition"))
    assert done.exit_code == 1
    heads = [line for line in done.stdout.splitlines() if "the wording differs" in line]
    differing = {line.partition("(2025-")[2].partition(" ")[0] for line in heads}
    assert differing == {"I-2", "I-8", "I-10", "II-5", "II-6", "II-15"}
    assert heads[0].startswith("aime25-29 (2025-II-15 in the other copy)")
    assert "positive (x2)" in heads[0]
    assert "at exactly two [-positive-] real" in done.stdout
    assert not any("positive" in line for line in heads[1:])
    assert "24 of 30 texts as in QwenLM/QwQ" in done.stdout
    assert "30 of 30 texts as in NVIDIA/NeMo-Skills" in done.stdout


def test_texts_of_which_no_other_copy_is_at_hand_are_named(tmp_path, monkeypatch):
    monkeypatch.delenv("R1EVAL_DATA_DIR", raising=False)
    path = rows(tmp_path / "aime.jsonl", ("60", "x?", "1"), ("61", "y?", "2"))
    said = run("lint", "aime24", "--data", path).stdout
    assert "2 texts are not those of QwenLM/Qwen2.5-Math: 60, 61 (to see the words: --ag" in said


@needs_data
@pytest.mark.parametrize(
    "name",
    ["aime24", "aime25", "amc23", "gsm8k", "math500", "minerva_math", "olympiadbench"],
)
def test_the_copies_at_hand_are_clean(name):
    done = run("lint", name)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "nothing found")


def test_nano_is_clean():
    assert run("lint", "nano").exit_code == 0


def test_a_copy_never_seen_reads_not_verified(tmp_path):
    row = {"Record ID": "r1", "Question": "Which?", "Correct Answer": "this"}
    row |= {f"Incorrect Answer {n}": f"that {n}" for n in (1, 2, 3)}
    path = tmp_path / "gpqa.jsonl"
    path.write_text(json.dumps(row))
    done = run("lint", "gpqa_diamond", "--data", path)
    assert "no copy is known: texts not verified" in done.stdout


def test_another_answer_in_the_other_copy_is_found_and_another_spelling_is_not(tmp_path):
    ours = rows(tmp_path / "a.jsonl", ("1", "x?", "27.0"), ("2", "y?", "8"))
    other = rows(tmp_path / "b.jsonl", ("1", "x?", "27"), ("2", "y?", "9"))
    done = run("lint", ours, "--against", other)
    assert "2: gold 8 is 9 in the other copy" in done.stdout
    assert "1 found" in done.stdout.splitlines()[-1]


def test_text_of_a_data_set_is_shown_as_it_is(tmp_path):
    ours = rows(tmp_path / "a.jsonl", ("1", "Is [red]x[/red] big?", "1"))
    other = rows(tmp_path / "b.jsonl", ("1", "Is [red]x[/red] very big?", "1"))
    assert "Is [red]x[/red] [-very-] big?" in run("lint", ours, "--against", other).stdout


def test_bad_input_is_the_users_error(tmp_path):
    assert isinstance(run("lint", "aime2024").exception, UserError)
    assert isinstance(
        run("lint", "nano", "--against", tmp_path / "none.jsonl").exception, UserError
    )


def test_list_names_every_task_and_show_renders_the_first_problem():
    listed = run("list").stdout
    assert all(name in listed for name in ("aime24", "gpqa_diamond", "olympiadbench", "nano"))
    shown = run("show", "nano").stdout
    assert "446+609=?" in shown
    assert "\\boxed{}" in shown


def test_path_is_the_folder_of_the_files_that_lm_eval_reads():
    assert (Path(run("path").stdout.strip()) / "r1_aime24.yaml").is_file()
