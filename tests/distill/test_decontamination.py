"""What evaluation tasks ask is found in questions and traces, and how they ask is not."""

import json

import pytest

from distill.contamination import Asked, Index
from distill.filters.decontamination import Decontamination
from distill.traces import Trace

BOXED = r"Please reason step by step, and put your final answer within \boxed{}."
ROOM = (
    "A room holds seven red chairs, nine blue ones and a table with three uneven legs; "
    "how many chairs may be carried out before the table stands alone?"
)


def trace(question, text="<think>a</think>4"):
    return Trace(
        [{"role": "user", "content": question}], [{"role": "assistant", "content": text}], {}
    )


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.jsonl"
    asked = [ROOM, "What is $3+4$?", *(f"How many of the following numbers in the list {n}" for n in
             ("are prime", "divide 12", "are odd", "are squares"))]  # fmt: skip
    rows = [{"id": n, "problem": text, "answer": "7"} for n, text in enumerate(asked)]
    file.write_text("\n".join(map(json.dumps, rows)))
    return str(file)


def test_eight_words_of_a_question_and_thirteen_of_a_trace_are_found_and_named(mine):
    clean = Decontamination(tasks=[mine])
    eight = "Say: HOLDS seven red chairs, nine - blue ones and nothing else."
    thirteen = "It holds seven red chairs, nine blue ones and a table with three uneven legs."
    assert clean.reason(trace(eight)) == (
        "its question has 8 words of mine: holds seven red chairs nine blue ones and"
    )
    assert clean.reason(trace("What?", eight)) is None
    assert clean.reason(trace("What?", thirteen)) == (
        "its text has 13 words of mine: "
        "holds seven red chairs nine blue ones and a table with three uneven"
    )


def test_either_length_can_be_another_or_left_out(mine):
    seven = "holds seven red chairs, nine blue ones or"
    assert Decontamination(tasks=[mine], question=7).reason(trace(seven))
    assert Decontamination(tasks=[mine]).reason(trace(seven)) is None
    assert Decontamination(tasks=[mine], question=0, trace=0).reason(trace(f"Now: {ROOM}")) is None


def test_half_of_the_question_may_be_asked_for(mine):
    half = Decontamination(tasks=[mine], covers=0.5)
    eight = "holds seven red chairs, nine blue ones and "
    assert half.reason(trace(eight + "six more"))
    assert half.reason(trace(eight + "what I then went on to say was all my own idea")) is None


def test_a_short_question_counts_as_a_whole_with_its_signs(mine):
    clean = Decontamination(tasks=[mine])
    assert clean.reason(trace("what is 3 + 4?")) == "asks what mine asks: what is 3 + 4?"
    assert clean.reason(trace(f"What is $3+4$?\n{BOXED}"))
    assert clean.reason(trace("What is 3-4?")) is None


def test_an_instruction_is_no_contamination(mine):
    clean = Decontamination(tasks=[mine])
    assert clean.reason(trace(f"How far is it? {BOXED}", f"<think>{BOXED}</think>4")) is None
    index = Index.of([Asked("t", f"{ROOM} {BOXED}", BOXED)], (8,))
    assert index.find(8, BOXED) is None
    assert index.find(8, ROOM)


def test_what_many_questions_say_is_a_phrase(mine):
    said = "How many of the following numbers in the list end in 7?"
    assert Decontamination(tasks=[mine]).reason(trace(said)) is None
    assert Decontamination(tasks=[mine], phrases=4).reason(trace(said))


def test_nano_is_matched_by_whole_questions_only():
    clean = Decontamination(tasks=["nano"])
    assert clean.reason(trace("446+609=?", "055")) == "asks what nano asks: 446+609=?"
    text = " ".join(f"{n}+{n}" for n in range(100, 200))
    assert clean.reason(trace("100+001=?", f"<think>446+609=? {text}</think>101")) is None


def test_tasks_that_cannot_be_read_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("R1EVAL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("distill.filters.decontamination.evaluation_tasks", lambda: ["nano", "no"])
    (notice,) = Decontamination().notices()
    assert notice.startswith("not decontaminated against no: unknown task 'no'")


@pytest.fixture(scope="module")
def catalogue(data_dir):
    return Decontamination()


def test_every_question_of_the_catalogue_is_found(catalogue, data_dir):
    for name in ("aime24", "aime25", "amc23", "gsm8k", "math500", "minerva_math", "olympiadbench"):
        rows = map(json.loads, (data_dir / "benchmarks" / f"{name}.jsonl").open())
        for row in rows:
            question = row.get("problem") or row["question"]
            assert catalogue.reason(trace(f"{question}\n{BOXED}")), question
    assert [n for n in catalogue.notices() if "gpqa_diamond" not in n] == []


def test_training_questions_are_hardly_ever_taken_for_the_tests(catalogue, data_dir):
    rows = [json.loads(line) for line in (data_dir / "benchmarks" / "gsm8k_train.jsonl").open()]
    dropped = [r for r in rows if catalogue.reason(trace(r["question"], r["answer"]))]
    assert 0 < len(dropped) / len(rows) < 0.02
    half = Decontamination(covers=0.5)
    assert sum(half.reason(trace(r["question"], r["answer"])) is not None for r in rows) < 10
