"""One run at the largest budget gives every smaller one; forced answers cost only themselves."""

from dataclasses import replace

import pytest

from runs import record
from runs.budgeted import find_forcing
from runs.forcing import Forcing
from runs.grade import OURS, grade_run
from runs.grade_budgets import check_budgets, grade_budgets
from runs.prepare import prepare, prepare_budgets
from runs.protocol import read_preset
from runs.run import draw_budgets, sample_run
from runs.store import Store
from sampling.engine import OutOfMemory, Request, Sampling
from sampling.transformers_engine import TransformersEngine
from tasks.errors import UserError

from .conftest import Silent, StopsAfter, stored, texts

BUDGETS = (8, 16, 32, 64)


class Counts(Silent):
    """A watcher that counts the tokens drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def tokens(self, count: int) -> None:
        self.drawn += count


@pytest.fixture
def budgeted(settings):
    """12 problems × 4 samples in one group, so that no row is refilled."""

    def make(name: str, **other: object):
        given = {"max_tokens": None, "limit": 12, "samples": 4, "budgets": BUDGETS}
        return settings(name, **{**given, "engine_args": {"group_size": "64"}, **other})

    return make


def graded(folder, mode="truncate"):
    """Every sample's worth at each budget of the run, by our grader."""
    card = record.read(folder)
    (curve,) = [Forcing.from_json(c) for c in card.curves if c["mode"] == mode]
    engine = prepare(settings_of(folder)).engine
    with Store(folder) as store:
        grade_run(store)
        grade_budgets(store, OURS, curve, card.protocol, engine.decode)
        return {b: store.budget_grades(OURS, mode, b) for b in curve.budgets}


def settings_of(folder):
    from runs.settings import RunSettings

    return RunSettings.from_json(record.read(folder).settings, folder)


def forced(folder, mode="force"):
    with Store(folder) as store:
        return {(f.task, f.problem_id, f.index, f.budget): f for f in store.forced(mode)}


def rescored(folder, **other):
    """`rescore`'s drawing, without the command line."""
    card = record.read(folder)
    settings = replace(settings_of(folder), **other)
    forcing = find_forcing(settings, read_preset(settings.protocol), "natural")
    check_budgets(card.protocol, forcing.budgets)
    prepared, forcing = prepare_budgets(settings, card)
    watcher = Counts()
    draw_budgets(prepared, forcing, watcher)
    return watcher


@pytest.mark.parametrize("answer", [None, 3])
def test_truncate_equals_separate_runs_at_each_budget_sample_by_sample(budgeted, run, answer):
    def up_to(budget: int) -> dict[str, object]:
        return {} if answer is None else {"max_tokens": budget + answer}

    budgets = (8, 16, 42, 64)  # one addition takes 42 tokens
    run(budgeted("all", budgets=budgets, **up_to(64)))
    at_once = graded(budgeted("all").out)
    kinds = set()
    for budget in budgets:
        run(budgeted(f"alone{budget}", budgets=(budget,), **up_to(budget)))
        alone = graded(budgeted(f"alone{budget}").out)[budget]
        assert len(alone) == 48
        assert at_once[budget] == alone
        kinds |= {(one.grade.verdict.value, one.tokens > budget) for one in alone.values()}
    assert ("correct", False) in kinds
    assert (("truncated", True) in kinds) == (answer == 3)  # too few to end an answer


def test_a_thought_that_fills_the_largest_budget_stops_there(budgeted, run):
    run(budgeted("run"))
    samples = stored(budgeted("run").out)
    unfinished = [s for s in samples if "</think>" not in s.text]
    assert unfinished
    assert all(s.thinking_tokens == 64 and s.answer_tokens == 0 for s in unfinished)
    answered = [s for s in samples if s.answer_tokens]
    assert answered
    assert all(s.thinking_tokens <= 64 and s.finish_reason == "stop" for s in answered)


