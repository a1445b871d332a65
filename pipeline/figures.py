"""The figures of a stage, each worked out by `pipeline.cost` and noted with its formula."""

from __future__ import annotations

from dataclasses import dataclass, field

from distill.recipe import DistilRecipe
from pipeline.cost import (
    Assumed,
    Drawing,
    Training,
    drawing,
    training_hours,
    training_memory,
)
from pipeline.gpus import Cluster
from pipeline.sizes import Size
from rl.plan import Line
from rl.recipe import RLRecipe


@dataclass
class Figures:
    cluster: Cluster
    assumed: Assumed
    lines: list[Line] = field(default_factory=list)

    def tell(self, what: str, value: str, formula: str) -> None:
        self.lines.append(Line(what, value, formula))

    def drawing(
        self, of: Size, completions: float, prompt: float, mean: float, longest: float
    ) -> Drawing | None:
        gpu = self.cluster.gpu
        found = drawing(of, self.cluster, self.assumed, completions, prompt, mean, longest)
        if found is None:
            self.tell(
                "drawing", "does not fit", f"{gigabytes(of.bytes * of.parameters)} of weights"
            )
            return None
        self.tell(
            "weights to draw",
            f"{gigabytes(found.weights)} a GPU",
            f"{of.bytes:g} bytes × parameters / {found.gpus} GPUs, of which "
            f"there are {found.replicas:g} times as many",
        )
        self.tell(
            "KV cache",
            f"{gigabytes(found.cache)} a GPU",
            f"{found.in_flight:,.1f} in flight × ({prompt:,.0f} + {mean:,.0f} / 2) tokens × "
            f"{of.cache_bytes:,.0f} bytes / {found.gpus}; there is room for {found.capacity:,.0f}",
        )
        self.tell(
            "a decoding step",
            f"{found.seconds * 1e3:,.1f} ms",
            f"the longer of ({gigabytes(of.bytes * of.touched(found.in_flight))} of weights + "
            f"{gigabytes(found.cache * found.gpus)} of cache) / ({found.gpus} × "
            f"{gpu.bandwidth / 1e9:,.0f} GB/s × {self.assumed.bandwidth:g}) and 2 × parameters × "
            f"in flight / ({found.gpus} × {gpu.flops / 1e12:,.0f} TFLOP/s × {self.assumed.mfu:g})",
        )
        self.tell(
            "decoding steps",
            f"{found.steps:,.0f}",
            f"the larger of the longest completion ({longest:,.0f}) and {completions:,.0f} × "
            f"{mean:,.0f} tokens / {found.replicas:g} replicas / room",
        )
        return found

    def training_hours(self, each: int, of: Size, tokens: float, said: str) -> float:
        hours = training_hours(each * of.active * tokens, self.cluster, self.assumed)
        gpu = self.cluster.gpu
        self.tell(
            "hours of training",
            f"{hours:,.1f}",
            f"({said}) × {short(of.active)} × {short(tokens)} tokens / "
            f"({gpu.flops / 1e12:,.0f} TFLOP/s × {self.assumed.mfu:g}) / 3600",
        )
        return hours

    def training_memory(
        self,
        of: Size,
        rows: int,
        length: float,
        recipe: RLRecipe | DistilRecipe | None,
        *,
        reference: bool = False,
        checkpointing: bool,
    ) -> Training:
        weight = 4 if recipe is None or recipe.dtype == "float32" else 2
        gpus = self.cluster.count
        made = training_memory(
            of,
            gpus,
            rows,
            length,
            weight_bytes=weight,
            adapter=recipe is not None and recipe.lora is not None,
            reference=reference,
            checkpointing=checkpointing,
        )
        self.tell(
            "weights, gradients, Adam",
            f"{gigabytes(made.weights)} + {gigabytes(made.gradients)} + "
            f"{gigabytes(made.optimiser)} a GPU",
            f"{weight}, {weight} and 2 × {weight} bytes × parameters / {gpus} GPUs"
            + (f"; the reference: {gigabytes(made.reference)}" if made.reference else ""),
        )
        layers = "34 × width + 2 × width × layers" if checkpointing else "34 × width × layers"
        self.tell(
            "activations",
            f"{gigabytes(made.activations)} a GPU",
            f"{rows} rows × {length:,.0f} tokens × ({layers}) bytes, "
            f"width {of.hidden:,}, {of.layers} layers",
        )
        fits = made.total <= self.cluster.gpu.memory
        self.tell(
            "training",
            f"{gigabytes(made.total)} a GPU",
            f"{'fits' if fits else 'does not fit'} in {gigabytes(self.cluster.gpu.memory)}",
        )
        return made


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB"


def short(number: float) -> str:
    """
    >>> short(671e9), short(1_540_000_000), short(215_296)
    ('671 B', '1.54 B', '215,296')
    """
    for unit, sign in ((1e12, " T"), (1e9, " B"), (1e6, " M")):
        if number >= unit:
            return f"{number / unit:.3g}{sign}"
    return f"{number:,.0f}"
