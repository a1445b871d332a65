"""`r1eval doctor MODEL` says what a run would meet."""

import pytest

import nano.models
from r1eval.main import main


@pytest.fixture
def doctor(capsys):
    def look(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["doctor", *arguments])
        return ended.value.code, capsys.readouterr().err

    return look


def test_a_model_of_ones_own(doctor):
    code, told = doctor("nano")
    assert code == 0
    assert "512 tokens" in told
    assert "reads '<user>582+867=?<assistant>'" in told
    assert "keeps the thoughts of earlier turns" in told
    assert "a reply ends with" in told
    assert "'582+867=?' gives '" in told
    assert "(ids)" in told


def test_a_folder_is_a_model(doctor):
    code, told = doctor(str(nano.models.path("base")))
    assert code == 0
    assert "512 tokens" in told


def test_a_server(doctor, serve):
    code, told = doctor(serve().model)
    assert code == 0
    assert "serves nano, vllm" in told
    assert "512 tokens" in told
    assert "reads '<user>582+867=?<assistant>'" in told
    assert "one seed gives one text" in told
    assert "(usage)" in told
    assert "with no end token in its text" in told


def test_an_end_token_in_the_text_is_told(doctor, serve):
    def goes_on(reply):
        reply["choices"][0]["message"]["content"] += "<|im_end|>and on"
        return reply

    _, told = doctor(serve(change=goes_on).model)
    assert "<|im_end|> stands in the reply: the server does not stop at it" in told


def test_a_server_that_tells_little(doctor, serve):
    def renamed(reply):
        return {**reply, "model": "another"}

    code, told = doctor(serve(owner="someone", usage=False, change=renamed).model)
    assert code == 0
    assert "does not tell it" in told
    assert "nobody counts tokens" in told
    assert "3 of 3 replies came from another, not nano" in told


def test_a_named_tokenizer_shows_the_template(doctor, serve):
    args = ["--engine-arg", f"tokenizer={nano.models.path('base')}"]
    _, told = doctor(serve(owner="someone").model, *args)
    assert "reads '<user>582+867=?<assistant>'" in told
    assert "by the tokenizer named a reply ends with <eos>" in told


def test_what_cannot_be_used_is_one_line(doctor, serve):
    for name in ("http://127.0.0.1:1/v1#nano", f"{serve().url}#other", "nano:nobody", "no/where"):
        code, told = doctor(name)
        assert code == 2
        assert told.startswith("r1eval: ")
        assert told.count("\n") == 1


def test_a_name_that_is_neither(doctor):
    code, told = doctor("r1-zreo")
    assert code == 2
    assert "did you mean r1-zero" in told
