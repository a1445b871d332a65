"""A run over an endpoint: what is written down, what it costs, and budgets."""

import json

import pytest

import nano.models
from r1eval.main import main
from runs.store import Store

KEY = "sk-very-secret-0123456789"
SMALL = ["--task", "nano", "--limit", "4", "--samples", "4", "--max-tokens", "64"]
TOKENIZER = ["--engine-arg", f"tokenizer={nano.models.path('base')}"]


@pytest.fixture
def evaluate(capsys, tmp_path):
    def go(model: str, *more: str, name: str = "run") -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["eval", model, *SMALL, "--out", str(tmp_path / name), *more])
        told = capsys.readouterr()
        return ended.value.code, " ".join((told.out + told.err).split())

    return go


def results(folder):
    return json.loads((folder / "results.json").read_text())


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_says_what_was_asked_and_what_came_of_it(serve, evaluate, tmp_path):
    served = serve(counts_thoughts=True)
    code, _ = evaluate(served.model, "--protocol", "r1", "--concurrency", "3")
    assert code == 0
    assert served.most_at_once <= 3
    (task,) = results(tmp_path / "run")["tasks"]
    assert task["outcomes"]["missing"] == 0
    assert task["tokens"]["source"] == "usage"
    assert task["tokens"]["thinking"] + task["tokens"]["answer"] == pytest.approx(
        task["tokens"]["mean"] * 16, abs=0.1
    )
    (session,) = record(tmp_path / "run")["sessions"]
    told = session["endpoint"]
    assert (told["replies"], told["models"]) == (16, {"nano": 16})
    assert told["assistant_prefix"] == "vllm"
    assert record(tmp_path / "run")["protocol"]["engine"] == "endpoint"
    with Store(tmp_path / "run") as store:
        samples = list(store.samples())
    asked = {body["seed"] for body in served.bodies[1:]}
    assert asked == {sample.seed for sample in samples}
    assert len(asked) == 16


def test_a_server_that_counts_all_tokens_and_no_thoughts(serve, evaluate, tmp_path):
    code, _ = evaluate(serve().model, "--protocol", "r1")
    assert code == 0
    tokens = results(tmp_path / "run")["tasks"][0]["tokens"]
    assert tokens["thinking"] is None
    assert tokens["mean"] > 10


def test_a_finished_run_asks_nothing(serve, evaluate):
    served = serve()
    evaluate(served.model)
    asked = len(served.bodies)
    assert evaluate(served.model)[0] == 0
    assert len(served.bodies) == asked


def test_a_key_is_in_no_file_and_in_nothing_that_is_told(serve, evaluate, tmp_path, monkeypatch):
    monkeypatch.setenv("R1EVAL_API_KEY", KEY)
    served = serve(key=KEY)

    def echoes(handler, _):
        if len(served.bodies) % 3:
            return False
        handler.send(500, {"error": {"message": f"the key {KEY} broke me"}})
        return True

    served.fault = echoes
    code, told = evaluate(served.model, "--engine-arg", "attempts=1")
    assert code == 3
    assert served.headers[-1]["Authorization"] == f"Bearer {KEY}"
    assert "the key [key] broke me" in told
    assert KEY not in told
    for file in (tmp_path / "run").iterdir():
        assert KEY.encode() not in file.read_bytes()


MANY = ["--protocol", "r1", "--temperature", "1", "--samples", "16"]


def test_copies_are_told(serve, evaluate, tmp_path):
    code, told = evaluate(serve(seed=7).model, *MANY)
    assert code == 0
    assert "32 are equal to the letter" in told
    assert any("one seed" in notice for notice in record(tmp_path / "run")["notices"])


@pytest.mark.slow
def test_samples_that_happen_to_be_equal_are_no_copies(serve, evaluate):
    assert "equal to the letter" not in evaluate(serve().model, *MANY)[1]