def test_the_curve_costs_no_more_than_a_run_at_its_largest_budget(budgeted, run):
    curve, alone = Counts(), Counts()
    run(budgeted("force", budget_mode="force"), curve)
    run(budgeted("alone", budgets=(), max_tokens=64), alone)
    extra = sum(len(f.token_ids) for f in forced(budgeted("force").out).values())
    assert extra > 0
    assert curve.drawn - extra <= 1.15 * alone.drawn


@pytest.mark.parametrize("group_size", ["64", "5"])
def test_a_forced_answer_is_a_fresh_continuation_of_the_cut_thought(budgeted, run, group_size):
    settings = budgeted("run", budget_mode="force", engine_args={"group_size": group_size})
    run(settings)
    answers = forced(settings.out)
    assert len({budget for *_, budget in answers}) == len(BUDGETS)
    prepared = prepare(settings)
    (task,) = prepared.tasks
    asked = {a.problem.id: a for a in task.asked}
    told = {}
    thoughts = {s.key: s.token_ids for s in stored_ids(settings.out)}
    requests = [
        Request(
            key,
            asked[key[1]].prompt,
            seed=seed_of(settings.out, key),
            given=thoughts[key[:-1]][: key[-1]] + answer.closing,
            max_tokens=16,
        )
        for key, answer in answers.items()
    ]
    sampling = Sampling(temperature=1.0, max_tokens=16)
    prepared.engine.sample(requests, sampling, lambda r, c: told.__setitem__(r.key, c))
    assert {key: c.text for key, c in told.items()} == {k: a.text for k, a in answers.items()}
    for (*key, budget), answer in answers.items():
        assert answer.closing == prepared.engine.encode("</think><answer>")
        assert "</think>" not in prepared.engine.decode(thoughts[tuple(key)][:budget])


def seed_of(folder, key):
    from runs.seeds import sample_seed

    *sample, budget = key
    (seed,) = [s.seed for s in stored(folder) if s.key == tuple(sample)]
    return sample_seed(seed, "force", budget)


def test_every_thought_that_exceeds_a_budget_is_answered_there_and_no_other(budgeted, run):
    run(budgeted("run", budget_mode="force"))
    answers = forced(budgeted("run").out)
    for budget, grades in graded(budgeted("run").out, "force").items():
        for key, one in grades.items():
            assert ((*key, budget) in answers) == (one.forced_tokens > 0)
            if one.forced_tokens:
                assert one.tokens == budget
                assert not one.finished
                assert one.grade.verdict.value != "truncated" or one.forced_tokens == 16


@pytest.mark.parametrize("finished", [1, 7, 30])
@pytest.mark.parametrize("mode", ["force", "extend"])
def test_an_interrupted_run_with_budgets_ends_as_an_undisturbed_one(budgeted, run, mode, finished):
    args = {"budget_mode": mode, "engine_args": {"group_size": "12"}}
    run(budgeted("whole", **args))
    with pytest.raises(KeyboardInterrupt):
        run(budgeted("stopped", **args), StopsAfter(finished))
    watcher = run(budgeted("stopped", **args))
    assert watcher.notices == []
    whole, stopped = budgeted("whole").out, budgeted("stopped").out
    assert texts(whole) == texts(stopped)
    assert forced(whole, mode) == forced(stopped, mode)
    with Store(whole) as a, Store(stopped) as b:
        assert a.extended() == b.extended()
    assert run(budgeted("stopped", **args)).kept == 48


def test_an_existing_run_is_forced_afterwards_and_only_forced_answers_are_drawn(budgeted, run):
    run(budgeted("plain", budgets=(), max_tokens=64))
    folder = budgeted("plain").out
    before = texts(folder)
    watcher = rescored(folder, budgets=BUDGETS, budget_mode="force")
    answers = forced(folder)
    assert texts(folder) == before
    assert watcher.drawn == sum(len(f.token_ids) for f in answers.values()) > 0
    assert rescored(folder, budgets=BUDGETS, budget_mode="force").drawn == 0
    run(budgeted("hot", budget_mode="force"))
    hot = forced(budgeted("hot").out)
    same = [key for key in hot if key in answers and hot[key].text == answers[key].text]
    assert len(same) > 0.9 * len(hot), "rounding parts few"


