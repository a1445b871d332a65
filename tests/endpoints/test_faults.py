"""Every sample ends complete, or missing with a reason; none is wrong because the server failed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from r1eval.main import main
from runs.store import FILE, Store

from .faults import FAILURES, Faulty
from .server import Served, serving

PATIENCE = ["--engine-arg", "timeout=3"]
ASKED = ["--task", "nano", "--limit", "12", "--samples", "10", "--max-tokens", "48"]


def evaluate(capsys, model: str, out, *more: str, asked=ASKED) -> tuple[int, str]:
    """Exit code and what was told, however it was wrapped."""
    with pytest.raises(SystemExit) as ended:
        main(["eval", model, *asked, "--out", str(out), *more])
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return ended.value.code, " ".join((told.out + told.err).split())


def texts(out) -> dict[tuple[str, int], tuple[str, str]]:
    with Store(out) as store:
        return {(s.problem_id, s.index): (s.text, s.finish_reason) for s in store.samples()}


@pytest.fixture(scope="module")
def undisturbed(drawer, tmp_path_factory):
    """What the server gives that does not fail. Each text depends on its seed alone."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    with serving(Served(drawer)) as served, pytest.raises(SystemExit) as ended:
        main(["eval", served.model, *ASKED, "--out", str(out)])
    assert ended.value.code == 0
    return texts(out)


def test_a_third_of_the_requests_fails_in_every_way_and_no_sample_differs(
    serve, undisturbed, tmp_path, capsys
):
    faulty = Faulty(0.3)
    served = serve(fault=faulty)
    code, told = evaluate(capsys, served.model, tmp_path / "run", *PATIENCE, "--concurrency", "12")
    assert set(faulty.met) == set(FAILURES)
    assert code == 0, told
    assert texts(tmp_path / "run") == undisturbed
    assert served.most_at_once <= 12
    assert "came from another, not nano" in told
    (session,) = json.loads((tmp_path / "run" / "run.json").read_text())["sessions"]
    assert session["endpoint"]["most_at_once"] <= 12
    assert sum(session["endpoint"]["retries"].values()) >= len(FAILURES) - 1  # a name is no failure


def test_what_is_given_up_is_missing_with_its_reason_and_asked_for_again(
    serve, undisturbed, tmp_path, capsys
):
    served = serve()
    probed = []

    def one_prompt_fails(handler, asked):
        probed.append(asked)
        if len(probed) == 1 or "446+609" not in str(asked["messages"]):
            return False
        handler.send(500, {"error": {"message": "this prompt kills me"}})
        return True

    served.fault = one_prompt_fails
    code, told = evaluate(capsys, served.model, tmp_path / "run", "--engine-arg", "attempts=2")
    assert code == 3
    assert "10 missing: HTTP 500: this prompt kills me (tried 2 times)" in told
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["tasks"][0]["outcomes"]["missing"] == 10
    assert results["tasks"][0]["metrics"]["pass@1"]["problems"] == 11
    served.fault = None
    code, told = evaluate(capsys, served.model, tmp_path / "run")
    assert code == 0, told
    assert texts(tmp_path / "run") == undisturbed


def test_a_server_that_dies_is_left_alone_and_what_came_before_is_kept(serve, tmp_path, capsys):
    served = serve()
    served.fault = lambda handler, _: len(served.bodies) > 40 and not handler.send(500, b"")
    few = ["--engine-arg", "attempts=2", "--concurrency", "8"]
    code, told = evaluate(capsys, served.model, tmp_path / "run", *few)
    assert code == 3
    assert "no longer asked: HTTP 500" in told
    assert len(texts(tmp_path / "run")) >= 30
    assert len(served.bodies) < 40 + 2 * (2 * 8 + 8), "80 were left to ask"


@pytest.mark.parametrize("reason", ["content_filter", "safety"])
def test_a_reply_that_is_withheld_is_missing(serve, tmp_path, capsys, reason):
    served = serve()

    def withheld(reply):
        if len(served.bodies) > 1:
            reply["choices"][0]["finish_reason"] = reason
        return reply

    served.change = withheld
    few = ["--task", "nano", "--limit", "2", "--max-tokens", "16"]
    code, told = evaluate(capsys, served.model, tmp_path / "run", asked=few)
    assert code == 3
    assert "filter" in told


