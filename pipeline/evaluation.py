"""GPU-hours of an evaluation, before it runs, by the formulas of `pipeline.cost`."""

from __future__ import annotations

from pipeline.cost import Assumed, Drawing, drawing, replica
from pipeline.gpus import Cluster, Gpu
from pipeline.sizes import size

PROMPT = 200  # tokens; those of AIME 2024 are 40 to 360 long
MEAN = 8793  # tokens of R1 on 366 contest problems of 2024: arXiv 2501.12948v2, appendix E.4


def evaluation(model: str, completions: int, longest: int, gpu: Gpu) -> Drawing:
    """Of ``completions`` of `MEAN` tokens, the longest of ``longest``, on as few ``gpu`` as hold
    the weights well.

    Raises UserError where the model's size is not known.

    >>> from pipeline.gpus import read_cluster
    >>> h100 = read_cluster("H100").gpu
    >>> found = evaluation("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 30 * 64, 32768, h100)
    >>> found.gpus, round(found.hours, 1), round(found.tokens_a_second)
    (1, 1.1, 4166)
    >>> evaluation("deepseek-ai/DeepSeek-R1", 30 * 64, 32768, h100).gpus
    16
    """
    of = size(model)
    count = replica(of, gpu, Assumed())
    mean = min(MEAN, longest)
    found = drawing(of, Cluster(count, gpu), Assumed(), completions, PROMPT, mean, longest)
    assert found is not None  # so many GPUs hold the weights
    return found
