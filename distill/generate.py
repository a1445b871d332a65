"""A teacher's samples as a run, and the run's samples as traces.

A run folder of its own kind does not exist: what `r1eval eval` draws may become traces, and
`r1eval compare` reads what was generated. Only that a problem which has enough accepted samples is
asked no more::

    first 4 samples of each problem   ->  3 correct, enough     asked no more
                                          0 correct             4 more, up to ``samples``
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveInt

from distill.traces import Trace
from evals.load import every_grade
from runs import record
from runs.recipe import where
from runs.record import sole_writer
from runs.settings import RunSettings
from runs.store import Store
from runs.stored import Sample, StoredProblem
from runs.templates import put
from tasks.errors import UserError
from tasks.grading import Grade, Verdict
from tasks.load import load_task
from tasks.problem import Problem, Task
from tasks.schema import Strict
from tasks.thinking import DEFAULT as TAGS


class Generation(Strict):
    """How a teacher is asked: ``template`` is a protocol as `eval --protocol` takes it. With
    ``accepted`` a problem is asked for so many samples at once, until so many are correct or there
    are ``samples``; without, problems may lack a gold answer.
    """

    model: str
    revision: str | None = None
    adapter: str | None = None
    tasks: tuple[str, ...] = Field(min_length=1)
    limit: PositiveInt | None = None
    template: str = "r1"
    samples: PositiveInt = 1
    accepted: PositiveInt | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: PositiveInt | None = None
    seed: int = 0
    engine: str = "auto"
    engine_args: dict[str, str] = Field(default_factory=dict)

    def settings(self, out: Path) -> RunSettings:
        return RunSettings(
            model=self.model,
            tasks=tuple(where(task) for task in self.tasks),
            out=out,
            samples=min(self.accepted or self.samples, self.samples),
            protocol=self.template,
            limit=self.limit,
            seed=self.seed,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            engine=self.engine,
            engine_args=self.engine_args,
            revision=self.revision,
            adapter=self.adapter,
            needs_gold=self.accepted is not None,
        )


def plan_round(folder: Path, grader: str, accepted: int, most: int) -> bool:
    """Note in the run's record which problems are asked again: those with fewer than ``accepted``
    correct samples and fewer than ``most`` in all. False when there is none.

    A figure over all samples of such a run would be biased, since it ends on a correct one:
    results.json takes the first samples of each problem alone.
    """
    with sole_writer(folder), Store(folder) as store:
        run = record.read(folder)
        first = run.protocol["samples"]
        correct: dict[tuple[str, str], int] = {}
        for (task, problem, _), grade in every_grade(folder, store, grader).items():
            correct.setdefault((task, problem), 0)
            correct[task, problem] += grade.verdict is Verdict.CORRECT
        last = run.rounds[-1] if run.rounds else {}
        following: dict[str, Any] = {}
        asks = False
        for task in {task for task, _ in correct}:
            before = last[task]["asked"] if task in last else {}
            asked = {}
            for problem in (p for t, p in correct if t == task):
                number = sum(before.get(problem, (first,)))
                if correct[task, problem] < accepted and number < most:
                    number = min(most, number + first)
                    asks = True
                asked[problem] = [(number + 1) // 2, number // 2]
            following[task] = {"accepted": accepted, "asked": asked}
        if asks:
            run.rounds.append(following)
            run.save(folder)
        return asks


def traces_of(run: Path, grader: str) -> Iterator[Trace]:
    """Every sample of a graded run as a trace, those of one problem together. The prompt is the
    problem with its task's instruction as a user's turn, however the teacher was asked.

    Raises UserError when a task no longer holds a problem that the run asked.
    """
    card = record.read(run)
    settings = RunSettings.from_json(card.settings, run)
    loaded = [load_task(name, needs_gold=settings.needs_gold) for name in settings.tasks]
    tasks = {task.name: task for task in loaded}
    problems = {(t.name, p.id): p for t in tasks.values() for p in t.problems}
    with Store(run) as store:
        asked = {(p.task, p.problem_id): p for p in store.problems()}
        grades = every_grade(run, store, grader)
        for sample in store.samples():
            of = sample.task, sample.problem_id
            if of not in problems or problems[of].question != asked[of].question:
                raise UserError(f"{run}: {'/'.join(of)} is not in the task as it is now")
            yield _trace(
                tasks[sample.task],
                problems[of],
                asked[of],
                sample,
                grades[sample.key],
                card.protocol["model"],
            )


def _trace(
    task: Task,
    problem: Problem,
    asked: StoredProblem,
    sample: Sample,
    grade: Grade,
    teacher: str,
) -> Trace:
    language = "nano" if task.language == "nano" else "natural"
    turns = put("chat", task, problem, language).messages
    counts = [sample.thinking_tokens, sample.answer_tokens]
    known = [count for count in counts if count is not None]
    graded = {}
    if problem.gold:
        graded = {"gold": problem.gold, "verdict": grade.verdict.value}
    return Trace(
        prompt=[{"role": turn.role, "content": turn.content} for turn in turns],
        completion=[{"role": "assistant", "content": opened(asked, sample.text)}],
        meta={
            "id": f"{sample.task}/{sample.problem_id}/{sample.index}",
            "task": sample.task,
            "problem_id": sample.problem_id,
            "index": sample.index,
            "question": problem.question,
            "answer_type": task.answer_type,
            **graded,
            "extracted": grade.extracted,
            "finish_reason": sample.finish_reason,
            "tokens": sum(known) if known else None,
            "teacher": teacher,
        },
    )


def opened(asked: StoredProblem, text: str) -> str:
    """A reply with the thought's opening that its prompt held."""
    if not asked.thought_prefilled:
        return text
    at, tags = max((asked.prompt.rfind(tags.opening), tags) for tags in TAGS)
    return text if at < 0 or text.lstrip().startswith(tags.opening) else asked.prompt[at:] + text