def test_another_budget_is_added_to_what_is_there(budgeted, run):
    run(budgeted("plain", budgets=(), max_tokens=64))
    folder = budgeted("plain").out
    rescored(folder, budgets=(16, 64), budget_mode="force")
    first = forced(folder)
    rescored(folder, budgets=(16, 32, 64), budget_mode="force")
    both = forced(folder)
    assert first.items() <= both.items()
    assert {budget for *_, budget in both} == {16, 32, 64}


def test_a_stopped_rescore_leaves_samples_missing_and_not_truncated(budgeted, run, monkeypatch):
    run(budgeted("plain", budgets=(), max_tokens=64, engine_args={"group_size": "12"}))
    folder = budgeted("plain").out
    card = record.read(folder)
    settings = replace(settings_of(folder), budgets=(16, 64), budget_mode="force")
    prepared, forcing = prepare_budgets(settings, card)
    with pytest.raises(KeyboardInterrupt):
        draw_budgets(prepared, forcing, StopsAfter(5))
    stopped = graded(folder, "force")
    assert {len(of_budget) for of_budget in stopped.values()} == {5}
    draw_budgets(prepared, forcing, Silent())
    whole = graded(folder, "force")
    assert {len(of_budget) for of_budget in whole.values()} == {48}
    assert all(stopped[b].items() <= whole[b].items() for b in whole)


class Overflows(TransformersEngine):
    """The real engine where memory ends after five completions of more than three rows."""

    def sample(self, requests, sampling, on_finish, on_tokens=None, rows=None):
        finished = 0

        def finish(request, completion):
            nonlocal finished
            if rows > 3:
                finished += 1
                if finished > 5:
                    raise OutOfMemory(f"{rows} rows")
                completion = replace(completion, text=completion.text + " of a batch given up")
            return on_finish(request, completion)

        super().sample(requests, sampling, finish, on_tokens, rows)


def test_forced_answers_of_a_batch_that_did_not_fit_are_drawn_again(budgeted, run):
    run(budgeted("plain", budgets=(), max_tokens=64, limit=3))
    folder = budgeted("plain").out
    settings = replace(settings_of(folder), budgets=(16, 64), budget_mode="force")
    prepared, forcing = prepare_budgets(settings, record.read(folder))
    prepared.engine.__class__ = Overflows
    draw_budgets(prepared, forcing, Silent())
    assert {len(of_budget) for of_budget in graded(folder, "force").values()} == {12}
    assert not [f for f in forced(folder).values() if "given up" in f.text]


def test_extending_again_does_not_depend_on_what_was_asked_before(budgeted, run):
    for name in ("before", "alone"):
        run(budgeted(name, budgets=(), max_tokens=96, limit=6))
    for budgets in ((96,), (16, 64)):
        rescored(budgeted("before").out, budgets=budgets, budget_mode="extend")
    rescored(budgeted("alone").out, budgets=(16, 64), budget_mode="extend")
    assert graded(budgeted("before").out, "extend") == graded(budgeted("alone").out, "extend")


def test_a_wait_that_the_model_cannot_read_is_refused(budgeted):
    for wait in ("Hmm", ""):
        with pytest.raises(UserError, match="does not know that"):
            prepare(budgeted("run", budget_mode="extend", wait=wait))


def test_extending_puts_wait_where_a_thought_ended_and_goes_on(budgeted, run):
    settings = budgeted("run", budget_mode="extend", waits=2, samples=8)
    run(settings)
    samples = {s.key: s for s in stored_ids(settings.out)}
    with Store(settings.out) as store:
        extended = store.extended()
    assert extended.keys() == samples.keys()
    decode = prepare(settings).engine.decode
    assert {e.waits for e in extended.values()} <= {0, 1, 2}
    longer = [e for e in extended.values() if e.waits]
    assert longer
    for e in longer:
        before = decode(samples[e.task, e.problem_id, e.index].token_ids)
        thought = before.partition("</think>")[0]
        after = decode(e.token_ids)
        assert after.startswith(thought + "wait")
        assert after.count("wait") >= e.waits
        assert len(e.token_ids) <= 64 + 32
    for e in extended.values():
        if not e.waits:
            assert e.token_ids == samples[e.task, e.problem_id, e.index].token_ids


