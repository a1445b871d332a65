"""Everything that is settled and checked before the first token: tasks, model, protocol, prompts.

Nothing is written here, so that a wrong command leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from runs.budgeted import Lengths, check_wait, find_forcing, forced_length, lengths_of
from runs.endpoints import check_forcing, probe, settled
from runs.engines import open_engine
from runs.forcing import Forcing
from runs.protocol import Preset, Protocol, read_preset
from runs.recipe import where
from runs.record import RunRecord, TaskRecord, existing
from runs.seeds import sample_seed
from runs.settings import RunSettings
from runs.stops import stops
from runs.stored import StoredProblem
from runs.templates import put
from sampling.engine import TINY, Engine, Prompt, Request, Sampling
from tasks.errors import UserError
from tasks.load import load_task
from tasks.problem import Problem, Task
from tasks.thinking import DEFAULT as TAGS

_TINY_GROUP, _GROUP = 2048, 128
Load = Callable[..., Task]
"""As `tasks.load.load_task`."""
_UNREADABLE = 0.2  # share of unknown tokens above which a model cannot read a prompt


@dataclass(frozen=True)
class Asked:
    """One problem as it goes to the model."""

    problem: Problem
    prompt: Prompt
    rendered: str
    prompt_tokens: int

    @property
    def thought_prefilled(self) -> bool:
        return self.rendered.rstrip().endswith(tuple(tags.opening for tags in TAGS))


@dataclass(frozen=True)
class PreparedTask:
    """``too_long`` holds the problems whose prompt leaves no room to answer: their samples are
    missing.
    """

    task: Task
    asked: Sequence[Asked]
    too_long: Sequence[Asked]
    max_tokens: int

    def stored_problems(self) -> list[StoredProblem]:
        every = {a.problem.id: a for a in [*self.asked, *self.too_long]}
        return [
            StoredProblem(
                task=self.task.name,
                problem_id=problem.id,
                position=position,
                question=problem.question,
                gold=problem.gold,
                answer_type=self.task.answer_type,
                prompt=every[problem.id].rendered,
                thought_prefilled=every[problem.id].thought_prefilled,
            )
            for position, problem in enumerate(self.task.problems)
        ]

    def requests(self, samples: int, seed: int) -> list[Request]:
        """All samples of the task, problem by problem; a request's key is (problem id, index)."""
        return [
            self.request(a.problem.id, index, seed) for a in self.asked for index in range(samples)
        ]

    def request(self, problem_id: str, index: int, seed: int) -> Request:
        prompt = self._prompts[problem_id]
        until = stops(self.task.until, self._prefilled[problem_id]) if self.task.until else None
        seed = sample_seed(seed, problem_id, index)
        return Request((problem_id, index), prompt, seed, until=until)

    @cached_property
    def _prompts(self) -> dict[str, Prompt]:
        return {a.problem.id: a.prompt for a in self.asked}

    @cached_property
    def _prefilled(self) -> dict[str, bool]:
        return {a.problem.id: a.thought_prefilled for a in self.asked}


@dataclass(frozen=True)
class Prepared:
    settings: RunSettings
    tasks: Sequence[PreparedTask]
    engine: Engine
    protocol: Protocol
    notices: Sequence[str]
    record: RunRecord | None  # of the run that is resumed
    forcing: Forcing | None = None


