"""Nothing finished is lost, nothing is drawn twice, and a resumed run gives the same bytes."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from evals.results import write_results
from runs import record
from runs.grade import grade_run
from runs.prepare import prepare
from runs.run import sample_run
from runs.settings import RunSettings
from runs.store import FILE, Store
from sampling.engine import OutOfMemory
from sampling.transformers_engine import TransformersEngine
from tasks.errors import UserError

from .conftest import Silent, StopsAfter, stored, texts


def results_without_seconds(folder):
    with Store(folder) as store:
        grade_run(store)
    write_results(folder)
    results = json.loads((folder / "results.json").read_text())
    for task in results["tasks"]:
        del task["seconds"]
    return results


def test_every_sample_that_was_asked_for_is_there_with_its_own_seed(settings, run):
    watcher = run(settings())
    samples = stored(settings().out)
    assert watcher.samples == len(samples) == 12
    assert len({s.seed for s in samples}) == 12
    assert {s.index for s in samples} == {0, 1, 2}


@pytest.mark.parametrize("finished", [1, 4, 6, 11])
def test_an_interrupted_run_goes_on_and_ends_as_an_undisturbed_one(settings, run, finished):
    run(settings("whole"))
    with pytest.raises(KeyboardInterrupt):
        run(settings("stopped"), StopsAfter(finished))
    assert len(stored(settings("stopped").out)) == finished
    watcher = run(settings("stopped"))
    assert watcher.kept == finished
    assert watcher.samples == 12 - finished
    assert watcher.notices == []
    assert texts(settings("stopped").out) == texts(settings("whole").out)
    whole, stopped = (results_without_seconds(settings(n).out) for n in ("whole", "stopped"))
    assert whole == stopped


def test_a_finished_run_asks_the_model_nothing(settings, run):
    run(settings())
    watcher = run(settings())
    assert (watcher.kept, watcher.samples) == (12, 0)


def test_what_was_committed_stays_when_another_machine_gives_other_text(settings, run):
    run(settings())
    with Store(settings().out) as store:
        store._db.execute("UPDATE samples SET text = 'kept' WHERE idx = 0")
        store._db.execute("DELETE FROM samples WHERE idx = 2")
    watcher = run(settings())
    assert [s.text for s in stored(settings().out) if s.index == 0] == ["kept"] * 4
    assert any("came out otherwise" in notice for notice in watcher.notices)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"temperature": 0.7}, "temperature: 1.0 there, 0.7 now"),
        ({"samples": 4}, "samples: 3 there, 4 now"),
        ({"seed": 1}, "seed: 0 there, 1 now"),
        ({"protocol": "chat"}, "template: 'r1' there, 'chat' now"),
        ({"model": "nano:student-base"}, "model: 'nano' there"),
        ({"engine_args": {"group_size": "8"}}, "group_size: 4 there, 8 now"),
        ({"max_tokens": 47}, "max_tokens"),
        ({"limit": 3}, "the problems of nano are not those of that run"),
    ],
)
def test_a_folder_of_another_protocol_is_refused_with_the_difference(settings, run, other, named):
    with pytest.raises(KeyboardInterrupt):
        run(settings(), StopsAfter(2))
    before = {p.name: p.read_bytes() for p in settings().out.iterdir()}
    with pytest.raises(UserError, match=named):
        prepare(settings(**other))
    assert {p.name: p.read_bytes() for p in settings().out.iterdir()} == before


def test_what_the_machine_settled_when_the_run_began_holds_when_it_goes_on(settings, run):
    with pytest.raises(KeyboardInterrupt):
        run(settings(engine_args={"group_size": "4", "threads": "1"}), StopsAfter(5))
    run(settings(engine_args={}))
    assert record.read(settings().out).protocol["threads"] == 1
    run(settings("whole", engine_args={"group_size": "4", "threads": "1"}))
    assert texts(settings().out) == texts(settings("whole").out)


class Cramped(TransformersEngine):
    """The real engine on a machine with room for three rows."""

    def rows_that_fit(self, prompt_tokens, max_tokens):
        return 3


def test_a_group_that_memory_splits_is_split_the_same_way_when_resumed(settings, run):
    def cramped(watcher):
        prepared = prepare(settings())
        prepared.engine.__class__ = Cramped
        sample_run(prepared, watcher)

    with pytest.raises(KeyboardInterrupt):
        cramped(StopsAfter(2))
    assert record.read(settings().out).splits == {"nano:0": 3}
    watcher = run(settings())  # now with room for all
    assert watcher.notices == []
    assert len(stored(settings().out)) == 12
    assert record.read(settings().out).splits == {"nano:0": 3}


@pytest.mark.parametrize("left", ["run.lock", FILE, ".run.json.77.tmp"])
def test_a_run_that_died_before_it_had_a_card_begins_anew(settings, run, left):
    settings().out.mkdir()
    (settings().out / left).touch()
    assert run(settings()).samples == 12


class Small(TransformersEngine):
    """The real engine on an accelerator that takes three rows at most, and tells too late."""

    def sample(self, requests, sampling, on_finish, on_tokens=None, rows=None):
        if rows > 3:
            raise OutOfMemory(f"{rows} rows")
        super().sample(requests, sampling, on_finish, on_tokens, rows)


def test_rows_that_do_not_fit_are_drawn_in_smaller_parts_and_that_is_noted(settings, run):
    prepared = prepare(settings())
    prepared.engine.__class__ = Small
    sample_run(prepared, Silent())
    assert len(stored(settings().out)) == 12
    assert set(record.read(settings().out).splits.values()) == {2}


def test_a_template_that_was_edited_since_the_run_began_is_noticed(settings, run, tmp_path):
    template = tmp_path / "mine.py"
    template.write_text(
        "def ask(task, problem):\n    return f'<user>{problem.question}<assistant>'\n"
    )
    protocol = tmp_path / "mine.yaml"
    protocol.write_text(f"template: {template}:ask\ntemperature: 1.0\ntop_p: 1.0\n")
    with pytest.raises(KeyboardInterrupt):
        run(settings(protocol=str(protocol)), StopsAfter(5))
    template.write_text("def ask(task, problem):\n    return f'<user>{problem.question}'\n")
    with pytest.raises(UserError, match="was a template edited"):
        run(settings(protocol=str(protocol)))
    assert len(stored(settings().out)) == 5


def test_a_run_whose_protocol_file_was_edited_is_not_done_again(settings, run, tmp_path):
    protocol = tmp_path / "mine.yaml"
    protocol.write_text("template: r1\ntemperature: 1.0\ntop_p: 1.0\n")
    run(settings(protocol=str(protocol), temperature=None))
    old = record.read(settings().out)
    again = RunSettings.from_json(old.settings, tmp_path / "again")
    prepare(again, old)
    protocol.write_text("template: r1\ntemperature: 0.5\ntop_p: 1.0\n")
    with pytest.raises(UserError, match=r"cannot be done again: temperature: 1.0 there, 0.5 now"):
        prepare(again, old)


def test_samples_without_a_card_are_not_taken_for_ones_own(settings, run):
    run(settings())
    (settings().out / record.FILE).unlink()
    with pytest.raises(UserError, match=r"holds samples but no run.json"):
        run(settings(seed=1))


def test_two_processes_cannot_write_to_one_run(settings, run):
    run(settings())
    with (
        record.sole_writer(settings().out),
        pytest.raises(UserError, match="another r1eval is writing"),
    ):
        sample_run(prepare(settings()), Silent())


def kill_and_resume(tmp_path, kills: int, problems: int, seed: int) -> None:
    """kill -9 at random instants of the sampling, each time followed by the same command."""

    def start(out):
        command = [sys.executable, "-m", "r1eval", "eval", "nano", "--task", "nano"]
        command += ["--limit", str(problems), "--samples", "16", "--protocol", "r1"]
        return subprocess.Popen(
            [*command, "--engine-arg", "group_size=16", "--out", str(out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )

    def until_it_samples(process, out, kept):
        while process.poll() is None and sessions(out) <= kept:
            time.sleep(0.01)

    process = start(tmp_path / "whole")
    until_it_samples(process, tmp_path / "whole", 0)
    began = time.monotonic()
    assert process.wait() == 0
    duration = time.monotonic() - began
    instants = random.Random(seed)
    found: list[int] = []
    folder = of_this = 0
    while len(found) < kills:  # a run is killed up to four times on its way
        out = tmp_path / f"killed-{folder}"
        kept = sessions(out)
        process = start(out)
        until_it_samples(process, out, kept)
        time.sleep(instants.uniform(0, duration / 4))
        process.send_signal(signal.SIGKILL)
        killed = process.wait() == -signal.SIGKILL
        if killed:
            found.append(len(texts(out)))
        of_this += 1
        if not killed or of_this == 4:
            folder, of_this = folder + 1, 0
    total = 16 * problems
    assert any(0 < there < total for there in found), "no kill fell into the sampling"
    for out in tmp_path.glob("killed-*"):
        assert start(out).wait() == 0
        assert texts(out) == texts(tmp_path / "whole")
        assert results_without_seconds(out) == results_without_seconds(tmp_path / "whole")
    print(f"killed {kills} times while it ran; of {total} samples there were then {found}")


def sessions(out) -> int:
    """How often a run has begun to sample."""
    return len(record.read(out).sessions) if (out / record.FILE).exists() else 0


@pytest.mark.timeout(900)
def test_kill_9_at_random_instants_loses_nothing_and_changes_nothing(tmp_path):
    kill_and_resume(tmp_path, kills=2, problems=8, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_kill_9_at_twenty_random_instants_loses_nothing_and_changes_nothing(tmp_path):
    kill_and_resume(tmp_path, kills=20, problems=30, seed=2)
