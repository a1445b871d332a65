"""Held-out problems, asked again while training runs: does it learn what it is not trained on?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from evals.metrics import figure, pass_estimate
from rl.graded import measure
from rl.load import Loaded, ask
from rl.probe import draw_graded
from rl.recipe import Evaluation
from runs.recipe import where
from runs.seeds import sample_seed
from sampling.engine import Sampling
from tasks.grading import Verdict
from tasks.load import load_task


class Heldout(TrainerCallback):  # type: ignore[misc]
    """Before the first step and after every ``asked.every``, draws ``asked.every_samples`` for each
    held-out problem, with the same seeds each time, and tells ``report`` the step and what came
    out: ``pass@1`` as results.json has figures, and what is measured of rollouts.
    """

    def __init__(
        self, loaded: Loaded, asked: Evaluation, report: Callable[[int, dict[str, Any]], None]
    ) -> None:
        self._loaded, self._asked, self._report = loaded, asked, report
        task = load_task(where(asked.task), limit=asked.limit)
        self._problems = ask(loaded.recipe, task, loaded.tokenizer)
        self._most_tokens = asked.max_tokens or loaded.most_tokens

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if not state.global_step:
            self._look(0)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.global_step % self._asked.every == 0:
            self._look(state.global_step)

    def _look(self, step: int) -> None:
        number = self._asked.every_samples
        drawn_for = [one for one in self._problems for _ in range(number)]
        samples = draw_graded(
            self._loaded,
            drawn_for,
            [sample_seed(0, one.problem_id, n % number) for n, one in enumerate(drawn_for)],
            Sampling(temperature=self._asked.temperature, max_tokens=self._most_tokens),
        )[0]
        correct = [sample.grade.verdict is Verdict.CORRECT for sample in samples]
        counts = [sum(correct[n : n + number]) for n in range(0, len(correct), number)]
        self._report(
            step,
            {
                "pass@1": figure([pass_estimate(number, c, 1) for c in counts]).as_json(),
                "samples": number,
                "tokens": sum(sample.tokens for sample in samples) / len(samples),
                **measure(samples),
            },
        )
