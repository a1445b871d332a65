"""What a server says becomes samples like those of an embedded model."""

import json
import time

import pytest

import nano.models
from runs.endpoints import read_options
from sampling.endpoint.parameters import Parameters
from sampling.endpoint.place import read_place
from sampling.endpoint.prices import Bill
from sampling.endpoint_engine import EndpointEngine
from sampling.engine import ModelError, Prompt, Request, Sampling

QUESTIONS = [Prompt.chat(f"{sum}=?") for sum in ("582+867", "004+019", "350+650", "999+001")]
GREEDY = Sampling(temperature=0, max_tokens=64)


def endpoint(model: str, **args: str) -> EndpointEngine:
    place = read_place(model)
    assert place is not None
    return EndpointEngine(place, model, read_options(args, None), Bill())


def draw(engine, prompts, sampling=GREEDY):
    """What was drawn, by the prompt's number."""
    drawn = {}
    requests = [Request(i, prompt, seed=i) for i, prompt in enumerate(prompts)]
    engine.sample(requests, sampling, lambda r, completion: drawn.update({r.key: completion}))
    return [drawn[i] for i in range(len(prompts))]


@pytest.mark.parametrize("stream", ["true", "false"])
@pytest.mark.parametrize("owner", ["vllm", "someone"])
def test_greedy_text_is_the_embedded_models(serve, nano_engine, stream, owner):
    served = serve(owner=owner)
    theirs = draw(endpoint(served.model, stream=stream), QUESTIONS)
    ours = draw(nano_engine, QUESTIONS)
    assert [c.text for c in theirs] == [c.text for c in ours]
    assert [c.finish_reason for c in theirs] == [c.finish_reason for c in ours]
    assert [c.completion_tokens for c in theirs] == [c.completion_tokens for c in ours]
    assert [c.prompt_tokens for c in theirs] == [c.prompt_tokens for c in ours]
    assert {c.token_source for c in theirs} == {"usage"}


def test_sampled_text_is_the_embedded_models_for_the_same_seed(serve, nano_engine):
    warm = Sampling(temperature=1.0, max_tokens=48)
    theirs = draw(endpoint(serve().model), QUESTIONS * 2, warm)
    # one at a time, as the server draws: sums of floats depend on what shares a batch
    ours = []
    for i, prompt in enumerate(QUESTIONS * 2):
        nano_engine.sample([Request(i, prompt, seed=i)], warm, lambda _, c: ours.append(c))
    assert [c.text for c in theirs] == [c.text for c in ours]


def test_what_a_server_would_do_by_itself_is_asked_not_to_be_done(serve):
    """vLLM takes them from the model's generation_config.json, llama.cpp has its own."""
    served = serve(owner="vllm")
    draw(endpoint(served.model), QUESTIONS[:1])
    assert [served.bodies[-1][name] for name in ("top_k", "min_p", "repetition_penalty")] == [
        0,
        0,
        1,
    ]
    served = serve(owner="me")
    draw(endpoint(served.model), QUESTIONS[:1], Sampling(temperature=1.0, top_k=5, max_tokens=8))
    assert [served.bodies[-1][name] for name in ("top_k", "min_p", "repeat_penalty")] == [5, 0, 1]
    served = serve(owner="someone")
    draw(endpoint(served.model), QUESTIONS[:1])
    assert not {"top_k", "min_p", "repeat_penalty", "repetition_penalty"} & set(served.bodies[-1])


def test_a_vllm_behind_a_gateway_is_used_without_its_tokenizer(serve, nano_engine):
    engine = endpoint(serve(tokenizes=False).model)
    assert engine.prefix == "vllm"
    assert draw(engine, QUESTIONS[:1])[0].text == draw(nano_engine, QUESTIONS[:1])[0].text


def test_what_a_server_does_not_let_be_set_is_said(serve):
    def refuses(handler, asked):
        if "repetition_penalty" not in asked:
            return False
        handler.send(400, {"error": {"message": "repetition_penalty is not supported"}})
        return True

    engine = endpoint(serve(fault=refuses).model)
    assert draw(engine, QUESTIONS[:1])[0].finish_reason == "stop"
    assert any("lets repetition_penalty not be set" in told for told in engine.findings())


def test_ollama_is_said_to_sample_in_its_own_way(serve):
    assert any("Modelfile" in told for told in endpoint(serve(owner="library").model).facts.notices)


def test_plain_text_goes_to_completions(serve, nano_engine):
    prompts = [Prompt(text="<user>4+5=?<assistant><think>")]
    assert draw(endpoint(serve().model), prompts)[0].text == draw(nano_engine, prompts)[0].text