def prepare(
    settings: RunSettings, again: RunRecord | None = None, load: Load = load_task
) -> Prepared:
    """Settle and check a run. ``again`` is the run that this one is to repeat; ``load`` may know
    more names of tasks than the catalogue.

    Raises UserError or ModelError on anything that the user can mend.
    """
    settings.check_model()
    record = existing(settings.out)
    before = record or again
    preset = read_preset(settings.protocol)
    temperature = preset.temperature if settings.temperature is None else settings.temperature
    if settings.until_ci is not None:
        _check_until(settings)
    if temperature == 0 and settings.samples > 1:
        raise UserError(f"temperature 0 gives {settings.samples} equal samples: use --samples 1")
    gold = settings.needs_gold
    tasks = [load(where(t), limit=settings.limit, needs_gold=gold) for t in settings.tasks]
    _distinct(tasks)
    if before is not None:
        _same_problems(before, tasks)
    engine, args = open_engine(settings, before)
    notices = list(engine.facts.notices)
    thinking_tags = preset.template.startswith("r1") or engine.has_token(TAGS[0].closing)
    forcing = find_forcing(settings, preset, engine.prompt_language)
    check_forcing(engine, forcing)
    check_wait(forcing, engine)
    lengths = lengths_of(forcing, settings, preset, engine, thinking_tags)
    prepared = [_prepare_task(task, settings, preset, engine, notices, lengths) for task in tasks]
    protocol = Protocol(
        preset=settings.protocol,
        template=preset.template,
        temperature=temperature,
        top_p=preset.top_p if settings.top_p is None else settings.top_p,
        top_k=preset.top_k if settings.top_k is None else settings.top_k,
        min_p=preset.min_p if settings.min_p is None else settings.min_p,
        max_tokens={p.task.name: p.max_tokens for p in prepared},
        samples=settings.samples,
        seed=settings.seed,
        model=settings.model,
        revision=engine.facts.revision,
        adapter=settings.adapter,
        engine=engine.facts.engine,
        device=engine.facts.device,
        dtype=engine.facts.dtype,
        threads=engine.facts.threads,
        group_size=group_size(engine, args),
        thinking_tags=thinking_tags,
        sampler=engine.facts.sampler,
        max_thinking=forcing.budgets[-1] if forcing else None,
        forcing=forcing.as_json() if forcing and forcing.asks else None,
        until={t.name: list(t.until) for t in tasks if t.until} or None,
        **settled(engine, args),
    )
    if before is not None and (differences := protocol.differences(before.protocol)):
        raise UserError(
            f"{settings.out} is a run of another protocol: {'; '.join(differences)}; "
            "give a new --out, or the options of that run"
            if before is record
            else f"the run cannot be done again: {'; '.join(differences)}"
        )
    if record is None:
        _probe(engine, prepared, protocol, forcing)
    return Prepared(settings, prepared, engine, protocol, notices, record, forcing)


def group_size(engine: Engine, args: Mapping[str, str]) -> int:
    """0 where samples do not depend on one another: all of a task is then one group."""
    if not engine.facts.closed_groups:
        return 0
    tiny = (engine.facts.parameters or TINY) < TINY
    return int(args.get("group_size", _TINY_GROUP if tiny else _GROUP))


def _probe(
    engine: Engine, tasks: Sequence[PreparedTask], protocol: Protocol, forcing: Forcing | None
) -> None:
    if first := next((asked for task in tasks for asked in task.asked), None):
        sampling = Sampling(protocol.temperature, protocol.top_p, 1, protocol.top_k, protocol.min_p)
        probe(engine, first.prompt, sampling, forcing)


def _check_until(settings: RunSettings) -> None:
    if settings.samples < 4 or settings.samples % 2:
        raise UserError(
            f"--until-ci begins with --samples of each problem, an even number from 4 on (16 does "
            f"well), not {settings.samples}"
        )
    if settings.max_samples is not None and settings.max_samples < settings.samples:
        raise UserError(f"--max-samples {settings.max_samples} is less than --samples")
    if settings.budgets:
        raise UserError("--until-ci and --budgets do not go together: draw the curve afterwards")


