"""The loop draws what transformers' own `generate` draws, whatever shares a batch."""

from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from transformers import AttentionInterface

from sampling import attention, reading
from sampling.cache import BLOCK, RowCache
from sampling.choose import choose
from sampling.draw import Stream
from sampling.engine import ModelError, Sampling
from sampling.generate import Generate
from sampling.loop import Loop
from sampling.rows import Row
from tests.sampling.tiny import KINDS, generated, make, peak_bytes, prompts

END = frozenset([1])
GREEDY = Sampling(temperature=0, max_tokens=40)


def draw_all(sampler, reads, sampling=GREEDY, places=64) -> list[Row]:
    rows = [Row(read, Stream(seed), sampling.max_tokens) for seed, read in enumerate(reads)]
    told = []
    sampler.run(rows, sampling, places, told.append)
    assert Counter(map(id, told)) == Counter(map(id, rows)), "each row is reported once"
    return rows


CLOSING = [7, 3, 9]


class Courses:
    """Follows each row by others that cut it, close it and go on, the longest cut first."""

    def __init__(self, cuts, end=END):
        self.cuts, self.first, self.followers = cuts, {}, {}

    def __call__(self, row):
        seed, rest = self.first.get(id(row), (None, None))
        if rest is None:  # a row of the first kind
            self.kept = [*row.read, *row.ids]
            seed, rest = row, [len(row.read) + cut for cut in self.cuts if cut < len(row.ids)]
        else:
            self.followers.setdefault(id(seed), []).append(row)
        if not rest:
            return None
        read = [*[*seed.read, *seed.ids][: rest[0]], *CLOSING]
        follower = Row(read, Stream(len(read)), 6)
        self.first[id(follower)] = seed, rest[1:]
        self.alive = [*getattr(self, "alive", []), follower]
        return follower


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_follows_in_place_is_the_same_as_a_fresh_one(kind):
    model = make(kind)
    loop, _ = choose(model, END, padding=0)
    sampling = Sampling(temperature=1.0, max_tokens=40)
    reads = [read for read in prompts(3, 17, 9, 30) for _ in range(3)]
    for sampler, places in ((loop, 3), (loop, 64), (Generate(model, END, 0), 5)):
        courses = Courses([30, 12, 11, 1])
        rows = [Row(read, Stream(seed), 40) for seed, read in enumerate(reads)]
        sampler.run(rows, sampling, places, courses)
        followers = [row for row in courses.alive if row.finished]
        assert len(followers) == len(courses.alive) > 30
        fresh = [Row(row.read, Stream(len(row.read)), 6) for row in followers]
        sampler.run(fresh, sampling, places, lambda _: None)
        assert [row.ids for row in followers] == [row.ids for row in fresh]