def test_a_cost_limit_stops_asking_and_keeps_what_is_there(serve, evaluate, tmp_path):
    served = serve()
    prices = ["--price-in", "0", "--price-out", "1000", "--concurrency", "2"]
    code, told = evaluate(served.model, *prices, "--max-cost", "0.05")
    assert code == 3
    assert "missing: the cost limit of $0.05 was reached" in told
    bill = results(tmp_path / "run")["bill"]
    assert bill["usd"] == pytest.approx(bill["reply_tokens"] / 1000)
    assert 0.05 <= bill["usd"] < 0.05 + 2 * 0.064
    assert f"${bill['usd']:.4f}" in told
    first = len(served.bodies)
    code, _ = evaluate(served.model, *prices, "--max-cost", "0.05")
    assert code == 3
    assert len(served.bodies) == first, "earlier sessions count"
    code, _ = evaluate(served.model, *prices, "--max-cost", "100")
    assert code == 0
    whole = results(tmp_path / "run")["bill"]
    assert whole["replies"] == len(served.bodies)  # the token that came before the run too
    assert whole["reply_tokens"] > bill["reply_tokens"]


def test_every_problem_is_asked_before_any_is_asked_again(serve, evaluate):
    served = serve()
    evaluate(served.model, "--concurrency", "1")
    prompts = [str(body["messages"]) for body in served.bodies[1:]]
    assert len(set(prompts[:4])) == len(set(prompts)) == 4


@pytest.mark.parametrize("how", [{"counts_thoughts": True}, {"tokenizer": True}])
def test_budgets_by_counts_and_by_tokens(serve, evaluate, tmp_path, how):
    served = serve(counts_thoughts="counts_thoughts" in how)
    named = TOKENIZER if "tokenizer" in how else []
    code, told = evaluate(
        served.model, "--protocol", "r1", *named, "--budgets", "16,48,96", "--max-tokens", "128"
    )
    assert code == 0, told
    rows = results(tmp_path / "run")["tasks"][0]["budgets"]
    assert [row["budget"] for row in rows] == [16, 48, 96]
    finished = [row["finished"] for row in rows]
    assert finished == sorted(finished)
    assert finished[0] < finished[-1]


def test_forced_answers_over_a_server_that_goes_on(serve, evaluate, tmp_path):
    served = serve()
    forced = ["--budgets", "16,48", "--budget-mode", "force", "--max-tokens", "80"]
    code, told = evaluate(served.model, "--protocol", "r1", *TOKENIZER, *forced)
    assert code == 0, told
    rows = results(tmp_path / "run")["tasks"][0]["budgets"]
    assert all(row["outcomes"]["missing"] == 0 for row in rows)
    assert rows[0]["tokens"]["forced"] > 0
    last = served.bodies[-1]["messages"][-1]
    assert last["role"] == "assistant"


def test_a_rescore_asks_no_server(serve, evaluate, tmp_path, capsys):
    model = serve(counts_thoughts=True).model
    evaluate(model, "--protocol", "r1")
    with pytest.raises(SystemExit) as ended:
        main(["rescore", str(tmp_path / "run"), "--budgets", "16,48"])
    assert ended.value.code == 0
    assert len(results(tmp_path / "run")["tasks"][0]["budgets"]) == 2


def test_no_further_round_is_planned_once_the_limit_is_reached(serve, evaluate, tmp_path):
    served = serve()
    limit = ["--price-in", "0", "--price-out", "1000", "--max-cost", "0.3", "--concurrency", "2"]
    code, told = evaluate(served.model, *limit, "--until-ci", "0.01")
    assert code == 3
    assert "the cost limit of $0.3 was reached" in told
    assert len(record(tmp_path / "run")["rounds"]) <= 2
    assert results(tmp_path / "run")["bill"]["usd"] < 0.3 + 2 * 0.064


def test_a_thought_that_the_server_opens_is_not_asked_for_and_the_run_says_so(
    serve, evaluate, tmp_path
):
    served = serve(owner="someone")
    code, told = evaluate(
        served.model, "--protocol", "r1", "--engine-arg", "assistant_prefix=server"
    )
    assert code == 0
    assert "'<think>' was not sent" in told
    assert record(tmp_path / "run")["protocol"]["assistant_prefix"] == "server"
    assert [m["role"] for m in served.bodies[-1]["messages"]] == ["user"]


def test_a_proxy_of_the_environment_does_not_stand_before_this_machine(
    serve, evaluate, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert evaluate(serve().model)[0] == 0
