"""GPUs by name: what they compute, read and hold in a second, from `gpus.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tasks.errors import UserError
from tasks.schema import nearest

_TABLE = Path(__file__).with_name("gpus.yaml")


@dataclass(frozen=True)
class Gpu:
    """``flops``: of BF16, dense, a second; ``bandwidth``: bytes a second; ``memory``: bytes."""

    name: str
    flops: float
    bandwidth: float
    memory: float
    source: str


@dataclass(frozen=True)
class Cluster:
    count: int
    gpu: Gpu


def read_cluster(text: str) -> Cluster:
    """
    >>> cluster = read_cluster("8xH100"); cluster.count, cluster.gpu.flops
    (8, 989000000000000.0)
    >>> read_cluster("A100").count
    1
    >>> read_cluster("8xH10")
    Traceback (most recent call last):
    tasks.errors.UserError: no GPU 'H10' is known: did you mean H100?

    Raises UserError where it is not a number, ``x`` and a name that is known.
    """
    found = re.fullmatch(r"(?:(\d+)\s*[x×*])?\s*([A-Za-z][\w.-]*)", text.strip())
    if found is None or (found[1] is not None and int(found[1]) < 1):
        raise UserError(f"{text!r} is no number of GPUs: give one like 8xH100")
    known = _known()
    name = {one.upper(): one for one in known}.get(found[2].upper())
    if name is None:
        near = nearest(found[2].upper(), known)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise UserError(f"no GPU {found[2]!r} is known: {hint}")
    return Cluster(int(found[1] or 1), known[name])


@cache
def _known() -> dict[str, Gpu]:
    rows = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {
        row["name"]: Gpu(
            name=row["name"],
            flops=row["tflops"] * 1e12,
            bandwidth=row["bandwidth"] * 1e9,
            memory=row["memory"] * 1e9,
            source=row["source"],
        )
        for row in rows
    }