def test_what_a_row_has_read_is_not_read_again_by_those_that_follow():
    model = make("llama")
    loop, _ = choose(model, END, padding=0)
    read = []
    model.register_forward_pre_hook(
        lambda _, __, given: read.append(given["input_ids"].numel()), with_kwargs=True
    )
    rows = [Row(list(range(20, 50)), Stream(0), 40)]
    courses = Courses([30, 12])
    loop.run(rows, Sampling(temperature=1.0), 1, courses)
    drawn = len(rows[0].ids) + sum(len(row.ids) for row in courses.alive)
    # all but the last token of each row, the closing ids, and the token before a whole cut
    assert sum(read) == 29 + drawn + len(courses.alive) * len(CLOSING) - len(courses.alive)


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_text_is_that_of_generate_in_every_architecture(kind):
    model = make(kind)
    reads = prompts(3, 17, 9, 30, 1)
    expected = [generated(model, read) for read in reads]
    loop, why_not = choose(model, END, padding=0)
    assert why_not is None
    assert isinstance(loop, Loop)
    for places in (1, 4, 64):
        rows = draw_all(loop, [read for read in reads for _ in range(2)], places=places)
        assert [row.ids for row in rows] == [ids for ids in expected for _ in range(2)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_prompt_is_read_in_pieces(kind, monkeypatch):
    monkeypatch.setattr(reading, "_TOKENS", {"cpu": 10})
    model = make(kind)
    reads = prompts(45, 31, 20, 4, 4, 4)
    expected = [generated(model, read, 10) for read in reads]
    loop, _ = choose(model, END, padding=0)
    widths = []
    model.register_forward_pre_hook(
        lambda _, __, given: widths.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    rows = draw_all(loop, reads, Sampling(temperature=0, max_tokens=10))
    assert [row.ids for row in rows] == expected
    assert max(widths) == 10


def test_the_memory_of_a_long_prompt_grows_with_its_length_and_not_with_the_square():
    def used(tokens: int) -> int:
        loop, _ = choose(make("llama", max_position_embeddings=5000), END, padding=0)
        return peak_bytes(lambda: draw_all(loop, prompts(tokens), Sampling(max_tokens=1)))

    assert used(4200) < 3 * used(2100)


def test_a_long_row_outgrows_its_block_and_the_sliding_window():
    model = make("gemma3_text", num_hidden_layers=6, sliding_window=50)
    tokens = 3 * BLOCK
    reads = prompts(5, 40)
    expected = [generated(model, read, tokens) for read in reads]
    assert max(map(len, expected)) == tokens
    loop, _ = choose(model, END, padding=0)
    rows = draw_all(loop, reads * 3, Sampling(temperature=0, max_tokens=tokens), places=2)
    assert [row.ids for row in rows] == expected * 3


def test_text_drawn_from_a_stream_does_not_depend_on_what_shares_the_batch():
    loop, _ = choose(make("llama"), END, padding=0)
    sampling = Sampling(temperature=1.0, top_p=0.95, max_tokens=40)
    reads = [read for read in prompts(3, 17, 9, 30) for _ in range(5)]
    alone = [row.ids for row in draw_all(loop, reads, sampling, places=1)]
    assert len({tuple(ids) for ids in alone}) > 15
    for places in (3, 7, 64):
        assert [row.ids for row in draw_all(loop, reads, sampling, places)] == alone


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_both_samplers_draw_the_same(kind):
    model = make(kind)
    sampling = Sampling(temperature=0.8, top_k=50, min_p=0.01, max_tokens=30, logprobs=True)
    reads = [read for read in prompts(3, 17, 9) for _ in range(4)]
    theirs = draw_all(Generate(model, END, padding=0), reads, sampling, places=5)
    ours = draw_all(choose(model, END, padding=0)[0], reads, sampling, places=5)
    assert [row.ids for row in ours] == [row.ids for row in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert len(a.logprobs) == len(a.ids)
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-4)


@pytest.mark.parametrize("wanted", ["loop", "generate"])
def test_no_rows_are_no_work(wanted):
    sampler, _ = choose(make("llama"), END, padding=0, wanted=wanted)
    assert draw_all(sampler, []) == []


def test_a_prompt_is_read_once_for_all_its_samples_and_finished_rows_stop_computing():
    model = make("llama")
    loop, _ = choose(model, END, padding=0)
    computed = []
    model.register_forward_pre_hook(
        lambda _, __, given: computed.append(given["input_ids"].numel()), with_kwargs=True
    )
    reads = [read for read in prompts(30, 20) for _ in range(16)]
    rows = draw_all(loop, reads, Sampling(temperature=1.0, max_tokens=200), places=16)
    drawn = sum(len(row.ids) for row in rows)
    read = 29 + 19
    assert len(computed) > 200 / 2, "steps were counted"
    assert read + drawn <= sum(computed) <= 2 * 29 + 1.15 * drawn


def test_what_the_request_gives_is_read_and_not_drawn():
    model = make("qwen3")
    loop, _ = choose(model, END, padding=0)
    prompt = prompts(20)[0]
    whole = draw_all(loop, [prompt])[0].ids
    closing = [40, 41, 42]
    reads = [[*prompt, *whole[:cut], *closing] for cut in (5, 10, 20, 30)]
    fresh = [generated(make("qwen3"), read, 20) for read in reads]
    rows = draw_all(loop, reads, Sampling(temperature=0, max_tokens=20))
    assert [row.ids for row in rows] == fresh


def test_bfloat16_draws_tokens_that_are_likely_in_float32_too():
    rough = make("llama", dtype=torch.bfloat16)
    loop, why_not = choose(rough, END, padding=0)
    assert why_not is None
    sampling = Sampling(temperature=1.0, max_tokens=20, logprobs=True)
    rows = draw_all(loop, prompts(3, 17, 9, 30), sampling)
    exact = make("llama")
    exact.load_state_dict(rough.state_dict())
    for row in rows:
        logits = exact(torch.tensor([[*row.read, *row.ids]])).logits[0, len(row.read) - 1 : -1]
        expected = logits.log_softmax(-1).gather(-1, torch.tensor(row.ids)[:, None]).squeeze(-1)
        assert (torch.tensor(row.logprobs) - expected).abs().mean() < 0.1


@pytest.mark.parametrize(
    ("kind", "other", "reason"),
    [
        ("mamba", {}, "something else than keys and values"),
        ("gpt_oss", {"num_local_experts": 4, "num_experts_per_tok": 2}, "s_aux"),
    ],
)
def test_a_model_that_the_loop_cannot_drive_goes_by_generate_and_says_why(kind, other, reason):
    model = make(kind, **other)
    read = prompts(9)[0]
    expected = generated(model, read, 12)
    sampler, why_not = choose(model, END, padding=0)
    assert isinstance(sampler, Generate)
    assert reason in why_not
    rows = draw_all(sampler, [read], Sampling(temperature=0, max_tokens=12))
    assert rows[0].ids == expected
    with pytest.raises(ModelError, match=r"cannot drive this model.*sampler=auto"):
        choose(make(kind, **other), END, padding=0, wanted="loop")


def test_a_model_whose_attention_is_not_what_it_seems_is_found_out(monkeypatch):
    def without_mask(module, query, key, value, attention_mask, scaling=None, **_):
        return attention.grouped_attention(module, query, key, value, None, scaling)

    monkeypatch.setitem(AttentionInterface._global_mapping, attention.NAME, without_mask)
    sampler, why_not = choose(make("llama"), END, padding=0)
    assert isinstance(sampler, Generate)
    assert "log-probabilities are off" in why_not


def test_scores_that_are_no_numbers_in_the_loop_leave_the_model_to_generate(monkeypatch):
    def broken(module, query, key, value, attention_mask, **_):
        return query.transpose(1, 2) * float("nan"), None

    monkeypatch.setitem(AttentionInterface._global_mapping, attention.NAME, broken)
    read = prompts(9)[0]
    expected = generated(make("llama"), read, 12)
    sampler, why_not = choose(make("llama"), END, padding=0)
    assert isinstance(sampler, Generate)
    assert "not numbers" in why_not
    assert draw_all(sampler, [read], Sampling(temperature=0, max_tokens=12))[0].ids == expected


def test_a_model_whose_own_scores_are_no_numbers_proves_nothing():
    model = make("llama")
    forward = model.forward

    def broken_without_cache(**given):
        output = forward(**given)
        return output if given["use_cache"] else SimpleNamespace(logits=output.logits * torch.nan)

    model.forward = broken_without_cache
    sampler, why_not = choose(model, END, padding=0)
    assert isinstance(sampler, Generate)
    assert "off by inf" in why_not


@pytest.mark.parametrize("kind", ["llama", "gemma3_text", "gpt2"])
def test_the_memory_that_is_planned_for_holds_what_is_used(kind, monkeypatch):
    loop, _ = choose(make(kind), END, padding=0)
    read, kept = [], []
    adopt, make_room = RowCache.adopt, RowCache.make_room

    def size(cache):
        return sum(tensor.nbytes for tensor in cache.tensors())

    def watched_adopt(self, rows, other, row, columns):
        adopt(self, rows, other, row, columns)
        read.append(size(other))

    def watched_make_room(self, *given):
        kept.append(size(self))
        return make_room(self, *given)

    monkeypatch.setattr(RowCache, "adopt", watched_adopt)
    monkeypatch.setattr(RowCache, "make_room", watched_make_room)
    reads = prompts(100, 90, 80, 70, 60, 50, 40, 30)
    draw_all(loop, reads, Sampling(max_tokens=300))
    used = max(read) + max(kept)
    planned = len(reads) * loop.bytes_per_row(100, 300)
    assert used <= planned <= 3 * used


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_rows_that_wait_to_be_taken_out_need_no_room_beyond_the_context(kind):
    model = make(kind, n_positions=80, max_position_embeddings=80)
    loop, why_not = choose(model, END, padding=0)
    assert why_not is None
    furthest = []
    model.register_forward_pre_hook(
        lambda _, __, given: furthest.append(int(given["position_ids"].max())), with_kwargs=True
    )
    reads = [read for read in prompts(20, 20, 20, 20, 20) for _ in range(60)]
    rows = draw_all(loop, reads, Sampling(temperature=1.5, max_tokens=60), places=40)
    lengths = [len(row.ids) for row in rows]
    assert min(lengths) < 20
    assert lengths.count(60) > 10, "many reach the end of the context, at different times"
    assert max(furthest) < 80