@pytest.mark.parametrize("stream", ["true", "false"])
@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "inline"])
def test_a_thought_is_one_text_with_the_answer_wherever_it_came(serve, nano_engine, field, stream):
    from tasks.thinking import split_thought

    thinks = [Prompt.chat(p.messages[0].content, "<think>") for p in QUESTIONS]
    served = serve(thought=field)
    for theirs, ours in zip(
        draw(endpoint(served.model, stream=stream), thinks), draw(nano_engine, thinks), strict=True
    ):
        mine, other = (split_thought(c.text, prefilled=True) for c in (ours, theirs))
        assert (other.thought.strip(), other.answer.strip()) == (mine.thought, mine.answer)
        assert other.closed
        assert mine.closed


def test_a_thought_that_was_cut_off_stays_open(serve):
    from tasks.thinking import split_thought

    thinks = [Prompt.chat("582+867=?", "<think>")]
    (cut,) = draw(
        endpoint(serve(thought="reasoning").model), thinks, Sampling(temperature=0, max_tokens=9)
    )
    assert cut.finish_reason == "length"
    assert not split_thought(cut.text, prefilled=True).closed


def test_the_prompt_is_read_as_vllm_renders_it(serve, nano_engine):
    prompt = Prompt.chat("582+867=?", "<think>")
    engine = endpoint(serve().model)
    assert engine.render(prompt) == nano_engine.render(prompt)
    assert engine.count_prompt_tokens(prompt) == nano_engine.count_prompt_tokens(prompt)
    assert engine.facts.context_length == nano_engine.facts.context_length
    assert engine.has_token("</think>")
    assert not engine.has_token("582")


def test_a_plain_servers_prompt_is_what_was_sent(serve):
    engine = endpoint(serve(owner="someone").model)
    assert json.loads(engine.render(Prompt.chat("1+1=?"))) == [{"role": "user", "content": "1+1=?"}]


def test_a_reply_is_begun_only_where_a_server_is_known_to_go_on(serve):
    begun = Prompt.chat("582+867=?", "<think>\n")
    with pytest.raises(ModelError, match="assistant_prefix"):
        endpoint(serve(owner="someone").model).render(begun)
    served = serve(owner="someone")
    endpoint(served.model, assistant_prefix="server").render(begun)
    engine = endpoint(served.model, assistant_prefix="server")
    draw(engine, [begun])
    assert served.bodies[-1]["messages"] == [{"role": "user", "content": "582+867=?"}]
    draw(endpoint(served.model, assistant_prefix="deepseek"), [Prompt.chat("1=?", "<think>")])
    assert served.bodies[-1]["messages"][-1] == {
        **{"role": "assistant", "content": "<think>", "prefix": True}
    }


def test_a_reply_without_a_thought_is_no_open_thought_where_the_server_was_to_open_it(serve):
    named = {"assistant_prefix": "server", "tokenizer": str(nano.models.path("base"))}
    for args in ({"assistant_prefix": "server"}, named):
        engine = endpoint(serve(owner="someone").model, **args)
        assert not engine.render(Prompt.chat("582+867=?", "<think>")).endswith("<think>")


def test_every_request_has_its_own_seed_and_asks_for_one_reply(serve):
    served = serve()
    draw(endpoint(served.model), QUESTIONS)
    assert sorted(body["seed"] for body in served.bodies) == [0, 1, 2, 3]
    assert not any("n" in body for body in served.bodies)


def test_tokens_are_counted_by_a_tokenizer_that_the_user_names(serve, nano_engine):
    engine = endpoint(serve(usage=False).model, tokenizer=str(nano.models.path("base")))
    theirs, ours = draw(engine, QUESTIONS), draw(nano_engine, QUESTIONS)
    assert [c.token_ids for c in theirs] == [c.token_ids for c in ours]
    assert {c.token_source for c in theirs} == {"retokenized"}


def test_without_a_count_tokens_are_unknown(serve):
    (one,) = draw(endpoint(serve(usage=False).model), QUESTIONS[:1])
    assert (one.token_source, one.completion_tokens, one.token_ids) == ("unknown", None, None)


def test_a_parameter_that_a_server_does_not_know_is_said_otherwise(serve):
    def refuses(handler, asked):
        for name, told in [
            ("max_tokens", "Unsupported parameter: use 'max_completion_tokens' instead"),
            ("seed", "Unrecognized request argument supplied: seed"),
            ("stream_options", "Extra inputs are not permitted: stream_options"),
        ]:
            if name in asked:
                handler.send(400, {"error": {"message": f"{name}: {told}"}})
                return True
        return False

    served = serve(fault=refuses)
    engine = endpoint(served.model)
    draw(engine, QUESTIONS)
    assert served.bodies[-1].keys() & {"max_tokens", "seed"} == set()
    assert served.bodies[-1]["max_completion_tokens"] == 64
    told = " ".join(engine.findings())
    assert "max_completion_tokens" in told
    assert "takes no seed" in told


