"""What the filters that compare remember of so many traces, in megabytes; run by itself.

    python -m benchmarks.filtering.remembered 1000000

They are given notes alone, as they are handed between processes, and keep every one.
"""

from __future__ import annotations

import sys

import numpy as np
import psutil

from distill.filters.exact import Exact
from distill.filters.near import Near


def main(count: int) -> None:
    rng = np.random.default_rng(0)
    exact, near = Exact(), Near()
    for n in range(count):
        name = f"made/{n // 8}/{n % 8}"
        assert exact.seen((name, rng.bytes(8))) is None
        assert near.seen((name, rng.bytes(56), rng.bytes(112))) is None
    memory = psutil.Process().memory_info()
    print(round(memory.rss / 1e6))


if __name__ == "__main__":
    main(int(sys.argv[1]))
