"""What cannot start ends in one line that says what to do, exit code 2, and leaves no trace."""

import socket

import pytest

from r1eval.main import main

from .server import Served

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def fails(capsys, tmp_path):
    def attempt(model: str, *more: str, task: str = "nano", trace: bool = False) -> str:
        out = tmp_path / "run"
        with pytest.raises(SystemExit) as ended:
            main(["eval", model, "--task", task, "--limit", "2", "--out", str(out), *more])
        told = capsys.readouterr()
        assert ended.value.code == 2
        assert not told.out
        assert told.err.startswith("r1eval: ")
        assert told.err.count("\n") == 1
        assert not out.exists(), "something was written"
        return told.err

    return attempt


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("http://#m", "not a URL"),
        ("http://host:port/v1#m", "not a URL"),
        ("http://127.0.0.1:1/v1", "names no model"),
        ("https://someone:secret@host/v1#m", "the environment"),
        ("https://someone:secret@host/v1", "names no model"),
        ("http://someone:secret@host:port/v1#m", "not a URL"),
        ("http://host/v1?api_key=secret", "names no model"),
        ("http://a..b/v1#m", "not a URL"),
        ("http://127.0.0.1:1/v1#", "names no model"),
        ("ollama:", "names no model"),
        ("http://no.such.host.invalid/v1#m", "cannot reach"),
    ],
)
def test_a_wrong_url(fails, model, told):
    line = fails(model)
    assert told in line
    assert "secret" not in line


def test_a_closed_port(fails):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "cannot reach" in fails(f"http://127.0.0.1:{port}/v1#nano")


def test_a_wrong_key_is_not_echoed(fails, serve, monkeypatch):
    served = serve(key="another")
    assert "export R1EVAL_API_KEY" in fails(served.model)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    line = fails(served.model)  # the server says which key was wrong
    assert "OPENAI_API_KEY" in line
    assert KEY not in line


def test_a_key_is_not_echoed_where_an_error_comes_as_a_reply(fails, serve, monkeypatch):
    monkeypatch.setenv("R1EVAL_API_KEY", KEY)

    def wrong(handler, asked):
        handler.send(200, {"error": {"message": f"bad key {KEY}"}})
        return True

    line = fails(serve(fault=wrong).model, "--engine-arg", "attempts=1")
    assert "bad key [key]" in line
    assert KEY not in line


def test_a_limit_of_cost_needs_a_server_that_counts(fails, serve):
    price = ("--price-in", "1", "--price-out", "1000", "--max-cost", "0.01")
    assert "--max-cost cannot be kept" in fails(serve(usage=False).model, *price)


def test_a_key_that_only_samples_need(fails, serve, monkeypatch):
    monkeypatch.setenv("R1EVAL_API_KEY", KEY)

    def refuses(handler, _):
        handler.send(403, {"error": {"message": f"{KEY} may not"}})
        return True

    line = fails(serve(fault=refuses).model)
    assert "R1EVAL_API_KEY" in line
    assert KEY not in line


def test_a_provider_without_its_key(fails, monkeypatch):
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    assert "export DEEPSEEK_API_KEY" in fails("deepseek:deepseek-reasoner")


def test_an_unknown_model_lists_those_there_are(fails, serve):
    line = fails(f"{serve().url}#nona")
    assert "serves no nona: it has nano" in line


def test_a_server_that_speaks_something_else(fails, serve):
    served = serve()
    assert "does not speak" in fails_at(fails, served, lambda h: h.send(200, b"<html>hi</html>"))
    assert "does not speak" in fails_at(fails, served, lambda h: h.send(200, {"hello": "you"}))
    assert "HTTP 302" in fails_at(fails, served, lambda h: h.send(302, b"", Location="/login"))


def fails_at(fails, served: Served, answer) -> str:
    """With other answers to GET /models."""

    served.lists = answer
    return fails(served.model)


def test_a_url_without_v1(fails, serve):
    served = serve()
    line = fails(served.model.replace("/v1", ""))
    assert "v1" in line


def test_a_model_that_takes_no_chat(fails, serve):
    def no_chat(handler, _):
        handler.send(404, {"error": {"message": "this model has no chat template"}})
        return True

    assert "no chat template" in fails(serve(fault=no_chat).model)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--engine", "transformers"], "leave it out"),
        (["--revision", "main"], "--revision"),
        (["--engine-arg", "attempt=3"], "did you mean 'attempts'"),
        (["--engine-arg", "attempts=0"], "whole number above 0"),
        (["--engine-arg", "timeout=soon"], "seconds"),
        (["--engine-arg", "assistant_prefix=yes"], "one of refuse"),
        (["--engine-arg", "stream=maybe"], "true or false"),
        (["--engine-arg", "tokenizer="], "names nothing"),
        (["--engine-arg", "tokenizer=/nowhere"], "cannot load the tokenizer"),
        (["--max-cost", "1"], "--price-in"),
        (["--max-cost", "1", "--price-in", "1"], "go together"),
        (["--budgets", "64", "--budget-mode", "force"], "tokenizer"),
        (["--budgets", "64"], "does not count"),
        (["--protocol", "r1-zero", "--max-tokens", "5000"], "beyond the context"),
    ],
)
def test_options_that_do_not_fit(fails, serve, more, told):
    assert told in fails(serve().model, *more)


def test_budgets_that_begin_replies_where_none_may_be_begun(fails, serve):
    line = fails(serve(owner="someone").model, "--budgets", "64", "--budget-mode", "extend")
    assert "assistant_prefix" in line


def test_a_begun_reply_where_none_may_be_begun(fails, serve):
    assert "assistant_prefix" in fails(serve(owner="someone").model, "--protocol", "r1")


@pytest.mark.parametrize("option", [["--concurrency", "4"], ["--max-cost", "1"]])
def test_options_of_endpoints_on_a_model_of_ones_own(fails, option):
    assert "is for endpoints" in fails("nano", *option)


def test_an_engine_that_asks_nobody(fails):
    assert "--engine endpoint" in fails("nano", "--engine", "endpoint")
