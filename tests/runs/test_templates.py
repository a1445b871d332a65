"""How a problem is put to a model."""

import json

import pytest

from runs.templates import R1_ZERO, R1_ZERO_V1, put
from sampling.engine import Prompt
from tasks.errors import UserError
from tasks.problem import Problem, Task

BOXED = r"Please reason step by step, and put your final answer within \boxed{}."
PROBLEM = Problem("1", "What is {2}+2?", "4", "What is {2}+2?")
TASK = Task("sums", (PROBLEM,), BOXED, "integer", 64, "here")


def test_chat_asks_the_problem_and_the_tasks_instruction_and_adds_nothing():
    assert put("chat", TASK, PROBLEM, "natural") == Prompt.chat(f"What is {{2}}+2?\n\n{BOXED}")


def test_r1_forces_the_thought_open_and_sends_no_system_prompt():
    prompt = put("r1", TASK, PROBLEM, "natural")
    assert prompt.prefill == "<think>\n"
    assert [m.role for m in prompt.messages] == ["user"]


@pytest.mark.parametrize(("name", "text"), [("r1-zero", R1_ZERO), ("r1-zero-v1", R1_ZERO_V1)])
def test_r1_zero_is_plain_text_with_the_bare_problem(name, text):
    prompt = put(name, TASK, PROBLEM, "natural")
    assert prompt.text == text.replace("{prompt}", "What is {2}+2?")
    assert BOXED not in prompt.text


def test_few_shot_shows_worked_problems_that_are_right_before_the_one_that_is_asked():
    from runs.few_shot import EXAMPLES
    from tasks.grading import grade_completion

    (turn,) = put("few-shot", TASK, PROBLEM, "natural").messages
    assert turn.content.endswith("Problem: What is {2}+2?\nSolution:")
    for (asked, said), gold in zip(EXAMPLES, ("26", "33"), strict=True):
        assert turn.content.index(asked) < turn.content.index(said)
        assert grade_completion(gold=gold, completion=said).verdict == "correct"


def test_r1_zeros_wordings_are_the_papers(paper_tables):
    tables = json.loads(paper_tables.read_text())
    paper = tables["protocol"]["r1_zero_template"]
    assert paper["text"] == R1_ZERO
    assert "(no dots)" in paper["v1_variant"]
    assert "<think> </think> and <answer> </answer> tags" in R1_ZERO_V1


@pytest.mark.parametrize("template", ["chat", "few-shot", "r1", "r1-zero", "r1-zero-v1"])
def test_nano_renders_every_preset_in_its_own_tags(template):
    prompt = put(template, TASK, PROBLEM, "nano")
    assert [m.content for m in prompt.messages] == ["What is {2}+2?"]
    assert prompt.prefill == ("<think>" if template == "r1" else "")


def test_a_template_may_be_the_users_own_function(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def ask(task, problem):\n    return f'Q: {problem.question} A:'\n")
    assert put(f"{file}:ask", TASK, PROBLEM, "natural") == Prompt(text="Q: What is {2}+2? A:")


def test_a_template_that_returns_no_text_is_named(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def ask(task, problem):\n    return 7\n")
    with pytest.raises(UserError, match="returned int"):
        put(f"{file}:ask", TASK, PROBLEM, "natural")