def test_what_a_refusal_only_mentions_stays():
    """OpenAI names the parameter apart; others mention the rest of the request, too."""
    error = {"message": "Unsupported value with seed 1 and temperature 0", "param": "min_p"}
    told = json.dumps({"error": error})
    body = {"seed": 1, "temperature": 0.0, "max_tokens": 9}
    assert not Parameters("m", "refuse", True).learn(told, body)
    assert not Parameters("m", "refuse", True).learn("This is not allowed. Its seed was 1.", body)


def test_a_temperature_that_cannot_be_set_ends_the_run(serve):
    def refuses(handler, asked):
        handler.send(400, {"error": {"message": "temperature is not supported with this model"}})
        return True

    with pytest.raises(ModelError, match="--temperature 1"):
        draw(endpoint(serve(fault=refuses).model), QUESTIONS)


def test_what_was_not_honoured_is_found(serve):
    def otherwise(reply):
        reply["usage"]["completion_tokens"] = 65
        return {**reply, "model": "another"}

    engine = endpoint(serve(change=otherwise).model)
    draw(engine, QUESTIONS)
    assert engine.findings() == [
        "4 of 4 replies are longer than the tokens asked for",
        "4 of 4 replies came from another, not nano",
    ]


def test_a_reply_that_was_cut_off_early_is_found(serve):
    """As Ollama's context does: length, and fewer tokens than were asked for."""

    def cut(reply):
        reply["choices"][0]["finish_reason"] = "length"
        reply["usage"]["completion_tokens"] = 8
        return reply

    engine = endpoint(serve(change=cut).model)
    draw(engine, QUESTIONS)
    assert engine.findings() == [
        "4 of 4 replies were cut off at fewer tokens than asked for (8 at most)"
    ]


def test_a_stream_is_read_whatever_ends_lines_elsewhere_and_not_after_its_end(serve, nano_engine):
    """U+2028 within a text, half an emoji a piece, and a connection that stays open."""
    pieces = ["4\u2028", "\\ud83d", "\\ude00"]

    def streams(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for piece in pieces:
            delta = f'data: {{"choices": [{{"delta": {{"content": "{piece}"}}}}]}}\n\n'
            handler.wfile.write(delta.encode())
        end = 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
        handler.wfile.write(end.encode())
        handler.wfile.flush()
        time.sleep(2)
        handler.close_connection = True
        return True

    (one, *_) = draw(endpoint(serve(fault=streams).model, timeout="1"), QUESTIONS[:1])
    assert one.text == "4\u2028\U0001f600"


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: {**reply, "usage": {"prompt_tokens": 3, "completion_tokens": 10**30}},
        lambda reply: {**reply, "model": "\x1b[31mnano\ud83d"},
    ],
)
def test_odd_counts_and_names_end_nothing(serve, change):
    engine = endpoint(serve(change=change).model, stream="false")
    assert draw(engine, QUESTIONS[:1])[0].finish_reason == "stop"
    assert "\x1b" not in "".join(engine.findings())


def test_several_servers_share_the_requests(serve):
    one, other = serve(), serve()
    engine = endpoint(f"{one.url},{other.url}#nano")
    draw(engine, QUESTIONS * 4)
    assert len(one.bodies) + len(other.bodies) == 16
    assert min(len(one.bodies), len(other.bodies)) >= 4


def test_a_reply_ends_where_the_request_says_so(serve, nano_engine):
    request = Request(0, Prompt.chat("582+867=?", "<think>"), 0, until=lambda text: "=" in text)
    drawn = []
    for engine in (endpoint(serve().model), nano_engine):
        engine.sample([request], GREEDY, lambda _, c: drawn.append(c))
    theirs, ours = drawn
    assert (theirs.text, theirs.finish_reason) == (ours.text, ours.finish_reason)


def test_of_several_servers_the_shortest_context_counts(serve):
    def shorter(handler):
        row = {"id": "nano", "owned_by": "vllm", "max_model_len": 99}
        handler.send(200, {"object": "list", "data": [row]})

    long, short = serve(), serve(lists=shorter)
    for urls in (f"{long.url},{short.url}", f"{short.url},{long.url}"):
        assert endpoint(f"{urls}#nano").facts.context_length == 99