def prepare_budgets(
    settings: RunSettings, record: RunRecord, load: Load = load_task
) -> tuple[Prepared, Forcing]:
    """What is needed to draw at the budgets of ``settings`` from a run that is there. Raises
    UserError when forced answers do not fit into the context.
    """
    prepared = prepare(RunSettings.from_json(record.settings, settings.out), load=load)
    engine = prepared.engine
    forcing = find_forcing(settings, read_preset(settings.protocol), engine.prompt_language)
    assert forcing is not None
    check_wait(forcing, engine)
    longest = max((a.prompt_tokens for task in prepared.tasks for a in task.asked), default=0)
    context = engine.facts.context_length
    most = forced_length(forcing, engine)
    if context is not None and longest + most > context:
        raise UserError(
            f"--budgets up to {forcing.budgets[-1]} take {most} tokens with a forced answer, and "
            f"the context of {record.protocol['model']}, {context} tokens less the longest prompt "
            f"({longest}), leaves {context - longest}"
        )
    return prepared, forcing


def _distinct(tasks: Sequence[Task]) -> None:
    names = [task.name for task in tasks]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UserError(
            f"two tasks are called {', '.join(sorted(twice))}: rename a file, or run apart"
        )


def _same_problems(record: RunRecord, tasks: Sequence[Task]) -> None:
    then: Mapping[str, str] = {t["name"]: t["problems_sha256"] for t in record.tasks}
    now = {task.name: TaskRecord.of(task).problems_sha256 for task in tasks}
    if then.keys() != now.keys():
        raise UserError(
            f"that is a run of {', '.join(then)}, not of {', '.join(now)}: give a new --out"
        )
    if other := [name for name in now if then[name] != now[name]]:
        raise UserError(
            f"the problems of {', '.join(other)} are not those of that run (another --limit or "
            "another copy of the data): give a new --out"
        )


def _prepare_task(
    task: Task,
    settings: RunSettings,
    preset: Preset,
    engine: Engine,
    notices: list[str],
    lengths: Lengths | None = None,
) -> PreparedTask:
    asked = []
    for problem in task.problems:
        prompt = put(preset.template, task, problem, engine.prompt_language)
        if (share := engine.unknown_share(prompt)) > _UNREADABLE:
            raise UserError(
                f"{settings.model} cannot read {task.name}: its tokenizer does not know "
                f"{share:.0%} of problem {problem.id}"
            )
        tokens = engine.count_prompt_tokens(prompt)
        asked.append(Asked(problem, prompt, engine.render(prompt), tokens))
    wanted = settings.max_tokens or preset.max_tokens
    if lengths is not None:
        wanted = lengths.wanted
    context = engine.facts.context_length
    if context is None:
        return PreparedTask(task, asked, [], wanted or task.max_tokens)
    most = context if wanted is not None else context // 2
    fitting = [a for a in asked if a.prompt_tokens <= most]
    too_long = [a for a in asked if a.prompt_tokens > most]
    if too_long:
        notices.append(
            f"{task.name}: {len(too_long)} prompts are longer than {most} of {context} tokens of "
            f"context and are not asked ({too_long[0].problem.id} first)"
        )
    longest = max((a.prompt_tokens for a in fitting), default=0)
    room = context - longest
    if lengths is not None:
        if lengths.least > room or lengths.forced > room:
            most = max(lengths.least, lengths.forced)
            raise UserError(
                f"--budgets up to {settings.budgets[-1]} take at least {most} tokens, and "
                f"the context of {settings.model}, {context} tokens less the longest prompt of "
                f"{task.name} ({longest}), leaves {room}"
            )
        if wanted is not None and wanted > room:
            notices.append(
                f"{task.name}: answers may take {room - settings.budgets[-1]} tokens after the "
                f"largest budget, since the context of {settings.model} ends there"
            )
            wanted = room
    if wanted is not None and wanted > room:
        raise UserError(
            f"--max-tokens {wanted} is beyond the context of {settings.model}: {context} tokens "
            f"less the longest prompt of {task.name} ({longest}) leave {room}"
        )
    if wanted is None and task.max_tokens > room:
        notices.append(
            f"{task.name} would take up to {task.max_tokens} tokens by default; the context of "
            f"{settings.model} ({context}) leaves {room}"
        )
    return PreparedTask(task, fitting, too_long, wanted or min(task.max_tokens, room))
