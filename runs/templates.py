"""How a problem is put to a model: the presets' templates, and the user's own.

The nano models read a language of their own, so there every template puts the bare problem in
nano's tags, and ``r1`` still opens the thought.
"""

from __future__ import annotations

from pathlib import Path

from runs.few_shot import shown
from sampling.engine import Message, Prompt
from tasks.errors import UserError
from tasks.problem import Problem, Task
from tasks.usercode import call, load_function

R1_ZERO = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant "
    "solves it. The assistant first thinks about the reasoning process in the mind and then "
    "provides the user with the answer. The reasoning process and answer are enclosed within "
    "<think>...</think> and <answer>...</answer> tags, respectively, i.e., <think> reasoning "
    "process here </think> <answer> answer here </answer>. User: {prompt}. Assistant:"
)
"""arXiv 2501.12948v2, Table 1 (and Nature s41586-025-09422-z)."""

R1_ZERO_V1 = R1_ZERO.replace(
    "<think>...</think> and <answer>...</answer> tags",
    "<think> </think> and <answer> </answer> tags",
)
"""arXiv 2501.12948v1, Table 1: the same without the dots."""

THINK_PREFILL = "<think>\n"
"""DeepSeek-R1 README, usage recommendations: begin the reply with it."""

NANO_PREFILL = "<think>"

_TEMPLATES = ("chat", "bare", "plain", "few-shot", "r1", "r1-zero", "r1-zero-v1")


def put(template: str, task: Task, problem: Problem, language: str) -> Prompt:
    """The prompt for one problem. ``language`` is the model's: ``"nano"`` or ``"natural"``.

    >>> from tasks.load import load_task
    >>> nano = load_task("nano", limit=1)
    >>> put("r1", nano, nano.problems[0], "nano").prefill
    '<think>'
    """
    if ".py:" in template:
        return _own(template, task, problem)
    if template == "plain":
        return Prompt(text=problem.prompt)
    if problem.turns and language != "nano" and template in {"chat", "bare", "r1"}:
        messages = tuple(Message(role, content) for role, content in problem.turns)
        prefill = THINK_PREFILL if template == "r1" else problem.prefill
        return Prompt(messages=messages, prefill=prefill)
    if language == "nano":
        return Prompt.chat(problem.prompt, NANO_PREFILL if template == "r1" else "")
    asked = f"{problem.prompt}\n\n{task.instruction}" if task.instruction else problem.prompt
    match template:
        case "chat":
            return Prompt.chat(asked)
        case "bare":
            return Prompt.chat(problem.prompt)
        case "few-shot":
            return Prompt.chat(shown(problem.prompt))
        case "r1":
            return Prompt.chat(asked, THINK_PREFILL)
        case "r1-zero":
            return Prompt(text=R1_ZERO.replace("{prompt}", problem.prompt))
        case "r1-zero-v1":
            return Prompt(text=R1_ZERO_V1.replace("{prompt}", problem.prompt))
    raise _unknown(template)


def check(template: str) -> None:
    """Raises UserError where `put` would for any problem."""
    if ".py:" in template:
        load_function(template)
    elif template not in _TEMPLATES:
        raise _unknown(template)


def _unknown(template: str) -> UserError:
    return UserError(f"unknown template {template!r}: {', '.join(_TEMPLATES)} or file.py:function")


def _own(template: str, task: Task, problem: Problem) -> Prompt:
    """The user's function gets the task and the problem, and returns text or a `Prompt`."""
    made = call(load_function(template), template, task, problem)
    if isinstance(made, str):
        return Prompt(text=made)
    if isinstance(made, Prompt):
        return made
    raise UserError(
        f"{Path(template).name} returned {type(made).__name__}: a template returns text or a Prompt"
    )
