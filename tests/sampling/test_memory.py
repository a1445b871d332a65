"""Memory: what is free, and what was too much."""

import psutil
import pytest
import torch

from sampling import memory
from sampling.engine import OutOfMemory, Prompt, Request, Sampling
from sampling.memory import cgroup_room, free_bytes, out_of_memory_at

FAR_TOO_MUCH = 1 << 46  # bytes: more than a process can address


def test_a_processor_without_memory_is_out_of_memory():
    with pytest.raises(OutOfMemory, match="8 rows"), out_of_memory_at("8 rows"):
        torch.empty(FAR_TOO_MUCH, dtype=torch.uint8)
    with pytest.raises(OutOfMemory, match="8 rows"), out_of_memory_at("8 rows"):
        bytearray(FAR_TOO_MUCH)


def test_other_faults_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), out_of_memory_at("x"):
        torch.ones(2, 3) @ torch.ones(2, 3)


def test_the_engine_says_which_rows_did_not_fit(nano_engine, monkeypatch):
    requests = [Request(i, Prompt.chat("1+1=?"), seed=i) for i in range(3)]
    monkeypatch.setattr(
        nano_engine._model, "forward", lambda **_: torch.empty(FAR_TOO_MUCH, dtype=torch.uint8)
    )
    with pytest.raises(OutOfMemory, match=r"2 rows of \d\d tokens"):
        nano_engine.sample(requests, Sampling(max_tokens=20), lambda *_: None, rows=2)


@pytest.fixture
def groups(tmp_path):
    """A folder of control groups: ``groups(line, {folder: {file: content}})``."""

    def make(line: str, files: dict[str, dict[str, str]]):
        for folder, content in files.items():
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            for name, text in content.items():
                (tmp_path / folder / name).write_text(text + "\n")
        own = tmp_path / "own"
        own.write_text(line + "\n")
        return cgroup_room(tmp_path, own)

    return make


def unified(limit: str, used: str, files: str = "0"):
    stat = f"anon 7\ninactive_file {files}"
    return {"memory.max": limit, "memory.current": used, "memory.stat": stat}


def first_version(limit: str, used: str, files: str = "0"):
    stat = f"inactive_file 1\ntotal_inactive_file {files}"
    return {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": used, "memory.stat": stat}


def test_a_container_has_room_up_to_its_limit(groups):
    assert groups("0::/", {".": unified("8000", "5000", "1000")}) == 4000


def test_the_nearest_of_several_limits_counts(groups):
    files = {"job": unified("6000", "5500"), "job/step": unified("max", "300")}
    assert groups("0::/job/step", files) == 500


def test_the_first_version_of_control_groups_is_read_too(groups):
    line = "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/docker/1f"
    assert groups(line, {"memory": first_version("9000", "4000", "500")}) == 5500


def test_no_limit_is_no_limit(groups, tmp_path):
    assert groups("0::/", {".": unified("max", "300")}) is None
    assert groups("3:cpu:/", {}) is None
    assert cgroup_room(tmp_path, tmp_path / "none") is None


def test_what_is_used_up_leaves_nothing(groups):
    assert groups("0::/", {".": unified("8000", "8100")}) == 0


def test_the_smaller_of_machine_and_container_is_free(monkeypatch):
    monkeypatch.setattr(memory, "cgroup_room", lambda: 5000)
    assert free_bytes("cpu") == 5000
    monkeypatch.setattr(memory, "cgroup_room", lambda: None)
    assert 5000 < free_bytes("cpu") <= psutil.virtual_memory().total
