"""What training and drawing take of GPUs: memory and hours, from a few formulas.

**Training** is bound by arithmetic: operations / (peak × the share of it that is used). **Drawing**
is bound by memory: every token that is drawn reads the weights and the cache of all that is in
flight, at a share of the bandwidth; and a rollout lasts as long as its longest completion, however
few are left by then::

    weights 10 GB, cache 2 GB in flight, 1 TB/s, half of it used   →  24 ms a token of each
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.gpus import Cluster, Gpu
from pipeline.sizes import Size


@dataclass(frozen=True)
class Assumed:
    """Shares of a GPU's figures that are reached.

    ``mfu``: of BF16's peak, in training. DeepSeek-V3's own pre-training had 35 %: 6 × 37 B × 14.8 T
    tokens in 2.664 M H800 hours (arXiv 2412.19437, table 1). ``bandwidth``: of the memory's, in
    drawing. ``memory``: of a GPU's, for weights and cache.
    """

    mfu: float = 0.35
    bandwidth: float = 0.5
    memory: float = 0.9


def training_hours(operations: float, cluster: Cluster, assumed: Assumed) -> float:
    """GPU-hours, whatever their number.

    >>> from pipeline.gpus import read_cluster
    >>> v3 = 6 * 37e9 * 14.8e12
    >>> round(training_hours(v3, read_cluster("2048xH800"), Assumed()) / 1e6, 2)  # published: 2.664
    2.64
    """
    return operations / (cluster.gpu.flops * assumed.mfu) / 3600


@dataclass(frozen=True)
class Drawing:
    """Completions drawn on replicas of so many GPUs: ``in_flight`` on each, on average, for
    ``steps`` decoding steps of ``seconds``. ``capacity``: completions that a replica's memory
    holds; ``weights`` and ``cache``: bytes of it in use on a GPU.
    """

    gpus: int
    replicas: float
    capacity: float
    in_flight: float
    steps: float
    seconds: float
    weights: float
    cache: float
    hours: float

    @property
    def memory(self) -> float:
        """Bytes in use on a GPU."""
        return self.weights + self.cache

    @property
    def tokens_a_second(self) -> float:
        """Of one GPU."""
        return self.in_flight / self.seconds / self.gpus


def drawing(
    size: Size,
    cluster: Cluster,
    assumed: Assumed,
    completions: float,
    prompt: float,
    mean: float,
    longest: float,
    gpus: int | None = None,
) -> Drawing | None:
    """Of ``completions`` that are asked for at once, with tokens of a ``prompt``, of a ``mean`` and
    of the ``longest`` completion. ``gpus``: of a `replica`, or as few as it takes and there are.
    ``None`` where the weights do not fit.

    >>> from pipeline.gpus import Gpu
    >>> tiny = Size(5e9, 5e9, layers=10, hidden=1, cached=100)  # 10 GB; 2 kB a token
    >>> one = Cluster(1, Gpu("mine", 1e15, bandwidth=1e12, memory=100e9, source=""))
    >>> found = drawing(tiny, one, Assumed(), completions=1000, prompt=500, mean=1000, longest=2000)
    >>> found.in_flight, found.steps  # 1,000 × 1,000 tokens in 2,000 steps
    (500.0, 2000)
    >>> round(found.seconds, 4)  # (10 GB + 500 × 1,000 × 2 kB) / (1 TB/s × 0.5)
    0.022
    >>> round(found.hours * 3600), round(found.tokens_a_second)
    (44, 22727)
    """
    weights = size.bytes * size.parameters
    usable = assumed.memory * cluster.gpu.memory
    gpus = gpus or min(replica(size, cluster.gpu, assumed), cluster.count)
    if weights >= gpus * usable:
        return None
    replicas = cluster.count / gpus
    capacity = (gpus * usable - weights) / (size.cache_bytes * (prompt + mean))
    tokens = math.ceil(completions / replicas) * mean
    steps = max(longest, tokens / capacity)
    in_flight = tokens / steps
    context = prompt + mean / 2
    cache = in_flight * context * size.cache_bytes
    reading = (size.bytes * size.touched(in_flight) + cache) / (
        cluster.gpu.bandwidth * assumed.bandwidth
    )
    computing = 2 * size.active * in_flight / (cluster.gpu.flops * assumed.mfu)
    seconds = max(reading, computing) / gpus
    return Drawing(
        gpus=gpus,
        replicas=replicas,
        capacity=capacity,
        in_flight=in_flight,
        steps=steps,
        seconds=seconds,
        weights=weights / gpus,
        cache=cache / gpus,
        hours=steps * seconds * cluster.count / 3600,
    )


def replica(size: Size, gpu: Gpu, assumed: Assumed) -> int:
    """GPUs of one copy: a power of two that has its weights in two thirds of the memory at most.

    >>> from pipeline.gpus import read_cluster
    >>> made = [Size(n, n, layers=1, hidden=1, cached=1) for n in (7e9, 33e9, 671e9)]
    >>> [replica(one, read_cluster("H100").gpu, Assumed()) for one in made]
    [1, 2, 32]
    """
    gpus = 1
    while size.bytes * size.parameters > gpus * assumed.memory * gpu.memory * 2 / 3:
        gpus *= 2
    return gpus


@dataclass(frozen=True)
class Training:
    """Bytes on each GPU, everything that can be shared out being shared out (ZeRO-3, FSDP)."""

    weights: float
    gradients: float
    optimiser: float
    reference: float
    activations: float

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.optimiser + self.reference + self.activations


def training_memory(
    size: Size,
    gpus: int,
    rows: int,
    length: float,
    *,
    weight_bytes: int = 4,
    adapter: bool = False,
    reference: bool = False,
    checkpointing: bool = True,
) -> Training:
    """``rows`` of ``length`` tokens on a GPU at once; ``weight_bytes`` is also a gradient's, and
    each of Adam's two. An ``adapter``'s own are left out.

    Activations: 34 · width bytes of a layer for a token (Korthikanti et al., arXiv 2205.05198, eq.
    1, without the scores that fused attention does not keep), of one layer with checkpointing,
    which keeps 2 · width of every other. No logits: TRL projects to the vocabulary tile by tile.

    >>> tiny = Size(1e9, 1e9, layers=10, hidden=1000, cached=1)
    >>> made = training_memory(tiny, gpus=4, rows=2, length=500)
    >>> made.weights / 1e9, made.gradients / 1e9, made.optimiser / 1e9, made.activations / 1e6
    (1.0, 1.0, 2.0, 54.0)
    """
    whole = size.parameters * weight_bytes / gpus
    trained = 0.0 if adapter else whole
    layer = 34 * size.hidden
    layers = layer + 2 * size.hidden * size.layers if checkpointing else layer * size.layers
    return Training(
        weights=whole,
        gradients=trained,
        optimiser=2 * trained,
        reference=whole if reference and not adapter else 0.0,
        activations=rows * length * layers,
    )
