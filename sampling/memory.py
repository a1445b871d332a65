"""How much memory is free, and what it looks like when there was too little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

from sampling.engine import OutOfMemory

_SIGNS = ("out of memory", "DefaultCPUAllocator", "bad_alloc")
"""On a CPU torch raises a plain RuntimeError: ``[enforce fail at alloc_cpu.cpp:127] err == 0.
DefaultCPUAllocator: can't allocate memory: you tried to allocate 281474976710656 bytes.``"""
_UNIFIED = ("memory.max", "memory.current", "inactive_file")
_FIRST = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@contextmanager
def out_of_memory_at(what: str) -> Iterator[None]:
    """Raises OutOfMemory, which says ``what`` did not fit, when the memory is not enough."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and not any(sign in str(error) for sign in _SIGNS):
            raise
        raise OutOfMemory(what) from error


def free_bytes(device: str) -> int:
    """What can still be allocated on the device."""
    if device.startswith("cuda"):
        held = int(torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
        return int(torch.cuda.mem_get_info(device)[0]) + held
    free = int(psutil.virtual_memory().available)
    room = cgroup_room()
    return free if room is None else min(free, room)


def cgroup_room(
    mounted: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> int | None:
    """Bytes up to the nearest limit of this process's control groups, version 2 or 1, or ``None``
    without one. A container has such a limit, of which the machine's free memory says nothing.

    File caches that the kernel drops when it needs them count as free: a model's weights that were
    read from the disk stay in them.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return None
    rooms = []
    for line in lines:  # 0::/a/b of version 2, 9:memory:/a/b of version 1
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        base, names = (mounted / "memory", _FIRST) if controllers else (mounted, _UNIFIED)
        folder = base / path.lstrip("/")
        for place in (folder, *folder.parents):  # in a container the path may be the host's
            if place.is_relative_to(base):
                rooms.append(_room(place, *names))
    return min((room for room in rooms if room is not None), default=None)


def _room(folder: Path, limit: str, used: str, dropped: str) -> int | None:
    try:
        most, now = int((folder / limit).read_text()), int((folder / used).read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no such group, or no limit: "max"
        return None
    return max(0, most - now + int(stat.get(dropped, 0)))