def test_a_server_that_is_down_costs_no_sample_where_another_has_room(
    serve, undisturbed, tmp_path, capsys
):
    """Who fails at once is always the freest: it must not draw every attempt to itself."""

    def takes_its_time(handler, _):
        time.sleep(0.05)
        return False

    def down(handler, asked):
        if asked.get("max_tokens") == 1:
            return False  # the first token, before the run begins
        handler.send(500, {"error": {"message": "down"}})
        return True

    good, bad = serve(fault=takes_its_time), serve(fault=down)
    few = ["--engine-arg", "attempts=4"]
    code, told = evaluate(capsys, f"{good.url},{bad.url}#nano", tmp_path / "run", *few)
    assert code == 0, told
    assert texts(tmp_path / "run") == undisturbed


def test_a_server_that_lacks_the_path_is_left_out_and_said_where_another_answers(
    serve, undisturbed, tmp_path, capsys
):
    def lacks(handler, _):
        handler.send(404, {"error": {"message": "no such route"}})
        return True

    bad, good = serve(fault=lacks), serve()
    out = tmp_path / "run"
    code, told = evaluate(capsys, f"{bad.url},{good.url}#nano", out, "--concurrency", "4")
    assert code == 0, told
    assert f"{bad.url} is left out: HTTP 404: no such route" in told
    assert texts(out) == undisturbed
    assert len(bad.bodies) <= 4
    other = serve(fault=lacks)
    code, told = evaluate(capsys, f"{bad.url},{other.url}#nano", tmp_path / "none")
    assert code == 2
    assert f"{other.url}: HTTP 404: no such route" in told


def test_no_sample_waits_for_a_server_that_asks_for_time_while_another_has_room(
    serve, undisturbed, tmp_path, capsys
):
    def busy(handler, asked):
        if asked.get("max_tokens") == 1:
            return False
        handler.send(429, {"error": {"message": "in an hour"}}, Retry_After="3600")
        return True

    good, bad = serve(), serve(fault=busy)
    out = tmp_path / "run"
    code, told = evaluate(capsys, f"{good.url},{bad.url}#nano", out, "--concurrency", "8")
    assert code == 0, told
    assert texts(out) == undisturbed


def test_the_window_halves_when_the_server_has_too_much_to_do(serve, undisturbed, tmp_path, capsys):
    served = serve()

    def at_most_three(handler, _):
        if served._at_once <= 3:
            time.sleep(0.05)  # as a model takes its time: else no more than three ever meet
            return False
        handler.send(429, {"error": {"message": "three at a time"}})
        return True

    served.fault = at_most_three
    code, told = evaluate(capsys, served.model, tmp_path / "run")
    assert code == 0, told
    assert texts(tmp_path / "run") == undisturbed
    refused = len(served.bodies) - 121  # 120 samples and the first token
    assert 0 < refused < 60


@pytest.mark.slow
def test_kill_9_in_the_middle_and_on(serve, undisturbed, tmp_path):
    out = tmp_path / "run"
    served = serve(fault=Faulty(0.3, seed=1))
    command = [sys.executable, "-m", "r1eval", "eval", served.model, *ASKED, *PATIENCE]
    command += ["--concurrency", "4", "--out", str(out)]

    def kept() -> int:
        if not (out / FILE).exists():
            return 0
        with sqlite3.connect(out / FILE) as db:
            return db.execute("SELECT COUNT(*) FROM samples").fetchone()[0]

    for kills in (20, 60):
        process = subprocess.Popen(command, env={**os.environ}, stderr=subprocess.PIPE)
        while process.poll() is None:
            try:
                if kept() >= kills:
                    process.send_signal(signal.SIGKILL)
                    break
            except sqlite3.OperationalError:
                pass  # the tables are being made
            time.sleep(0.01)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert kills <= kept() < 120
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert texts(out) == undisturbed
