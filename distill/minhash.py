"""Sets of numbers as signatures: two agree in about as many places as the sets share of both.

>>> one, other = np.arange(900, dtype=np.uint64), np.arange(100, 1000, dtype=np.uint64)
>>> float((signature(one, 512) == signature(other, 512)).mean().round(1))
0.8
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from distill.words import Hashes

Signature: TypeAlias = NDArray[np.uint32]

_SEED = 42


def signature(numbers: Hashes, places: int) -> Signature:
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        numbers, [0, len(numbers)], places, _SEED
    )
    made: Signature = np.array(matrix.to_rows()[0], dtype=np.uint32)
    return made
