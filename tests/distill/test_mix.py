"""Sets in stated shares, shuffled the same for the same seed."""

from pathlib import Path

import pytest

from distill.mix import EMPTY, Mix, Part, Taken, mix, shares
from distill.traces import Trace, read_traces, write_traces
from tasks.errors import UserError


@pytest.fixture
def parts(tmp_path):
    def write(name, number, text):
        path = tmp_path / f"{name}.jsonl"
        asked = [{"role": "user", "content": "a"}]
        said = [{"role": "assistant", "content": text}]
        write_traces(path, (Trace(asked, said, {"id": f"{name}{n}"}) for n in range(number)))
        return path

    reasoning = write("reasoning", 90, "<think>b</think>c")
    other = write("other", 40, "hello")
    return reasoning, other


def test_the_scarcest_part_goes_in_whole(tmp_path, parts):
    reasoning, other = parts
    recipe = Mix(parts=(Part(traces=reasoning, share=3), Part(traces=other, thought="empty")))
    assert mix(recipe, tmp_path / "mix.jsonl") == [Taken(reasoning, 90, 90), Taken(other, 30, 40)]
    found = list(read_traces(tmp_path / "mix.jsonl"))
    ids = [trace.id for trace in found]
    assert len(set(ids)) == 120
    assert ids != sorted(ids)
    texts = {trace.id.rstrip("0123456789"): trace.text for trace in found}
    assert texts == {"reasoning": "<think>b</think>c", "other": EMPTY + "hello"}


def test_the_same_seed_gives_the_same_bytes(tmp_path, parts):
    written = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        recipe = Mix(parts=tuple(Part(traces=path) for path in parts), seed=seed)
        mix(recipe, tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1] != written[2]


def test_a_total_keeps_the_shares():
    assert shares([600, 200], [600_000, 200_000], 8000) == [6000, 2000]
    assert shares([1, 1], [5, 0]) == [0, 0]


def test_what_cannot_be_mixed_is_said(tmp_path, parts):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n\n")
    with pytest.raises(UserError, match=r"empty\.jsonl holds no trace"):
        mix(Mix(parts=(Part(traces=parts[0]), Part(traces=empty))), tmp_path / "out")
    with pytest.raises(UserError, match="no such file"):
        mix(Mix(parts=(Part(traces=tmp_path / "none.jsonl"),)), tmp_path / "out")
    with parts[0].open("a") as file:
        file.write('{"prompt": [\n')
    with pytest.raises(UserError, match=r"reasoning\.jsonl, byte \d+: not JSON"):
        mix(Mix(parts=(Part(traces=parts[0]),)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_part_may_be_what_a_function_gives(solved_file, tmp_path):
    made = tmp_path / "mine.py"
    made.write_text(
        "def hello():\n"
        "    for n in range(6):\n"
        "        yield {'prompt': [{'role': 'user', 'content': f'greet {n}'}],\n"
        "               'completion': [{'role': 'assistant', 'content': 'hello'}]}\n"
    )
    parts = (Part(traces=solved_file, share=3), Part(traces=Path(f"{made}:hello"), thought="empty"))
    taken = mix(Mix(parts=parts), tmp_path / "mixed.jsonl")
    assert [part.taken for part in taken] == [18, 6]
    said = [t.text for t in read_traces(tmp_path / "mixed.jsonl") if t.question.startswith("greet")]
    assert said == ["<think>\n\n</think>\n\nhello"] * 6
