"""What a teacher draws is a run, which stops on a problem that has enough, and becomes traces."""

from collections import Counter

import pytest

from distill.generate import Generation, plan_round, traces_of
from evals.results import read_results
from r1eval.running import run_and_print
from runs import record
from runs.store import Store
from tasks.errors import UserError

OURS = "ours"


@pytest.fixture
def generated(tmp_path):
    def make(name, **other):
        given = {"model": "nano", "tasks": ["nano"], "limit": 12, "template": "r1-zero", **other}
        asked = Generation(**{"samples": 6, "accepted": 2, "temperature": 1.0, **given})
        out = tmp_path / name

        def plan(grader):
            return plan_round(out, grader, asked.accepted or asked.samples, asked.samples)

        assert run_and_print(asked.settings(out), plan=plan) == 0
        return out

    return make


def counted(traces):
    drawn, correct = Counter(), Counter()
    for trace in traces:
        drawn[trace.problem] += 1
        correct[trace.problem] += trace.meta["verdict"] == "correct"
    return drawn, correct


def test_a_problem_with_enough_correct_samples_is_asked_no_more(generated):
    drawn, correct = counted(traces_of(generated("run"), OURS))
    assert len(drawn) == 12
    assert set(drawn.values()) <= {2, 4, 6}
    for problem, number in drawn.items():
        assert number == 6 or correct[problem] >= 2, problem
    assert min(drawn.values()) < 6


def test_the_first_samples_are_those_of_a_run_without_end_and_alone_count(generated):
    out = generated("run")
    whole = {t.id: t.text for t in traces_of(generated("whole", accepted=None), OURS)}
    assert {t.id: t.text for t in traces_of(out, OURS)}.items() <= whole.items()
    result = read_results(out)["tasks"][0]
    assert result["samples_per_problem"] == 2
    assert sum(result["outcomes"].values()) == 24
    assert "adaptive" not in result


def test_the_same_command_goes_on_after_a_round_was_cut_off(generated):
    whole = {t.id: t.text for t in traces_of(generated("run"), OURS)}
    out = generated("cut")
    last = record.read(out).rounds
    with Store(out) as store:
        kept = store.keys()
        store.discard([key for key in kept if key[2] >= 3])
    assert {t.id: t.text for t in traces_of(generated("cut"), OURS)} == whole
    assert record.read(out).rounds == last


def test_traces_hold_what_is_known_and_an_opened_thought(generated):
    trace = next(iter(traces_of(generated("run", template="r1"), OURS)))
    assert trace.prompt == [{"role": "user", "content": trace.question}]
    assert trace.text.startswith("<think>")
    assert trace.text.count("<think>") == 1
    assert trace.meta["teacher"] == "nano"
    assert trace.meta["gold"]
    assert trace.meta["tokens"] > 0


def test_a_task_that_changed_is_said(generated, tmp_path):
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"problem": "1+1=?", "answer": "2"}\n')
    out = generated("run", tasks=[str(mine)], limit=None, accepted=None, samples=1)
    mine.write_text('{"problem": "1+2=?", "answer": "3"}\n')
    with pytest.raises(UserError, match="is not in the task as it is now"):
        list(traces_of(out, OURS))


def test_prompts_without_gold_become_traces_without_a_verdict(generated, tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"problem": "582+867=?"}\n{"problem": "100+200=?"}\n')
    out = generated("run", tasks=[str(prompts)], limit=None, accepted=None, samples=3)
    traces = list(traces_of(out, OURS))
    assert len(traces) == 6
    assert all({"gold", "verdict"}.isdisjoint(one.meta) for one in traces)
    assert all(one.verdict is None for one in traces)
    with pytest.raises(UserError, match="no column 'answer'"):
        generated("other", tasks=[str(prompts)], limit=None)  # enough correct ones cannot be told