def stored_ids(folder):
    with Store(folder) as store:
        return list(store.samples(ids=True))


def test_budgets_beyond_what_the_samples_reach_are_refused(budgeted, run):
    run(budgeted("plain", budgets=(), max_tokens=48))
    with pytest.raises(UserError, match="end at 48 tokens"):
        rescored(budgeted("plain").out, budgets=(32, 64))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"budgets": (), "budget_mode": "force"}, "needs --budgets"),
        ({"wait": "hm"}, "for --budget-mode extend"),
        ({"max_tokens": 32}, "ends before the largest budget"),
        ({"budgets": (100_000,)}, "leaves"),
        ({"budgets": (500,), "budget_mode": "force"}, "leaves"),
    ],
)
def test_budgets_that_cannot_be_are_refused_before_anything_is_drawn(budgeted, other, message):
    with pytest.raises(UserError, match=message):
        prepare(budgeted("run", **other))
    assert not budgeted("run").out.exists()


def test_other_budgets_of_a_truncated_run_need_no_new_samples(budgeted, run):
    run(budgeted("run"))
    watcher = Counts()
    run(budgeted("run", budgets=(4, 64)), watcher)
    assert watcher.drawn == 0
    assert list(graded(budgeted("run").out)) == [4, 64]
    with pytest.raises(UserError, match="max_thinking: 64 there, 32 now"):
        sample_run(prepare(budgeted("run", budgets=(32,))), Silent())


def test_in_mode_force_accuracy_rises_where_the_problem_needs_the_thought(budgeted, run):
    """Everything is answered at every budget, so what rises is not truncation that ends. One
    addition takes 42 tokens: deeper sums need larger budgets, and more than enough gives nothing.
    """
    budgets = (16, 64, 128, 256)
    args = {"limit": 36, "temperature": 0.6, "top_p": 0.95, "budgets": budgets}
    settings = budgeted("run", budget_mode="force", engine_args={"group_size": "256"}, **args)
    run(settings)
    with Store(settings.out) as store:
        depth = {p.problem_id: p.question.count("+") for p in store.problems()}
    accuracy = {}
    for budget, grades in graded(settings.out, "force").items():
        unanswered = [one for one in grades.values() if one.grade.verdict.value == "truncated"]
        assert len(unanswered) <= 0.15 * len(grades)  # a forced answer may ramble
        for level in range(1, 7):
            of_level = [one for key, one in grades.items() if depth[key[1]] == level]
            right = sum(one.grade.verdict.value == "correct" for one in of_level)
            accuracy[budget, level] = right / len(of_level)
    assert all(accuracy[16, level] <= 0.1 for level in range(1, 7))
    assert accuracy[64, 1] >= 0.7
    assert abs(accuracy[256, 1] - accuracy[64, 1]) <= 0.1
    assert all(accuracy[64, level] <= 0.1 for level in range(2, 7))
    assert accuracy[128, 3] >= 0.5
    assert all(accuracy[128, level] <= 0.1 for level in range(4, 7))
    assert accuracy[256, 4] >= 0.3


def test_a_model_without_tags_is_asked_without_the_line_of_the_tag():
    cue = read_preset("chat").answer_cue
    forcing = Forcing("force", (16,), cue, 48, "Wait", 2)
    assert forcing.closing("</think>") == "\n</think>\n\n**Final Answer**\n\\boxed{"
    assert forcing.closing("") == "\n\n**Final Answer**\n\\boxed{"
    assert forcing.until("42}")
